import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { eventsOfUser } from '../../lib/events/store.ts'
import { addClient, CALLBACK, type Changes, credentialsOf, formOf } from '../../test/oauth/clients.ts'
import { codeFor, exchange, refreshGrant } from '../../test/oauth/requests.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../../test/support/http/cookies.ts'
import {
  begin,
  call,
  eventOf,
  later,
  problem,
  records,
  refresh as refreshSession,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'

useRoutes()

const SAME_ORIGIN = 'This request needs the header Sec-Fetch-Site: same-origin.'
const HOME = 'https://shop.example/bye?tenant=1'
const URL_CLIENT = 'https://bank.example/client.json'

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addClient(table, { postLogoutRedirectUris: [HOME, 'http://evil.example/'] })
  await addClient(table, { id: 'other', postLogoutRedirectUris: ['https://other.example/'] })
  await addClient(table, {
    id: 'phone',
    type: 'native',
    redirectUris: [CALLBACK],
    postLogoutRedirectUris: ['http://127.0.0.1/bye'],
  })
  await addClient(table, { id: 'closed', disabled: true, postLogoutRedirectUris: [HOME] })
})

const signOut = (
  parameters: Changes,
  sub?: string,
  headers: Record<string, string> = { ...OWN_PAGE, ...cookieOf(cookie) },
) =>
  call('logout', 'POST /oauth2/signout', {
    ...withHeaders(headers),
    body: JSON.stringify({ query: `?${formOf(parameters)}`, sub }),
  })

const isSignedIn = async () => (await refreshSession(cookie)).statusCode === 200

/** Signs in at an app. */
const idTokenOf = async (client_id = 'shop'): Promise<string> =>
  (await exchange(await codeFor(cookie, { client_id }), credentialsOf(client_id))).body.id_token

const QUESTION = { next: 'question', user: { sub: expect.any(String), username: 'user' } }
const OF_SHOP = { ...QUESTION, client: { name: 'Shop' } }
const TO_HOME = { next: 'done', location: HOME }

describe('an id_token of the session', () => {
  test('ends the session without a question, and leads to the registered URI', async () => {
    const id_token_hint = await idTokenOf()
    const response = await signOut({ id_token_hint, post_logout_redirect_uri: HOME, state: 'a b&c' })
    expect(response).toMatchObject({
      statusCode: 200,
      body: { next: 'done', location: `${HOME}&state=a%20b%26c` },
    })
    expect(response.headers?.['Set-Cookie']).toMatch(/^__Host-refresh=; Max-Age=0;/)
    expect(await isSignedIn()).toBe(false)
    const { events } = await eventsOfUser(table, (await stored()).id, { limit: 10 })
    expect(events.find(({ type }) => type === 'session.ended')).toMatchObject({
      detail: 'signed-out',
      via: 'POST /oauth2/signout',
    })
    expect(JSON.stringify(records)).not.toContain(id_token_hint)
  })

  test('is accepted after its end, with the client_id too, and without a URI', async () => {
    const id_token_hint = await idTokenOf()
    vi.setSystemTime(later(2_000))
    expect((await signOut({ id_token_hint, client_id: 'shop' })).body).toEqual({ next: 'done' })
    expect(await isSignedIn()).toBe(false)
  })

  test('of an earlier session, or of another user, asks', async () => {
    const earlier = await idTokenOf()
    cookie = await begin()
    expect((await signOut({ id_token_hint: earlier, post_logout_redirect_uri: HOME })).body).toEqual(OF_SHOP)
    expect(await isSignedIn()).toBe(true)
    const ada = await idTokenOf()
    cookie = await begin('admin')
    expect((await signOut({ id_token_hint: ada })).body).toMatchObject({
      next: 'question',
      user: { username: 'admin' },
    })
    expect(await isSignedIn()).toBe(true)
  })
})

