import '../support/process/real-argon2.ts'
import { expect, inject, test } from 'vitest'
import {
  get,
  invalid,
  MALFORMED,
  MEDIA_TYPE,
  NOT_FOUND,
  postLogin,
  problem,
  send,
  TOO_LARGE,
  UNAUTHORIZED,
} from '../support/http/http.ts'
import { operator, PASSWORD, partsOf, type Tokens, tableAt } from '../support/users/sessions.ts'

const MARK = 'never-say-this-again'
const REJECTED_REFRESH = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')
const NO_OWN_PAGE = problem(
  403,
  'Forbidden',
  'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
)
const NO_OBJECT = invalid(['#', 'Must be a JSON object.'])
const UNKNOWN_FIELD = invalid(['#', 'Unknown fields are not allowed.'])

const url = inject('serviceUrl')
const stores = operator(tableAt(inject('dynamoDbUrl')))

const asJson = { 'Content-Type': 'application/json' }

test('the table holds no usable token', async () => {
  const username = await stores.add()
  const first = await signIn(username)
  const { refreshToken } = JSON.parse((await refresh(first.refreshToken)).body) as Tokens
  const secrets = [first.refreshToken, refreshToken].map((token) => partsOf(token).secret)

  const stored = await stores.scan()
  expect(stored.length).toBeGreaterThan(3)
  for (const text of stored.flatMap(textsOf)) {
    for (const secret of secrets) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('base64'))
      expect(text).not.toContain(Buffer.from(secret, 'base64url').toString('hex'))
    }
  }
  const { userId, sessionId } = partsOf(refreshToken)
  for (const text of Object.values(await stores.itemsOf(username)).flatMap(textsOf)) {
    for (const guess of [text, `${userId}.${sessionId}.${text}`]) {
      if (guess.length <= 256) expect(await refresh(guess)).toEqual(REJECTED_REFRESH)
    }
  }
  expect((await refresh(refreshToken)).status).toBe(200)
})

test('a user cannot end another user’s session, which looks like an unknown one', async () => {
  const [mine, theirs] = [await signIn(await stores.add()), await signIn(await stores.add())]
  const { userId, sessionId: id } = partsOf(theirs.refreshToken)
  const guesses = [id, 'x', '%20', encodeURIComponent(`${userId}.${id}`), `..%2F${userId}`, 'A'.repeat(300)]
  for (const guess of guesses) {
    expect(
      await send(`${url}/sessions/${guess}`, 'DELETE', { Authorization: `Bearer ${mine.authToken}` }),
    ).toEqual(NOT_FOUND)
  }
  expect((await refresh(theirs.refreshToken)).status).toBe(200)
})

test('an access token is rejected once its user is disabled, removed or changes role', async () => {
  const ways: ((username: string) => Promise<void>)[] = [
    (username) => stores.change(username, { disabled: true }),
    (username) => stores.change(username, { role: 'admin' }),
    (username) => stores.remove(username),
  ]
  for (const revoke of ways) {
    const username = await stores.add()
    const [before, unused] = [await signIn(username), await signIn(username)]
    expect((await get(`${url}/`, before.authToken)).status).toBe(200)
    await revoke(username)
    expect(await get(`${url}/`, unused.authToken)).toEqual(UNAUTHORIZED)
  }
})

