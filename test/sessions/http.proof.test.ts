import '../support/real-argon2.ts'
import { createHash, createHmac } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectDescribed } from '../http/openapi/check.ts'
import { costOf, ONE_OF_EACH_COST } from '../security/hashes/hash-vectors.ts'
import { type Service, startService } from '../support/service.ts'
import {
  NEW_PASSWORD,
  type Operator,
  operator,
  PASSWORD,
  partsOf,
  type Tokens,
  tableAt,
  WEAK,
} from '../support/sessions.ts'

const UNKNOWN = `${'A'.repeat(22)}.00000000${'A'.repeat(22)}.${'A'.repeat(43)}`
const REFRESH_TOKEN = /^[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[\w-]{43}$/
const MARK = 'never-say-this-again'

interface ApiResponse {
  status: number
  headers: Record<string, string>
  text: string
}

interface Sending {
  method?: string
  body?: unknown
  token?: string
  headers?: Record<string, string>
}

/** The headers that the service determines. */
const OWN_HEADERS = [
  'content-type',
  'cache-control',
  'x-content-type-options',
  'www-authenticate',
  'retry-after',
]

function client(url: string) {
  async function send(
    path: string,
    { method = 'POST', body, token, headers = {} }: Sending,
  ): Promise<ApiResponse> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body !== undefined && {
        body:
          typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      }),
    })
    const text = await response.text()
    const { status } = response
    const all = [...response.headers]
    expectDescribed({ method, url: response.url, status, headers: Object.fromEntries(all), body: text })
    return { status, headers: Object.fromEntries(all.filter(([name]) => OWN_HEADERS.includes(name))), text }
  }
  const login = (username: string, password: string) => send('/login', { body: { username, password } })
  const refresh = (refreshToken: string) => send('/refresh', { body: { refreshToken } })
  return {
    send,
    login,
    refresh,
    async signIn(username: string, password = PASSWORD, userAgent = 'test'): Promise<Tokens> {
      const headers = { 'User-Agent': userAgent }
      return bodyOf(await send('/login', { body: { username, password }, headers }))
    },
    renew: async (refreshToken: string): Promise<Tokens> => bodyOf(await refresh(refreshToken)),
    logout: (body: object) => send('/logout', { body }),
    sessions: async (token: string) => bodyOf(await send('/sessions', { method: 'GET', token })).sessions,
    endSession: (token: string, id: string) => send(`/sessions/${id}`, { method: 'DELETE', token }),
    changePassword: (token: string, currentPassword: string, newPassword: string) =>
      send('/password', { method: 'PUT', token, body: { currentPassword, newPassword } }),
    me: (token: string) => send('/me', { method: 'GET', token }),
    deleteAccount: (token: string, currentPassword: string) =>
      send('/me', { method: 'DELETE', token, body: { currentPassword } }),
  }
}

function bodyOf({ status, text }: ApiResponse) {
  expect(status, text).toBe(200)
  return JSON.parse(text)
}

function problem(status: number, title: string, detail: string, more: object = {}, headers: object = {}) {
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
    text: JSON.stringify({ type: 'about:blank', title, status, detail, ...more }),
  }
}

const NO_CONTENT = {
  status: 204,
  headers: expect.objectContaining({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }),
  text: '',
}
const REJECTED_LOGIN = problem(401, 'Unauthorized', 'Incorrect username or password.')
const REJECTED_REFRESH = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')
const REJECTED_TOKEN = problem(
  401,
  'Unauthorized',
  'Could not validate credentials.',
  {},
  { 'www-authenticate': 'Bearer realm="serverless-jwt-auth-dev"' },
)
const NOT_FOUND = problem(404, 'Not Found', 'Resource not found.')
const invalid = (...errors: { pointer: string; detail: string }[]) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', { errors })

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Returns all texts of an item. */
const textsOf = (item: object): string[] =>
  Object.values(item).flatMap((value) => Object.values(value).map(String))

/** A length of windows of which none ends while the tests run. */
const windowSeconds = windowInItsFirstHalf()

function windowInItsFirstHalf(): number {
  for (let seconds = 900; ; seconds += 1) {
    if ((Date.now() / 1000) % seconds < seconds / 2) return seconds
  }
}

