import { describe, expect, test, vi } from 'vitest'
import {
  begin,
  call,
  invalidToken,
  later,
  noContent,
  problem,
  refresh,
  rejectsOtherContexts,
  sessionIdOf,
  sessionOf,
  tokenPair,
  useRoutes,
} from '../../test/support/routes.ts'

useRoutes()

const notFound = problem(404, 'Not Found', 'Resource not found.')

describe('DELETE /sessions/{id}', () => {
  const end = (id: string) => call('end-session', 'end-session', { pathParameters: { id } })

  test('ends the session (events/end-session.json)', async () => {
    expect(await call('end-session', 'end-session')).toEqual(noContent)
    expect(await call('sessions', 'sessions')).toMatchObject({ body: { sessions: [] } })
  })

  test('ends only that session, and returns 404 when it is repeated', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await end(sessionIdOf(token))).toEqual(noContent)
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('returns 404 for an unknown session (events/end-session-unknown.json)', async () => {
    expect(await call('end-session', 'end-session-unknown')).toEqual(notFound)
  })

  test('returns 404 for another user’s session, which stays live', async () => {
    const token = await begin('admin')
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect((await refresh(token)).statusCode).toBe(200)
  })

  test('returns 404 for an expired session that the store still has', async () => {
    const token = await begin()
    vi.setSystemTime(later(3_599.6))
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect(await sessionOf(token)).toBeDefined()
  })

  // The last one is longer than DynamoDB allows in a key.
  test.each([
    ['nothing', ''],
    ['a word', 'profile'],
    ['a separator', '#'],
    ['a path', '../admin'],
    ['2,000 characters', 'x'.repeat(2_000)],
  ])('returns 404 for an invalid id: %s', async (_what, id) => {
    expect(await end(id)).toEqual(notFound)
  })

  test('returns 404 without an id', async () => {
    expect(await call('end-session', 'end-session', { pathParameters: null })).toEqual(notFound)
  })
  rejectsOtherContexts('end-session')
})
