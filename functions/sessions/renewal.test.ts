import { describe, expect, test, vi } from 'vitest'
import { cookieOf, OWN_PAGE, refreshTokenIn, withHeaders } from '../../test/support/http/cookies.ts'
import { claimsOf } from '../../test/support/http/forge.ts'
import {
  begin,
  behindAuthorizer,
  call,
  invalidToken,
  later,
  login,
  logout,
  noContent,
  problem,
  records,
  refresh,
  sessionIdOf,
  sessionOf,
  stored,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'

// A sign-in in the browser of a session of the same user renews that session.

useRoutes()

const sessionChanged = problem(
  409,
  'Conflict',
  'Another sign-in has renewed the session. Repeat the request once with the latest token.',
  { error: 'session_changed' },
)
const everywhere = (refreshToken: string) =>
  call('logout', 'logout', { body: JSON.stringify({ refreshToken, everywhere: true }) })

/** Signs in at a second of the test, in the browser with a cookie. */
async function signInOver(cookie: string, seconds: number) {
  vi.setSystemTime(later(seconds))
  const body = JSON.stringify({ username: 'user', password: 'user', session: 'cookie' })
  const response = await call('login', 'login', {
    body,
    ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }),
  })
  expect(response.statusCode).toBe(200)
  return { claims: claimsOf(response.body.authToken), token: refreshTokenIn(response.headers) }
}

describe('POST /login in the browser of a session', () => {
  test('keeps the session id, with the time of the sign-in', async () => {
    const cookie = await begin()
    const { claims, token } = await signInOver(cookie, 60)
    expect(claims).toMatchObject({ sid: sessionIdOf(cookie), auth_time: 1_795_532_460 })
    expect(await sessionOf(token)).toMatchObject({ inCookie: true, authTime: 1_795_532_460 })
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('renews the session of a client without cookies by its token in replaces', async () => {
    const own = await begin()
    vi.setSystemTime(later(60))
    const body = JSON.stringify({ username: 'user', password: 'user', replaces: own })
    const response = await call('login', 'login', { body })
    expect(response).toEqual(tokenPair)
    expect(sessionIdOf(response.body.refreshToken)).toBe(sessionIdOf(own))
    expect(await sessionOf(own)).toMatchObject({ inCookie: false })
  })

  test('with an older cookie begins a new session, and ends that one', async () => {
    const cookie = await begin()
    const { token } = await signInOver(cookie, 60)
    const again = await signInOver(cookie, 70)
    expect(again.claims.sid).not.toBe(sessionIdOf(cookie))
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(again.token)).toEqual(tokenPair)
  })
})

describe('a token of the sign-in before', () => {
  test('gets 409 at /refresh, also after the grace, and ends nothing', async () => {
    const cookie = await begin()
    const { token } = await signInOver(cookie, 60)
    const session = await sessionOf(token)
    for (const seconds of [60, 69, 70, 7_000]) {
      vi.setSystemTime(later(seconds))
      expect(await refresh(cookie)).toEqual(sessionChanged)
    }
    expect(await sessionOf(token)).toEqual(session)
    expect(records.filter((record) => /reuse|repeated/.test(JSON.stringify(record)))).toEqual([])
    expect(await refresh(token)).toEqual(tokenPair)
  })

  test('by the cookie gets 409, and keeps the cookie', async () => {
    const cookie = await begin()
    await signInOver(cookie, 60)
    const headers = withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) })
    expect(await call('refresh', 'refresh', { body: '{}', ...headers })).toEqual(sessionChanged)
  })

  test('is signed out like every other one at /logout', async () => {
    const cookie = await begin()
    const { token } = await signInOver(cookie, 60)
    expect(await logout(cookie)).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
  })

  test('ends only its own session, also everywhere', async () => {
    const [cookie, other] = [await begin(), await begin()]
    const { token } = await signInOver(cookie, 60)
    const before = await stored()
    expect(await everywhere(cookie)).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
    expect(await stored()).toEqual(before)
  })

  test('does not stop the latest one from signing out everywhere', async () => {
    const [cookie, other] = [await begin(), await begin()]
    const { token } = await signInOver(cookie, 60)
    expect(await everywhere(token)).toEqual(noContent)
    expect(await refresh(other)).toEqual(invalidToken)
  })
})

describe('PUT /password after a sign-in that renewed the session', () => {
  test('by an access token of before ends the session, because that sign-in had the old password', async () => {
    const cookie = await begin()
    const from = await behindAuthorizer('password', sessionIdOf(cookie))
    const { token } = await signInOver(cookie, 60)
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await stored()).toMatchObject({ survivingSession: undefined })
    expect(await refresh(token)).toEqual(invalidToken)
  })

  test('by its own access token keeps the session', async () => {
    const cookie = await begin()
    const from = await behindAuthorizer('password', sessionIdOf(cookie))
    const { token, claims } = await signInOver(cookie, 60)
    Object.assign(from.requestContext?.authorizer ?? {}, { authTime: String(claims.auth_time) })
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await refresh(token)).toEqual(tokenPair)
    // The session is of the password before. A sign-in with the new one gives it the numbers of now.
    vi.setSystemTime(later(80))
    const renewed = await login('correct horse battery staple')
    expect(renewed.statusCode).toBe(200)
  })
})