/** No test reaches a limit but that of a name and a source. */
const LIMITS = {
  limitSource: '10000/900',
  limitKnownSource: '10000/900',
  limitUser: '10000/900',
  limitUserAndKnownSource: '10000/900',
  limitUserAndSource: `10/${windowSeconds}`,
}

let service: Service
let stores: Operator
let api: ReturnType<typeof client>

beforeAll(async () => {
  service = await startService(LIMITS)
  stores = operator(tableAt(service.dynamoDbUrl))
  api = client(service.url)
})
afterAll(() => service.stop())

describe('requests', () => {
  const opens = (token: string) => api.send('/', { method: 'GET', token })

  describe('refresh tokens', () => {
    test('a login returns a refresh token with a lifetime of 7 days', async () => {
      const username = await stores.add()
      const response = await api.login(username, PASSWORD)
      expect(response).toEqual({
        status: 200,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        },
        text: expect.any(String),
      })
      expect(JSON.parse(response.text)).toEqual({
        authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresIn: 1800,
        refreshToken: expect.stringMatching(REFRESH_TOKEN),
        refreshExpiresIn: 604_800,
      })
    })

    test('a refresh returns a fresh pair, and each part of it works', async () => {
      const first = await api.signIn(await stores.add())
      const second = await api.renew(first.refreshToken)
      expect(second).toEqual({
        authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        tokenType: 'Bearer',
        expiresIn: 1800,
        refreshToken: expect.stringMatching(REFRESH_TOKEN),
        refreshExpiresIn: 604_800,
      })
      expect(second.authToken).not.toBe(first.authToken)
      expect(second.refreshToken).not.toBe(first.refreshToken)
      expect((await opens(second.authToken)).status).toBe(200)
      expect((await api.refresh(second.refreshToken)).status).toBe(200)
    })

    test('a refresh token holds 256 random bits, and the table holds their SHA-256', async () => {
      const username = await stores.add()
      const secrets: string[] = []
      for (let login = 0; login < 5; login += 1) {
        const { sessionId, secret } = partsOf((await api.signIn(username)).refreshToken)
        expect(Buffer.from(secret, 'base64url')).toHaveLength(32)
        expect((await stores.itemsOf(username))[`session#${sessionId}`]?.secretHash).toEqual({
          S: sha256(secret),
        })
        secrets.push(secret)
      }
      expect(new Set(secrets).size).toBe(5)
    })

    test('the next token is the HMAC-SHA256 of the session’s salt by the presented secret', async () => {
      const username = await stores.add()
      const { refreshToken } = await api.signIn(username)
      const { sessionId, secret } = partsOf(refreshToken)
      const { salt } = (await stores.itemsOf(username))[`session#${sessionId}`] as unknown as {
        salt: { S: string }
      }
      const next = createHmac('sha256', secret).update(salt.S).digest('base64url')
      expect((await api.renew(refreshToken)).refreshToken).toBe(refreshToken.replace(secret, next))
    })

    test('a repeated refresh token gets the same next token, also when sent at once', async () => {
      const { refreshToken } = await api.signIn(await stores.add())
      const atOnce = await Promise.all([api.renew(refreshToken), api.renew(refreshToken)])
      const later = await api.renew(refreshToken)
      const [next, ...others] = [...atOnce, later].map((tokens) => tokens.refreshToken)
      expect(others).toEqual([next, next])
      expect((await api.refresh(String(next))).status).toBe(200)
      // One of the two clients may be ahead. The other still gets its next token.
      expect((await api.renew(refreshToken)).refreshToken).toBe(next)
    })

    test('the table holds no usable token', async () => {
      const username = await stores.add()
      const first = await api.signIn(username)
      const { refreshToken } = await api.renew(first.refreshToken)
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
          if (guess.length <= 256) expect(await api.refresh(guess)).toEqual(REJECTED_REFRESH)
        }
      }
      expect((await api.refresh(refreshToken)).status).toBe(200)
    })

    test('reuse ends the session, is logged, and gets the response to an unknown token', async () => {
      const username = await stores.add()
      const first = await api.signIn(username)
      const { sessionId } = partsOf(first.refreshToken)
      const second = await api.renew(first.refreshToken)
      await stores.letTenSecondsPass(username, sessionId)
      const third = await api.renew(second.refreshToken)
      expect(third.refreshToken).not.toBe(second.refreshToken)
      const reused = await api.refresh(first.refreshToken)
      expect(reused).toEqual(REJECTED_REFRESH)
      expect(await api.refresh(UNKNOWN)).toEqual(reused)
      expect(await api.refresh(third.refreshToken)).toEqual(reused)
      const { [`session#${sessionId}`]: ended } = await stores.itemsOf(username)
      expect(ended).toMatchObject({ endedAt: { N: expect.any(String) } })
      expect(Object.keys(Object(ended))).not.toContain('secretHash')
      await expect.poll(() => service.output()).toContain('session.reuse')
    })

    test.each(['', 'x', MARK, UNKNOWN, `${UNKNOWN}.x`, 'äöü'])(
      'what is no refresh token (%s) is answered 401',
      async (refreshToken) => {
        expect(await api.refresh(refreshToken)).toEqual(REJECTED_REFRESH)
      },
    )

    test('a refresh reads the user’s role again', async () => {
      const username = await stores.add()
      const { refreshToken } = await api.signIn(username)
      await stores.change(username, { role: 'admin' })
      const { authToken, refreshToken: next } = await api.renew(refreshToken)
      const body = { message: 'Admin only content.', username, role: 'admin' }
      expect(bodyOf(await api.send('/admin', { method: 'GET', token: authToken }))).toEqual(body)

      await stores.change(username, { role: 'user' })
      const { authToken: token } = await api.renew(next)
      expect(bodyOf(await opens(token)).role).toBe('user')
      expect((await api.send('/admin', { method: 'GET', token })).status).toBe(403)
    })

    test('a disabled or removed user can neither refresh nor log in', async () => {
      for (const act of ['disable', 'remove']) {
        const username = await stores.add()
        const { refreshToken } = await api.signIn(username)
        await (act === 'remove' ? stores.remove(username) : stores.change(username, { disabled: true }))
        expect(await api.refresh(refreshToken)).toEqual(REJECTED_REFRESH)
        expect(await api.login(username, PASSWORD)).toEqual(REJECTED_LOGIN)
      }
    })
  })

  describe('ending sessions', () => {
    test('a logout ends its session and no other, and gets 204', async () => {
      const username = await stores.add()
      const [here, there] = [await api.signIn(username), await api.signIn(username)]
      expect(await api.logout({ refreshToken: here.refreshToken })).toEqual(NO_CONTENT)
      expect(await api.refresh(here.refreshToken)).toEqual(REJECTED_REFRESH)
      expect((await api.refresh(there.refreshToken)).status).toBe(200)
    })

    test.each(['', 'x', UNKNOWN, MARK])(
      'a logout with an unknown token (%s) answers 204 too',
      async (refreshToken) => {
        expect(await api.logout({ refreshToken })).toEqual(NO_CONTENT)
        expect(await api.logout({ refreshToken, everywhere: true })).toEqual(NO_CONTENT)
      },
    )

    test('the token of an ended session ends no other session', async () => {
      const username = await stores.add()
      const [here, there] = [await api.signIn(username), await api.signIn(username)]
      for (const everywhere of [false, true]) {
        expect(await api.logout({ refreshToken: here.refreshToken, everywhere })).toEqual(NO_CONTENT)
      }
      expect((await api.refresh(there.refreshToken)).status).toBe(200)
    })

    test('a logout everywhere ends all sessions of its user and revokes the access tokens', async () => {
      const [username, bystander] = [await stores.add(), await stores.add()]
      const mine = [await api.signIn(username), await api.signIn(username), await api.signIn(username)]
      const other = await api.signIn(bystander)
      const refreshToken = String(mine[0]?.refreshToken)
      expect(await api.logout({ refreshToken, everywhere: true })).toEqual(NO_CONTENT)
      for (const tokens of mine) {
        expect(await api.refresh(tokens.refreshToken)).toEqual(REJECTED_REFRESH)
        expect(await opens(tokens.authToken)).toEqual(REJECTED_TOKEN)
      }
      expect((await opens(other.authToken)).status).toBe(200)
      expect((await api.refresh(other.refreshToken)).status).toBe(200)
      const again = await api.signIn(username)
      expect((await opens(again.authToken)).status).toBe(200)
      expect((await api.refresh(again.refreshToken)).status).toBe(200)
    })

    test('the caller’s sessions are listed, with the current one marked', async () => {
      const username = await stores.add()
      await api.signIn(await stores.add())
      const phone = await api.signIn(username, PASSWORD, 'phone/1')
      const desk = await api.signIn(username, PASSWORD, 'desk/1')
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
      const shown = ({ refreshToken }: Tokens, userAgent: string, current: boolean) => ({
        id: partsOf(refreshToken).sessionId,
        createdAt: time,
        lastUsedAt: time,
        expiresAt: time,
        sourceIp: '127.0.0.1',
        userAgent,
        current,
      })
      const sessions = await api.sessions(desk.authToken)
      expect(sessions).toHaveLength(2)
      expect(sessions).toContainEqual(shown(phone, 'phone/1', false))
      expect(sessions).toContainEqual(shown(desk, 'desk/1', true))
      for (const { createdAt, lastUsedAt, expiresAt } of sessions) {
        expect(lastUsedAt).toBe(createdAt)
        const expiry = Date.parse(createdAt) + 604_800_000
        expect(Date.parse(expiresAt)).toBe(expiry - (expiry % 3_600_000))
        expect(Math.abs(Date.parse(createdAt) - Date.now())).toBeLessThan(60_000)
      }
    })

    test('a cursor that no page returned is rejected', async () => {
      const { authToken: token } = await api.signIn(await stores.add())
      expect(await api.send('/sessions?after=x', { method: 'GET', token })).toEqual(
        invalid({ pointer: '#/after', detail: 'Must be the `next` of a previous page.' }),
      )
    })

    test('a session is ended by its id, once', async () => {
      const username = await stores.add()
      const [here, there] = [await api.signIn(username), await api.signIn(username)]
      const { sessionId: id } = partsOf(there.refreshToken)
      expect(await api.endSession(here.authToken, id)).toEqual(NO_CONTENT)
      expect(await api.refresh(there.refreshToken)).toEqual(REJECTED_REFRESH)
      expect(await api.endSession(here.authToken, id)).toEqual(NOT_FOUND)
      expect((await api.refresh(here.refreshToken)).status).toBe(200)
    })

    test('a user cannot end another user’s session, which looks like an unknown one', async () => {
      const [mine, theirs] = [await api.signIn(await stores.add()), await api.signIn(await stores.add())]
      const { userId, sessionId: id } = partsOf(theirs.refreshToken)
      const guesses = [
        id,
        'x',
        '%20',
        encodeURIComponent(`${userId}.${id}`),
        `..%2F${userId}`,
        'A'.repeat(300),
      ]
      for (const guess of guesses) {
        expect(await api.endSession(mine.authToken, guess)).toEqual(NOT_FOUND)
      }
      expect((await api.refresh(theirs.refreshToken)).status).toBe(200)
    })
  })

  test('an access token is rejected once its user is disabled, removed or changes role', async () => {
    const ways: ((username: string) => Promise<void>)[] = [
      (username) => stores.change(username, { disabled: true }),
      (username) => stores.change(username, { role: 'admin' }),
      (username) => stores.remove(username),
    ]
    for (const revoke of ways) {
      const username = await stores.add()
      const [before, unused] = [await api.signIn(username), await api.signIn(username)]
      expect((await opens(before.authToken)).status).toBe(200)
      await revoke(username)
      expect(await opens(unused.authToken)).toEqual(REJECTED_TOKEN)
    }
  })

  describe('password change', () => {
    test('a password change is a 204, and ends all sessions but its own', async () => {
      const username = await stores.add()
      const [here, there] = [await api.signIn(username), await api.signIn(username)]
      expect(await api.changePassword(here.authToken, PASSWORD, NEW_PASSWORD)).toEqual(NO_CONTENT)
      expect(await api.refresh(there.refreshToken)).toEqual(REJECTED_REFRESH)
      expect(await opens(there.authToken)).toEqual(REJECTED_TOKEN)
      const { authToken } = await api.renew(here.refreshToken)
      expect((await opens(authToken)).status).toBe(200)
      expect(await api.login(username, PASSWORD)).toEqual(REJECTED_LOGIN)
      expect((await api.login(username, NEW_PASSWORD)).status).toBe(200)
    })

    test('a password change with a wrong current password is 422 and changes nothing', async () => {
      const username = await stores.add()
      const { authToken, refreshToken } = await api.signIn(username)
      const detail = 'Incorrect password.'
      expect(await api.changePassword(authToken, 'a wrong password', NEW_PASSWORD)).toEqual(
        invalid({ pointer: '#/currentPassword', detail }),
      )
      expect((await api.login(username, PASSWORD)).status).toBe(200)
      expect((await api.refresh(refreshToken)).status).toBe(200)
    })

    const name = 'a-rather-long-username'
    beforeAll(() => stores.add({ username: name }))
    test.each([
      ['14 characters', 'x'.repeat(14), 'Must be at least 15 characters.'],
      ['14 emoji, which are 28 UTF-16 units', '🙂'.repeat(14), 'Must be at least 15 characters.'],
      [
        '14 letters and their accents, which are 28 code points uncomposed',
        'e\u0301'.repeat(14),
        'Must be at least 15 characters.',
      ],
      ['129 characters', 'x'.repeat(129), 'Must not exceed 128 characters.'],
      ['129 emoji', '🙂'.repeat(129), 'Must not exceed 128 characters.'],
      ['the user’s name', name, 'Must not be the username.'],
      ['the user’s name in capitals', name.toUpperCase(), 'Must not be the username.'],
      ['a common password', 'passwordpassword', 'Must not be a commonly used password.'],
      ['a common password in capitals', 'PasswordPassword', 'Must not be a commonly used password.'],
    ])('a new password of %s is rejected, with the rule', async (_, newPassword, detail) => {
      const { authToken } = await api.signIn(name)
      expect(await api.changePassword(authToken, PASSWORD, newPassword)).toEqual(
        invalid({ pointer: '#/newPassword', detail }),
      )
      expect((await api.login(name, PASSWORD)).status).toBe(200)
    })

    test.each([
      ['15 characters', 'x'.repeat(15)],
      ['15 emoji', '🙂'.repeat(15)],
      ['15 letters and their accents', 'e\u0301'.repeat(15)],
      ['128 characters', 'y'.repeat(128)],
      ['128 emoji', '🙂'.repeat(128)],
      ['blanks only', ' '.repeat(20)],
    ])('a new password of %s is accepted, and works in NFC and NFD', async (_, newPassword) => {
      const username = await stores.add()
      const { authToken } = await api.signIn(username)
      expect(await api.changePassword(authToken, PASSWORD, newPassword)).toEqual(NO_CONTENT)
      for (const form of ['NFC', 'NFD']) {
        expect((await api.login(username, newPassword.normalize(form))).status).toBe(200)
      }
    })
  })

  describe('the own account', () => {
    test('GET /me returns the caller’s profile', async () => {
      const username = await stores.add()
      const { id: sub, createdAt, changedAt } = await stores.user(username)
      const { authToken } = await api.signIn(username)
      const profile = { sub, username, role: 'user', createdAt, changedAt, factors: [] }
      expect(bodyOf(await api.me(authToken))).toEqual(profile)
    })

    test('DELETE /me is a 204, and its sessions, tokens and password are invalid', async () => {
      const username = await stores.add()
      const [here, there] = [await api.signIn(username), await api.signIn(username)]
      // The gateway caches the authorizer's result for this token.
      expect((await api.me(here.authToken)).status).toBe(200)
      expect(await api.deleteAccount(here.authToken, PASSWORD)).toEqual(NO_CONTENT)
      const uncached = { ...REJECTED_TOKEN, headers: NOT_FOUND.headers }
      expect(await api.deleteAccount(here.authToken, PASSWORD)).toEqual(uncached)
      expect(await api.me(here.authToken)).toEqual(uncached)
      for (const { refreshToken } of [here, there]) {
        expect(await api.refresh(refreshToken)).toEqual(REJECTED_REFRESH)
      }
      expect(await opens(there.authToken)).toEqual(REJECTED_TOKEN)
      expect(await api.login(username, PASSWORD)).toEqual(REJECTED_LOGIN)
      await stores.add({ username })
      expect((await api.me(here.authToken)).status).toBe(401)
      expect(await api.refresh(here.refreshToken)).toEqual(REJECTED_REFRESH)
    })

    test('DELETE /me with a wrong password is 422 and deletes nothing', async () => {
      const username = await stores.add()
      const { authToken, refreshToken } = await api.signIn(username)
      expect(await api.deleteAccount(authToken, 'a wrong password')).toEqual(
        invalid({ pointer: '#/currentPassword', detail: 'Incorrect password.' }),
      )
      expect((await api.login(username, PASSWORD)).status).toBe(200)
      expect((await api.refresh(refreshToken)).status).toBe(200)
    })
  })

  describe('hashes from elsewhere', () => {
    // One below the service's own cost, and one at it. The proof of foreign hashes has every cost.
    const hashes = ONE_OF_EACH_COST.filter((vector) => /^m=(8|19456),/.test(costOf(vector)))

    test.each(hashes)('the user of a hash by argon2-cffi can log in: $hash', async ({ password, hash }) => {
      const username = await stores.add({ passwordHash: hash })
      expect((await api.login(username, `${password}x`)).status).toBe(401)
      expect((await api.login(username, password)).status).toBe(200)
      expect((await api.login(username, password)).status).toBe(200)
    })

    test('a login replaces a hash whose cost is below the service’s own, and no other', async () => {
      for (const { password, hash } of hashes) {
        const username = await stores.add({ passwordHash: hash })
        await api.signIn(username, password)
        const { passwordHash } = (await stores.itemsOf(username)).profile as unknown as {
          passwordHash: { S: string }
        }
        if (/\$m=(8|8192),/.test(hash)) expect(passwordHash.S).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
        else expect(passwordHash.S).toBe(hash)
      }
    })

    test.each(['m=262145,t=1,p=1', 'm=8,t=11,p=1', 'm=64,t=1,p=5', 'm=9999999,t=999,p=99'])(
      'a hash whose cost is beyond the bounds is not computed: %s',
      async (cost) => {
        const username = await stores.add({ passwordHash: WEAK.hash.replace(/m=\d+,t=\d+,p=\d+/, cost) })
        expect(await api.login(username, WEAK.password)).toEqual(REJECTED_LOGIN)
      },
    )
  })

  test('routes that need an access token answer 401 without a valid one', async () => {
    const routes = [
      ['GET', '/sessions'],
      ['DELETE', '/sessions/x'],
      ['PUT', '/password'],
      ['GET', '/me'],
      ['DELETE', '/me'],
    ] as const
    for (const [method, path] of routes) {
      for (const token of [undefined, 'x', 'a.b.c']) {
        expect(await api.send(path, { method, ...(token && { token }) })).toEqual(REJECTED_TOKEN)
      }
    }
  })

  test.each([
    ['GET', '/refresh'],
    ['GET', '/logout'],
    ['POST', '/sessions'],
    ['GET', '/sessions/x'],
    ['DELETE', '/sessions'],
    ['POST', '/password'],
    ['POST', '/me'],
  ])('%s %s is answered 404', async (method, path) => {
    expect(await api.send(path, { method })).toEqual(NOT_FOUND)
  })

  test('malformed bodies get the precise problem on every route, and are never echoed', async () => {
    const { authToken: token } = await api.signIn(await stores.add())
    const routes: Record<string, { method: string; token?: string; valid: Record<string, unknown> }> = {
      '/login': { method: 'POST', valid: { username: MARK, password: MARK } },
      '/refresh': { method: 'POST', valid: { refreshToken: MARK } },
      '/logout': { method: 'POST', valid: { refreshToken: MARK } },
      '/password': { method: 'PUT', token, valid: { currentPassword: MARK, newPassword: `${MARK}-now` } },
      '/me': { method: 'DELETE', token, valid: { currentPassword: MARK } },
    }
    let cases = 0
    for (const [path, { valid, ...how }] of Object.entries(routes)) {
      const json = JSON.stringify(valid)
      const [first = ''] = Object.keys(valid)
      const needed = (member: string) => ({ pointer: `#/${member}`, detail: 'Must be a string.' })
      // Without a refresh token in the body, a request is for the session of a cookie.
      const missing = (...members: string[]) =>
        members.includes('refreshToken') ? NO_OWN_PAGE : invalid(...members.map(needed))
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
          table.push([`${member} ${typeof value}`, { ...valid, [member]: value }, invalid(needed(member))])
        }
        const { [member]: _, ...rest } = valid
        table.push([`no ${member}`, rest, missing(member)])
      }
      if (path === '/logout') {
        const needsBoolean = invalid({ pointer: '#/everywhere', detail: 'Must be true or false.' })
        for (const everywhere of ['true', 1, null, [true]]) {
          table.push([`everywhere ${everywhere}`, { ...valid, everywhere }, needsBoolean])
        }
      }
      for (const [what, body, expected, headers = {}] of table) {
        cases += 1
        const response = await api.send(path, { ...how, body, headers })
        expect(response, `${path}: ${what}`).toEqual(expected)
        expect(response.text).not.toContain(MARK)
      }
    }
    console.log(`${cases} malformed bodies on ${Object.keys(routes).length} routes`)
  })
})

