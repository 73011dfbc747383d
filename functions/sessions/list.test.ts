import { describe, expect, test, vi } from 'vitest'
import {
  begin,
  behindAuthorizer,
  call,
  later,
  login,
  logout,
  now,
  ok,
  refresh,
  rejectsOtherContexts,
  sessionIdOf,
  sessionOf,
  useRoutes,
} from '../../test/support/routes.ts'

useRoutes()

describe('GET /sessions', () => {
  const shown = (refreshToken: string, changes: object = {}) => ({
    id: sessionIdOf(refreshToken),
    createdAt: '2026-11-24T15:00:00.000Z',
    lastUsedAt: '2026-11-24T15:00:00.000Z',
    expiresAt: '2026-11-24T16:00:00.000Z',
    sourceIp: '127.0.0.1',
    userAgent: 'sample event',
    current: false,
    ...changes,
  })

  test('returns an empty list if there are no sessions (events/sessions.json)', async () => {
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
  })

  test('lists the caller’s sessions, most recently used first, and marks the current one', async () => {
    const [first, second] = [await begin(), await begin()]
    await begin('admin')
    vi.setSystemTime(later(60))
    await refresh(second)
    const from = await behindAuthorizer('sessions', sessionIdOf(first))
    const used = { lastUsedAt: '2026-11-24T15:01:00.000Z', expiresAt: '2026-11-24T17:01:00.000Z' }
    expect(await call('sessions', 'sessions', from)).toEqual(
      ok({ sessions: [shown(second, used), shown(first, { current: true })] }),
    )
  })

  test('lists no session that was logged out, has expired or was revoked', async () => {
    const [gone, going] = [await begin(), await begin()]
    await logout(gone)
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [shown(going)] }))
    vi.setSystemTime(later(3_599.6))
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
    vi.setSystemTime(now)
    await call('logout', 'logout-everywhere')
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
  })

  test('returns nothing that an attacker could take a session over with', async () => {
    const token = await begin()
    const session = await sessionOf(token)
    const { body } = await call('sessions', 'sessions')
    const text = JSON.stringify(body)
    for (const secret of [token.split('.')[1], session?.secretHash, session?.salt]) {
      expect(text).not.toContain(secret)
    }
  })

  test('returns the address and the user agent of a login', async () => {
    await login('user')
    const { body } = await call('sessions', 'sessions')
    expect(body.sessions).toMatchObject([{ sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }])
  })
  rejectsOtherContexts('sessions')
})