describe('without an id_token of the session', () => {
  const rows: [what: string, parameters: () => Changes | Promise<Changes>, question: object][] = [
    ['nothing', () => ({}), QUESTION],
    ['a client', () => ({ client_id: 'shop' }), OF_SHOP],
    ['a client and its URI', () => ({ client_id: 'shop', post_logout_redirect_uri: HOME }), OF_SHOP],
    ['no JWT', () => ({ id_token_hint: 'x', client_id: 'shop' }), OF_SHOP],
    [
      'a changed id_token',
      async () => ({ id_token_hint: (await idTokenOf()).replace(/.{5}$/, 'AAAAA'), client_id: 'shop' }),
      OF_SHOP,
    ],
    [
      'an id_token of another key',
      async () => {
        const [, payload] = (await idTokenOf()).split('.')
        const header = Buffer.from('{"alg":"RS256","typ":"JWT","kid":"gone"}').toString('base64url')
        return { id_token_hint: `${header}.${payload}.AA`, client_id: 'shop' }
      },
      OF_SHOP,
    ],
    [
      'the access token of the application',
      async () => ({ id_token_hint: String((await eventOf('userinfo')).headers.Authorization).slice(7) }),
      QUESTION,
    ],
    ['a hint of who it is', () => ({ logout_hint: 'user' }), QUESTION],
    // Any URL is a client, and its name is only what an attacker chose.
    ['a URL as client', () => ({ client_id: URL_CLIENT }), QUESTION],
    ['an empty client', () => ({ client_id: '', state: '' }), QUESTION],
  ]
  test.each(rows)(
    '%s asks, and a "Yes" of this user ends the session',
    async (_what, parameters, question) => {
      const given = await parameters()
      const asked = await signOut(given)
      expect([asked.statusCode, asked.body, asked.headers?.['Set-Cookie']]).toEqual([
        200,
        question,
        undefined,
      ])
      expect(await isSignedIn()).toBe(true)
      // The page of another user asks again.
      expect((await signOut(given, (await stored('admin')).id)).body).toEqual(question)
      expect(await isSignedIn()).toBe(true)
      expect((await signOut(given, asked.body.user.sub)).body.next).toBe('done')
      expect(await isSignedIn()).toBe(false)
    },
  )
})

test.each<[string, () => Record<string, string>]>([
  ['no cookie', () => OWN_PAGE],
  ['two cookies', () => ({ ...OWN_PAGE, Cookie: `${cookieOf(cookie).Cookie}; ${cookieOf(cookie).Cookie}` })],
  ['no refresh token', () => ({ ...OWN_PAGE, ...cookieOf('x') })],
])('with %s it leads straight to the app', async (_what, headers) => {
  const { statusCode, body } = await signOut(
    { client_id: 'shop', post_logout_redirect_uri: HOME },
    undefined,
    headers(),
  )
  expect([statusCode, body]).toEqual([200, TO_HOME])
})

test('a session that has ended leads straight to the app', async () => {
  const id_token_hint = await idTokenOf()
  const request = { id_token_hint, post_logout_redirect_uri: HOME }
  for (let count = 0; count < 2; count += 1) expect((await signOut(request)).body).toEqual(TO_HOME)
})

test('a loopback URI of a native client compares without its port', async () => {
  const uri = 'http://127.0.0.1:4711/bye'
  const id_token_hint = await idTokenOf('phone')
  expect((await signOut({ id_token_hint, post_logout_redirect_uri: uri, state: 'x' })).body.location).toBe(
    `${uri}?state=x`,
  )
})

test.each([
  ['of 4 KiB leads to the app', 4_096, 200, HOME],
  ['of one byte more leads nowhere', 4_097, 400, undefined],
])('a query %s', async (_what, bytes, status, location) => {
  const parameters = { client_id: 'shop', post_logout_redirect_uri: HOME, padding: '' }
  const padding = 'x'.repeat(bytes - `?${formOf(parameters)}`.length)
  const { statusCode, body } = await signOut({ ...parameters, padding }, (await stored()).id)
  expect([statusCode, body.location]).toEqual([status, location])
})

test('a cookie that was replaced earlier ends its session with its grants, and leads to the app', async () => {
  const scope = 'openid offline_access'
  const { body } = await exchange(await codeFor(cookie, { scope }), credentialsOf('shop'))
  await refreshSession(cookie)
  vi.setSystemTime(later(11))
  const request = { client_id: 'shop', post_logout_redirect_uri: HOME }
  expect((await signOut(request)).body).toEqual(TO_HOME)
  expect((await refreshGrant(body.refresh_token, credentialsOf('shop'))).body.error).toBe('invalid_grant')
})