const hex = (text: string) => text.charCodeAt(0).toString(16)

const MEDIA_TYPE = problem(415, 'Unsupported Media Type', 'The Content-Type header must be application/json.')
const MALFORMED = problem(
  400,
  'Bad Request',
  'The request body must be a single JSON object in UTF-8, without a byte order mark or repeated members.',
)
const NO_OWN_PAGE = problem(
  403,
  'Forbidden',
  'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
)
const TOO_LARGE = problem(413, 'Content Too Large', 'The request body must not exceed 8 KiB.')
const NO_OBJECT = invalid({ pointer: '#', detail: 'Must be a JSON object.' })
const UNKNOWN_FIELD = invalid({ pointer: '#', detail: 'Unknown fields are not allowed.' })

describe('limits', () => {
  /** Returns a response without its `Retry-After`, after checking that this lies within the window. */
  function throttled({ headers: { 'retry-after': seconds = '', ...headers }, ...response }: ApiResponse) {
    expect(seconds).toMatch(/^[1-9]\d*$/)
    expect(Number(seconds)).toBeLessThanOrEqual(windowSeconds)
    return { ...response, headers }
  }
  const THROTTLED = problem(429, 'Too Many Requests', 'Too many failed attempts. Try again later.')

  async function fail(times: number, username: string): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      expect(await api.login(username, 'a wrong password')).toEqual(REJECTED_LOGIN)
    }
  }

  test('after 10 failures a login gets 429 with the seconds to wait', async () => {
    const username = await stores.add()
    await fail(10, username)
    await fail(10, 'no-such-user')
    expect(throttled(await api.login(username, 'a wrong password'))).toEqual(THROTTLED)
    expect(throttled(await api.login(username, PASSWORD))).toEqual(THROTTLED)
    expect(throttled(await api.login('no-such-user', PASSWORD))).toEqual(THROTTLED)
    expect((await api.login(await stores.add(), PASSWORD)).status).toBe(200)
  })

  test('a login clears the failures of its name and source, and of nothing else', async () => {
    const username = await stores.add()
    for (let round = 0; round < 2; round += 1) {
      await fail(9, username)
      expect((await api.login(username, PASSWORD)).status).toBe(200)
    }
    // The source is known to the name after the first sign-in.
    const counters = { 'attempts#127.0.0.1': 0, attempts: 9, 'attempts#known#127.0.0.1': 9 }
    for (const [name, attempts] of Object.entries(counters)) {
      expect(await stores.attempts(`name#${username}`, name)).toBe(attempts)
    }
  })

  test('password changes and deletions are limited apart from logins', async () => {
    const username = await stores.add()
    const { authToken } = await api.signIn(username)
    await fail(9, username)
    for (let time = 0; time < 10; time += 1) {
      const { status } = await api.changePassword(authToken, 'a wrong password', NEW_PASSWORD)
      expect(status).toBe(422)
    }
    expect(throttled(await api.changePassword(authToken, PASSWORD, NEW_PASSWORD))).toEqual(THROTTLED)
    expect(throttled(await api.deleteAccount(authToken, PASSWORD))).toEqual(THROTTLED)
    expect((await api.login(username, PASSWORD)).status).toBe(200)
  })
})