test('malformed bodies get the precise problem on every route, and are never echoed', async () => {
  const { authToken: token } = await signIn(await stores.add())
  const routes: Record<string, { method: string; token?: string; valid: Record<string, unknown> }> = {
    '/login': { method: 'POST', valid: { username: MARK, password: MARK } },
    '/refresh': { method: 'POST', valid: { refreshToken: MARK } },
    '/logout': { method: 'POST', valid: { refreshToken: MARK } },
    '/password': { method: 'PUT', token, valid: { currentPassword: MARK, newPassword: `${MARK}-now` } },
    '/me': { method: 'DELETE', token, valid: { currentPassword: MARK } },
  }
  let cases = 0
  for (const [path, { method, token, valid }] of Object.entries(routes)) {
    const json = JSON.stringify(valid)
    const [first = ''] = Object.keys(valid)
    const needed = (member: string): [string, string] => [`#/${member}`, 'Must be a string.']
    const missing = (...members: string[]) => {
      // Without a refresh token in the body, a request is for the session of a cookie.
      if (members.includes('refreshToken')) return NO_OWN_PAGE
      // Of a user without a password, a change token proves the deletion.
      if (path === '/me') return invalid(['#', 'Must have either a currentPassword or a changeToken.'])
      return invalid(...members.map(needed))
    }
    const table: [string, unknown, object, Record<string, string>?][] = [
      ['text', json, MEDIA_TYPE, { 'Content-Type': 'text/plain' }],
      ['a form', 'a=b', MEDIA_TYPE, { 'Content-Type': 'application/x-www-form-urlencoded' }],
      ['something like JSON', json, MEDIA_TYPE, { 'Content-Type': 'application/jsonp' }],
      ['nothing', '', MALFORMED],
      ['half an object', json.slice(0, -1), MALFORMED],
      ['two objects', json + json, MALFORMED],
      ['single quotes', json.replaceAll('"', "'"), MALFORMED],
      ['a byte order mark', `\uFEFF${json}`, MALFORMED],
      ['bytes that are no UTF-8', Buffer.from(json.replace(MARK, '\xff\xfe'), 'latin1'), MALFORMED],
      ['a member twice', json.replace('{', `{"${first}":"x",`), MALFORMED],
      [
        'a member twice, once escaped',
        json.replace('{', `{"\\u00${hex(first)}${first.slice(1)}":"x",`),
        MALFORMED,
      ],
      ['a list', `[${json}]`, NO_OBJECT],
      ['a number', '1', NO_OBJECT],
      ['another member', { ...valid, [MARK]: MARK }, UNKNOWN_FIELD],
      ['__proto__', json.replace('{', `{"__proto__":{"${MARK}":1},`), UNKNOWN_FIELD],
      ['constructor', { ...valid, constructor: MARK }, UNKNOWN_FIELD],
      ['an empty object', {}, missing(...Object.keys(valid))],
      ['over 8 KiB', { ...valid, [first]: MARK.repeat(500) }, TOO_LARGE],
      ['over 8 KiB of blanks', json + ' '.repeat(8192), TOO_LARGE],
    ]
    for (const member of Object.keys(valid)) {
      for (const value of [null, 1, true, [MARK], { [MARK]: MARK }]) {
        table.push([
          `${member} ${typeof value}`,
          { ...valid, [member]: value },
          invalid([...needed(member), { rule: 'type' }]),
        ])
      }
      const { [member]: _, ...rest } = valid
      table.push([`no ${member}`, rest, missing(member)])
    }
    if (path === '/logout') {
      const needsBoolean = invalid(['#/everywhere', 'Must be true or false.'])
      for (const everywhere of ['true', 1, null, [true]]) {
        table.push([`everywhere ${everywhere}`, { ...valid, everywhere }, needsBoolean])
      }
    }
    for (const [what, body, expected, headers = {}] of table) {
      cases += 1
      const authorization = token !== undefined && { Authorization: `Bearer ${token}` }
      const bytes = typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body)
      const response = await send(`${url}${path}`, method, { ...asJson, ...authorization, ...headers }, bytes)
      expect(response, `${path}: ${what}`).toEqual(expected)
      expect(response.body).not.toContain(MARK)
    }
  }
  console.log(`${cases} malformed bodies on ${Object.keys(routes).length} routes`)
})

const refresh = (refreshToken: string) =>
  send(`${url}/refresh`, 'POST', asJson, JSON.stringify({ refreshToken }))

async function signIn(username: string): Promise<Tokens> {
  const { status, body } = await postLogin(url, JSON.stringify({ username, password: PASSWORD }))
  expect(status, body).toBe(200)
  return JSON.parse(body)
}

/** Returns all texts of an item. */
const textsOf = (item: object): string[] =>
  Object.values(item).flatMap((value) => Object.values(value).map(String))

const hex = (text: string) => text.charCodeAt(0).toString(16)