describe('nothing ends, and it leads nowhere, with', () => {
  const rows: [what: string, parameters: Changes, error: string][] = [
    [
      'a URI without a client',
      { post_logout_redirect_uri: HOME, client_id: undefined, id_token_hint: undefined },
      'unknown_logout_uri',
    ],
    ['an unregistered URI', { post_logout_redirect_uri: 'https://evil.example/' }, 'unknown_logout_uri'],
    [
      'a URI that the rules refuse',
      { post_logout_redirect_uri: 'http://evil.example/' },
      'unknown_logout_uri',
    ],
    ['a longer URI', { post_logout_redirect_uri: `${HOME}&a=b` }, 'unknown_logout_uri'],
    ['a URI with a fragment', { post_logout_redirect_uri: `${HOME}#` }, 'unknown_logout_uri'],
    ['a redirect_uri', { post_logout_redirect_uri: CALLBACK }, 'unknown_logout_uri'],
    ['a script', { post_logout_redirect_uri: 'javascript:alert(1)' }, 'unknown_logout_uri'],
    [
      'the URI of another client',
      { post_logout_redirect_uri: 'https://other.example/' },
      'unknown_logout_uri',
    ],
    ['another client than that of the hint', { client_id: 'other' }, 'other_client'],
    ['a URL that is not the client of the hint', { client_id: URL_CLIENT }, 'other_client'],
    [
      'a URL as client, and a URI',
      { client_id: URL_CLIENT, id_token_hint: undefined, post_logout_redirect_uri: HOME },
      'unknown_logout_uri',
    ],
    ['an unknown client', { client_id: 'unknown', id_token_hint: undefined }, 'unknown_client'],
    [
      'a disabled client',
      { client_id: 'closed', id_token_hint: undefined, post_logout_redirect_uri: HOME },
      'unknown_client',
    ],
    ['a client of another form', { client_id: '../shop', id_token_hint: undefined }, 'unknown_client'],
    ['client_id twice', { client_id: ['shop', 'shop'] }, 'invalid_sign_out'],
    ['the URI twice', { post_logout_redirect_uri: [HOME, HOME] }, 'invalid_sign_out'],
    ['state twice', { state: ['a', 'a'] }, 'invalid_sign_out'],
    ['more than 4 KiB', { state: 'a'.repeat(4_096) }, 'invalid_sign_out'],
  ]
  afterAll(() => console.log(`${rows.length} sign-outs that lead nowhere`))

  test.each(rows)('%s', async (_what, parameters, error) => {
    const valid = { id_token_hint: await idTokenOf(), client_id: 'shop' }
    for (const sub of [undefined, (await stored()).id]) {
      const { statusCode, body } = await signOut({ ...valid, ...parameters }, sub)
      expect([statusCode, body.error, body.location]).toEqual([400, error, undefined])
    }
    expect(await isSignedIn()).toBe(true)
  })
})

describe('the page', () => {
  const json = { 'Content-Type': 'application/json' }
  test.each<[string, Record<string, string>, string]>([
    [
      'of an allowed origin on the same site',
      { ...json, 'Sec-Fetch-Site': 'same-site', Origin: 'https://app.example.com' },
      SAME_ORIGIN,
    ],
    [
      'of another site',
      { ...json, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
      SAME_ORIGIN,
    ],
    ['that the browser does not name', json, SAME_ORIGIN],
    [
      'that sends a form',
      { ...OWN_PAGE, 'Content-Type': 'application/x-www-form-urlencoded' },
      'A request with the session cookie must have the Content-Type application/json.',
    ],
  ])('%s ends nothing', async (_what, headers, detail) => {
    const id_token_hint = await idTokenOf()
    const response = await signOut({ id_token_hint }, undefined, { ...cookieOf(cookie), ...headers })
    expect(response).toEqual(problem(403, 'Forbidden', detail))
    const reason = detail === SAME_ORIGIN ? 'not the same origin' : 'no_json'
    expect(records.at(-1)).toMatchObject({ reason: `session cookie: ${reason}` })
    expect(await isSignedIn()).toBe(true)
  })
})
