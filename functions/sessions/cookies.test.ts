import { describe, expect, test, vi } from 'vitest'
import type { Item } from '../../lib/aws/dynamodb.ts'
import {
  cookieOf,
  DELETES_COOKIE,
  OWN_PAGE,
  refreshTokenIn,
  setsCookie,
  withHeaders,
} from '../../test/support/http/cookies.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { parsed } from '../../test/support/http/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  invalid,
  invalidToken,
  later,
  noContent,
  problem,
  records,
  refresh,
  service,
  sessionEvent,
  sessionOf,
  stored,
  table,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'

useRoutes()

type Sent = Record<string, string | string[]>
const send = (route: string, body: object, headers: Sent) =>
  call(route, route, { body: JSON.stringify(body), ...withHeaders(headers) })
const CREDENTIALS = { username: 'user', password: 'user' }
const login = (headers: Sent = {}, body: object = { session: 'cookie' }) =>
  send('login', { ...CREDENTIALS, ...body }, { ...OWN_PAGE, ...headers })
const refreshBy = (headers: Sent) => send('refresh', {}, { ...OWN_PAGE, ...headers })
const logoutBy = (headers: Sent, body = {}) => send('logout', body, { ...OWN_PAGE, ...headers })

const { refreshToken: _, ...withoutRefreshToken } = tokenPair.body as { refreshToken: unknown }
/** The response to a sign-in, which asks the browser to bind the session. */
const signedIn = (ttlSeconds: number) => ({
  ...inCookie(ttlSeconds),
  headers: { ...inCookie(ttlSeconds).headers, 'Secure-Session-Registration': expect.any(String) },
})
/** The response to a refresh. */
const inCookie = (ttlSeconds: number) => ({
  ...tokenPair,
  headers: { ...tokenPair.headers, ...setsCookie(ttlSeconds) },
  body: withoutRefreshToken,
})
const forbidden = (detail: string) => problem(403, 'Forbidden', detail)
const NO_PAGE = forbidden('The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.')
const NO_ORIGIN = forbidden('The session cookie needs an Origin that the service allows by name.')
const NO_JSON = forbidden('A request with the session cookie must have the Content-Type application/json.')

async function everything(): Promise<Item[]> {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  return (Items as Item[]).sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}

/** Calls a route whose environment has other settings. */
async function callWith(route: string, settings: Record<string, string>, body: object, headers: Sent) {
  const { handler, environment } = service.functions[route] ?? { handler: '' }
  const functions = { [route]: { handler, environment: { ...environment, ...settings } } }
  const changed = await loadHandler({ ...service, functions }, route, aws)
  const event = await eventOf(route, { body: JSON.stringify(body), ...withHeaders(headers) })
  return parsed(await changed(event, context))
}

