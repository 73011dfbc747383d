import { describe, expect, test, vi } from 'vitest'
import {
  begin,
  behindAuthorizer,
  call,
  invalid,
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
} from '../../test/support/http/routes.ts'

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
  const list = (after?: string) =>
    call('sessions', 'sessions', after === undefined ? {} : { queryStringParameters: { after } })

  test('returns an empty list if there are no sessions', async () => {
    expect(await list()).toEqual(ok({ sessions: [] }))
  })

  test('lists the caller’s sessions, newest first, and marks the current one', async () => {
    const first = await begin()
    await begin('admin')
    vi.setSystemTime(later(1))
    const second = await begin()
    const from = await behindAuthorizer('sessions', sessionIdOf(first))
    const begun = { createdAt: '2026-11-24T15:00:01.000Z', lastUsedAt: '2026-11-24T15:00:01.000Z' }
    expect(await call('sessions', 'sessions', from)).toEqual(
      ok({ sessions: [shown(second, begun), shown(first, { current: true })] }),
    )
  })

  test('shows the same before and after a refresh within the hour', async () => {
    const first = await begin()
    vi.setSystemTime(later(1))
    await begin()
    const { body } = await refresh(first)
    const before = await list()
    vi.setSystemTime(later(3_000))
    await refresh(body.refreshToken)
    expect(await list()).toEqual(before)
    expect(before.body.sessions[1]).toEqual(shown(first))
    // When the hour is over, its latest use shows.
    vi.setSystemTime(later(3_600))
    const { body: after } = await list()
    expect(after.sessions[1]).toEqual(shown(first, { expiresAt: '2026-11-24T17:00:00.000Z' }))
  })

  test('lists no session that was logged out, has expired or was revoked', async () => {
    const [gone, going] = [await begin(), await begin()]
    await logout(gone)
    expect(await list()).toEqual(ok({ sessions: [shown(going)] }))
    vi.setSystemTime(later(3_599.6))
    expect(await list()).toEqual(ok({ sessions: [] }))
    vi.setSystemTime(now)
    await call('logout', 'POST /logout everywhere')
    expect(await list()).toEqual(ok({ sessions: [] }))
  })

  test('lists 100 sessions at once, and the rest after `next`', async () => {
    for (let count = 0; count < 101; count += 1) await begin()
    const { body } = await list()
    expect(body.sessions).toHaveLength(100)
    expect(body.next).toBe(body.sessions[99].id)
    const rest = await list(body.next)
    expect(rest).toEqual(ok({ sessions: [expect.any(Object)] }))
    const ids = [...body.sessions, ...rest.body.sessions].map(({ id }) => id)
    expect(ids.toSorted().reverse()).toEqual(ids)
    expect(new Set(ids).size).toBe(101)
  })

  test.each([
    ['nothing', ''],
    ['a word', 'next'],
    ['a session id with more', `6924c4c0${'A'.repeat(23)}`],
    ['2,000 characters', 'x'.repeat(2_000)],
  ])('rejects %s as a cursor', async (_what, after) => {
    expect(await list(after)).toEqual(invalid('#/after', 'Must be the `next` of a previous page.'))
  })

  test('returns nothing that an attacker could take a session over with', async () => {
    const token = await begin()
    const session = await sessionOf(token)
    const text = JSON.stringify(await list())
    const [, selector, , secret] = token.split('.')
    expect(text).toContain(session?.id)
    for (const absent of [selector, secret, session?.secretHash, session?.salt]) {
      expect(text).not.toContain(absent)
    }
  })

  test('returns the address and the user agent of a login', async () => {
    await login('user')
    const { body } = await list()
    expect(body.sessions).toMatchObject([{ sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }])
  })
  rejectsOtherContexts('sessions')
})