describe('a sign-in with a cookie', () => {
  test('keeps the refresh token in a cookie, and out of the body', async () => {
    const response = await login()
    expect(response).toEqual(signedIn(7_200))
    const token = refreshTokenIn(response.headers)
    expect(JSON.stringify(response.body)).not.toContain(token)
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('renews the session of its cookie, and leaves every other one', async () => {
    const [own, other] = [await begin(), await begin()]
    const { headers } = await login(cookieOf(own))
    expect(await sessionOf(own)).toEqual(await sessionOf(refreshTokenIn(headers)))
    expect(await refresh(refreshTokenIn(headers))).toEqual(tokenPair)
    expect((await refresh(own)).body).toMatchObject({ status: 409, error: 'session_changed' })
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('ends the session of another user that it replaces', async () => {
    const replaced = await begin('admin')
    await login(cookieOf(replaced))
    expect(await sessionOf(replaced)).toBeUndefined()
  })

  test('ends the session of a cookie that was replaced earlier', async () => {
    const first = await begin()
    vi.setSystemTime(later(60))
    const { body } = await refresh(first)
    vi.setSystemTime(later(120))
    await login(cookieOf(first))
    expect(await refresh(body.refreshToken)).toEqual(invalidToken)
  })

  test('ends no session if its own token cannot be signed', async () => {
    const kept = await begin()
    const body = { ...CREDENTIALS, session: 'cookie' }
    const headers = { ...OWN_PAGE, ...cookieOf(kept) }
    const { statusCode } = await callWith('login', { SIGNING_KEY: 'alias/none' }, body, headers)
    expect(statusCode).toBe(503)
    expect(await refresh(kept)).toEqual(tokenPair)
  })

  test('ends no session if the password is wrong', async () => {
    const kept = await begin()
    const response = await login(cookieOf(kept), { session: 'cookie', password: 'wrong' })
    expect(response).toEqual(problem(401, 'Unauthorized', 'Incorrect username or password.'))
    expect(await refresh(kept)).toEqual(tokenPair)
  })

  test('ends no session if it keeps its own token in the body', async () => {
    const kept = await begin()
    expect(await login(cookieOf(kept), {})).toEqual(tokenPair)
    expect(await refresh(kept)).toEqual(tokenPair)
  })

  test.each([
    ['no token', ''],
    ['a word', 'token'],
    ['a token of no session', `${'u'.repeat(22)}.00000000${'s'.repeat(22)}.${'x'.repeat(43)}`],
    ['10,000 characters', 'x'.repeat(10_000)],
  ])('works with %s in the cookie, and stores nothing for it', async (_what, value) => {
    const before = (await everything()).length
    expect(await login(cookieOf(value))).toEqual(signedIn(7_200))
    // The session, the mark of a known source, and three counters.
    expect(await everything()).toHaveLength(before + 5)
  })

  test.each([
    ['another word', 'body', 'Must be "cookie".'],
    ['true', true, 'Must be a string.'],
    ['null', null, 'Must be a string.'],
    ['two words', 'cookie\n', 'Must be "cookie".'],
  ])('is rejected with %s', async (_what, session, detail) => {
    const rule = detail === 'Must be a string.' ? { rule: 'type' } : {}
    expect(await login({}, { session })).toEqual(invalid('#/session', detail, rule))
  })
})

describe('a refresh by the cookie', () => {
  test('returns an access token, and replaces the token in the cookie', async () => {
    const first = await begin()
    vi.setSystemTime(later(60))
    const response = await refreshBy(cookieOf(first))
    expect(response).toEqual(inCookie(7_200))
    expect(refreshTokenIn(response.headers)).not.toBe(first)
    vi.setSystemTime(later(120))
    expect(await refreshBy(cookieOf(refreshTokenIn(response.headers)))).toEqual(inCookie(7_200))
  })

  test('repeated within the grace period sets the same cookie again', async () => {
    const first = await begin()
    vi.setSystemTime(later(60))
    const next = refreshTokenIn((await refreshBy(cookieOf(first))).headers)
    vi.setSystemTime(later(69.999))
    expect(refreshTokenIn((await refreshBy(cookieOf(first))).headers)).toBe(next)
    expect(refreshTokenIn((await refreshBy(cookieOf(next))).headers)).toBe(next)
  })

  test('repeated after the grace period ends the session, and does not touch the cookie', async () => {
    const first = await begin()
    vi.setSystemTime(later(60))
    const next = refreshTokenIn((await refreshBy(cookieOf(first))).headers)
    vi.setSystemTime(later(70))
    expect(await refreshBy(cookieOf(first))).toEqual(invalidToken)
    expect(records).toContainEqual(sessionEvent('session.reuse', first))
    expect(await refreshBy(cookieOf(next))).toEqual(invalidToken)
  })

  test('with the token in the body ignores the cookie, and sets none', async () => {
    const [inBody, kept] = [await begin(), await begin()]
    const response = await send('refresh', { refreshToken: inBody }, { ...OWN_PAGE, ...cookieOf(kept) })
    expect(response).toEqual(tokenPair)
    expect((await sessionOf(kept))?.lastUsedAt).toBe((await sessionOf(kept))?.authTime)
    const wrong = await send('refresh', { refreshToken: 'x' }, { ...OWN_PAGE, ...cookieOf(kept) })
    expect(wrong).toEqual(invalidToken)
  })

  test('at the end of the session keeps the cookie no longer than the session', async () => {
    const token = await begin()
    vi.setSystemTime(later(3_000))
    let last = refreshTokenIn((await refreshBy(cookieOf(token))).headers)
    for (let seconds = 8_000; seconds < 84_000; seconds += 7_000) {
      vi.setSystemTime(later(seconds))
      last = refreshTokenIn((await refreshBy(cookieOf(last))).headers)
    }
    const { authTime = 0 } = (await sessionOf(last)) ?? {}
    vi.setSystemTime(later(85_000))
    const response = await refreshBy(cookieOf(last))
    expect(response.headers).toMatchObject(
      setsCookie(authTime + 86_400 - Math.floor(later(85_000).getTime() / 1000)),
    )
  })

  const other = `${'u'.repeat(22)}.00000000${'s'.repeat(22)}.${'x'.repeat(43)}`
  test.each<[string, (token: string) => Sent]>([
    ['no cookie', () => ({})],
    ['an empty cookie', () => cookieOf('')],
    ['a word', () => cookieOf('token')],
    ['a token of no session', () => cookieOf(other)],
    ['the cookie twice', (token) => ({ Cookie: `__Host-refresh=${token}; __Host-refresh=${token}` })],
    ['two cookies', (token) => ({ Cookie: `__Host-refresh=${token}; __Host-refresh=${other}` })],
    [
      'two Cookie headers with one each',
      (token) => ({ Cookie: [`__Host-refresh=${other}`, `__Host-refresh=${token}`] }),
    ],
    ['the cookie in another case', (token) => ({ Cookie: `__host-refresh=${token}` })],
    ['a cookie without the prefix', (token) => ({ Cookie: `refresh=${token}` })],
    ['a cookie with another prefix', (token) => ({ Cookie: `x__Host-refresh=${token}` })],
    ['a token in quotes', (token) => cookieOf(`"${token}"`)],
    ['a token with more', (token) => cookieOf(`${token}x`)],
    ['a comma between cookies', (token) => ({ Cookie: `a=b, __Host-refresh=${token}` })],
    ['a token and 10,000 characters', (token) => cookieOf(token + 'x'.repeat(10_000))],
    ['another header', (token) => ({ Cookies: `__Host-refresh=${token}` })],
  ])('is rejected with %s, and changes nothing', async (_what, headersOf) => {
    const token = await begin()
    const before = await everything()
    expect(await refreshBy(headersOf(token))).toEqual(invalidToken)
    expect(await everything()).toEqual(before)
  })

  test.each<[string, (token: string) => Sent]>([
    ['among other cookies', (token) => ({ Cookie: `a=b; __Host-refresh=${token};c="d; e"` })],
    ['beside an odd one', (token) => ({ Cookie: `;;=;\u0001=${'ü'};__Host-refresh=${token}; =x` })],
    ['without spaces', (token) => ({ Cookie: `a=b;__Host-refresh=${token}` })],
    ['in a header in lower case', (token) => ({ cookie: `__Host-refresh=${token}` })],
    ['in one of several headers', (token) => ({ cookie: [`__Host-refresh=${token}`, 'a=b'] })],
  ])('finds the cookie %s', async (_where, headersOf) => {
    expect(await refreshBy(headersOf(await begin()))).toEqual(inCookie(7_200))
  })

  test('is rejected with the cookie of an ended session', async () => {
    const token = await begin()
    await logoutBy(cookieOf(token))
    expect(await refreshBy(cookieOf(token))).toEqual(invalidToken)
  })

  test('is rejected with the cookie of an expired session', async () => {
    const token = await begin()
    vi.setSystemTime(later(7_200))
    expect(await refreshBy(cookieOf(token))).toEqual(invalidToken)
  })

  test('twice at once with one cookie sets the same cookie', async () => {
    const token = await begin()
    vi.setSystemTime(later(60))
    const both = await Promise.all([refreshBy(cookieOf(token)), refreshBy(cookieOf(token))])
    expect(both).toEqual([inCookie(7_200), inCookie(7_200)])
    const [one, two] = both.map(({ headers }) => refreshTokenIn(headers))
    expect(one).toBe(two)
    expect(await refreshBy(cookieOf(String(one)))).toEqual(inCookie(7_200))
  })
})

describe('a logout by the cookie', () => {
  const signedOut = { ...noContent, headers: { ...noContent.headers, ...DELETES_COOKIE } }

  test('ends the session, and deletes the cookie', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await logoutBy(cookieOf(token))).toEqual(signedOut)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('ends all sessions with `everywhere`', async () => {
    const [token, other] = [await begin(), await begin()]
    const { generation } = await stored()
    expect(await logoutBy(cookieOf(token), { everywhere: true })).toEqual(signedOut)
    expect(await refresh(other)).toEqual(invalidToken)
    expect((await stored()).generation).toBe(generation + 1)
  })

  test.each<[string, Sent]>([
    ['no cookie', {}],
    ['a word', cookieOf('token')],
    ['an empty cookie', cookieOf('')],
    ['two cookies', { Cookie: '__Host-refresh=a; __Host-refresh=b' }],
    ['the token of no session', cookieOf(`${'u'.repeat(22)}.00000000${'s'.repeat(22)}.${'x'.repeat(43)}`)],
  ])('deletes the cookie too with %s, and ends nothing', async (_what, headers) => {
    await begin()
    const before = await everything()
    expect(await logoutBy(headers)).toEqual(signedOut)
    expect(await everything()).toEqual(before)
  })

  test('of another user ends nothing, and keeps the cookie', async () => {
    const token = await begin()
    const response = await logoutBy(cookieOf(token), { everywhere: true, sub: (await stored('admin')).id })
    expect(response).toEqual(problem(409, 'Conflict', expect.any(String), { error: 'other_user' }))
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('with the token in the body ignores the cookie, and does not delete it', async () => {
    const [inBody, kept] = [await begin(), await begin()]
    const response = await send('logout', { refreshToken: inBody }, { ...OWN_PAGE, ...cookieOf(kept) })
    expect(response).toEqual(noContent)
    expect(await refresh(kept)).toEqual(tokenPair)
  })
})

describe('the session cookie is refused', () => {
  const ROUTES = [
    ['login', { ...CREDENTIALS, session: 'cookie' }],
    ['refresh', {}],
    ['logout', { everywhere: true }],
    ['new-account', { token: 'x', password: 'x'.repeat(20), session: 'cookie' }],
  ] as const
  const JSON_TYPE = { 'Content-Type': 'application/json' }
  const APP = 'https://app.example.com'
  const ALLOWED = `${APP},https://admin.example.com:8443`
  const sameSite = { ...JSON_TYPE, 'Sec-Fetch-Site': 'same-site' }

  /** Sends a request with the cookie of a session, and verifies that it is refused and changes nothing. */
  async function expectRefused(
    [route, body]: (typeof ROUTES)[number],
    allowedOrigins: string,
    headers: Sent,
    response: ReturnType<typeof forbidden>,
  ) {
    const token = await begin()
    const before = await everything()
    const settings = { AUTH_ALLOWED_ORIGINS: allowedOrigins }
    const refusal = await callWith(route, settings, body, { ...headers, ...cookieOf(token) })
    expect(refusal).toEqual({ ...response, headers: expect.objectContaining(response.headers) })
    expect(refusal.headers).not.toHaveProperty('Set-Cookie')
    expect(await everything()).toEqual(before)
  }

  describe.each(ROUTES)('by %s', (route, body) => {
    const asked = [route, body] as (typeof ROUTES)[number]

    test.each<[who: string, headers: Record<string, string>]>([
      ['a request without Sec-Fetch-Site', {}],
      ['it without Sec-Fetch-Site, from an allowed origin', { Origin: APP }],
      ['a page of another site', { 'Sec-Fetch-Site': 'cross-site' }],
      ['an allowed origin of another site', { 'Sec-Fetch-Site': 'cross-site', Origin: APP }],
      ['a request that no page sends', { 'Sec-Fetch-Site': 'none' }],
      ['another case of same-origin', { 'Sec-Fetch-Site': 'Same-Origin' }],
      ['two values', { 'Sec-Fetch-Site': 'same-origin, cross-site' }],
    ])('for %s, which changes nothing', async (_who, headers) => {
      await expectRefused(asked, ALLOWED, { ...JSON_TYPE, ...headers }, NO_PAGE)
    })

    test.each<[who: string, headers: Record<string, string>, allowed?: string]>([
      ['the same site without Origin', {}],
      ['the same site with an opaque origin', { Origin: 'null' }],
      ['another host of the same site', { Origin: 'https://evil.example.com' }],
      ['another port of an allowed host', { Origin: 'https://admin.example.com' }],
      ['an allowed host over plain HTTP', { Origin: 'http://app.example.com' }],
      ['an origin that begins with an allowed one', { Origin: `${APP}.evil.example` }],
      ['both allowed origins at once', { Origin: ALLOWED }],
      ['the same site, where all origins are allowed', { Origin: APP }, '*'],
      ['the origin *, where all origins are allowed', { Origin: '*' }, '*'],
      ['an empty origin, where none is allowed', { Origin: '' }, ''],
    ])('for %s, which changes nothing', async (_who, headers, allowed = ALLOWED) => {
      await expectRefused(asked, allowed, { ...sameSite, ...headers }, NO_ORIGIN)
    })

    test.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain; application/json',
      '',
    ])('with a body of type "%s", which changes nothing', async (type) => {
      const token = await begin()
      const before = await everything()
      const headers = { 'Content-Type': type, 'Sec-Fetch-Site': 'same-origin' }
      expect(await callWith(route, {}, body, { ...headers, ...cookieOf(token) })).toEqual(NO_JSON)
      const media = problem(
        415,
        'Unsupported Media Type',
        'The Content-Type header must be application/json.',
      )
      expect(await callWith(route, {}, body, headers)).toEqual(media)
      expect(await everything()).toEqual(before)
    })

    test('where cookie sessions are off', async () => {
      const token = await begin()
      const response = await callWith(route, { COOKIE_SESSIONS: 'off' }, body, {
        ...OWN_PAGE,
        ...cookieOf(token),
      })
      const hasField = 'session' in body
      expect(response).toEqual(
        invalid(
          hasField ? '#/session' : '#/refreshToken',
          hasField ? 'This service has no cookie sessions.' : 'Must be a string.',
        ),
      )
    })
  })

  test('not for an allowed origin of the same site', async () => {
    const token = await begin()
    const headers = { ...sameSite, Origin: 'https://admin.example.com:8443', ...cookieOf(token) }
    const response = await callWith('refresh', { AUTH_ALLOWED_ORIGINS: ALLOWED }, {}, headers)
    const readable = {
      Vary: 'Origin',
      'Access-Control-Allow-Origin': 'https://admin.example.com:8443',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Expose-Headers': 'Retry-After',
    }
    const expected = inCookie(7_200)
    expect(response).toEqual({ ...expected, headers: { ...expected.headers, ...readable } })
  })
})
