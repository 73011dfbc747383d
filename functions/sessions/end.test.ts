import { randomUUID } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { findGrant, newGrant } from '../../lib/oauth/grants/store.ts'
import { endSession } from '../../lib/sessions/store.ts'
import { revokeSessions, revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { testGrant } from '../../test/oauth/clients.ts'
import {
  begin,
  call,
  eventOf,
  invalidToken,
  later,
  noContent,
  now,
  problem,
  refresh,
  rejectsOtherContexts,
  sessionIdOf,
  sessionOf,
  stored,
  table,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

const notFound = problem(404, 'Not Found', 'Resource not found.')
const revoked = problem(401, 'Unauthorized', 'Could not validate credentials.')

describe('DELETE /sessions/{id}', () => {
  const end = (id: string, changes: object = {}) =>
    call('sessions', 'DELETE /sessions/{id}', { pathParameters: { id }, ...changes })

  test('ends the session', async () => {
    expect(await call('sessions', 'DELETE /sessions/{id}')).toEqual(noContent)
    expect(await call('sessions', 'sessions')).toMatchObject({ body: { sessions: [] } })
  })

  test('ends only that session, and succeeds when it is repeated', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await end(sessionIdOf(token))).toEqual(noContent)
    expect(await end(sessionIdOf(token))).toEqual(noContent)
    expect(await refresh(token)).toEqual(invalidToken)
    expect(await refresh(other)).toEqual(tokenPair)
  })

  test('ends the grants that began in it, and repeated those that are left', async () => {
    const [ended, other] = [await begin(), await begin()]
    const { id: userId } = await stored()
    const grants = [ended, other].map((token) => testGrant({ userId, sessionId: sessionIdOf(token) }, now))
    for (const grant of grants) await transact(table, newGrant(table, grant, testAct()))
    const isLeft = () => Promise.all(grants.map(async ({ id }) => !!(await findGrant(table, userId, id))))
    // As if the function had stopped in between.
    await endSession(table, { userId, id: sessionIdOf(ended) }, 'ended', testAct())
    expect(await isLeft()).toEqual([true, true])
    for (const _ of [1, 2]) expect(await end(sessionIdOf(ended))).toEqual(noContent)
    expect(await isLeft()).toEqual([false, true])
    expect(await end(sessionIdOf(other))).toEqual(noContent)
    expect(await isLeft()).toEqual([false, false])
    const { events } = await eventsOfUser(table, userId, { limit: 50 })
    const endings = events.filter(({ type }) => type === 'grant.ended')
    expect(endings).toHaveLength(2)
    expect(endings[0]).toMatchObject({
      actor: 'user',
      detail: 'session-ended',
      ref: 'shop',
      via: 'DELETE /sessions/{id}',
    })
    const sessions = events.filter(({ type }) => type === 'session.ended')
    expect(sessions.map(({ detail }) => detail)).toEqual(['ended', 'ended'])
  })

  test('returns 404 for an unknown session', async () => {
    expect(await end(`6b065d8a${'A'.repeat(22)}`)).toEqual(notFound)
  })

  test('returns 404 for another user’s session, which stays live', async () => {
    const token = await begin('admin')
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect((await refresh(token)).statusCode).toBe(200)
  })

  test('returns 404 for an expired or revoked session that the store still has', async () => {
    const token = await begin()
    vi.setSystemTime(later(3_599.6))
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    vi.setSystemTime(now)
    const user = await stored()
    await changeUser(table, user, { changes: revokeSessions(user), changeId: randomUUID() }, testAct())
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect(await sessionOf(token)).toBeDefined()
  })

  test.each([
    ['revoked', (user: Awaited<ReturnType<typeof stored>>) => revokeTokens(user)],
    ['of a later generation', ({ generation }: { generation: number }) => ({ generation: generation - 1 })],
  ])('rejects an access token that is %s and cached as valid', async (_what, changesOf) => {
    const token = await begin()
    const { requestContext } = await eventOf('DELETE /sessions/{id}')
    const user = await stored()
    await changeUser(table, user, { changes: changesOf(user), changeId: randomUUID() }, testAct())
    expect(await end(sessionIdOf(token), { requestContext })).toEqual(revoked)
    expect((await refresh(token)).statusCode).toBe(200)
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
    expect(await call('sessions', 'DELETE /sessions/{id}', { pathParameters: null })).toEqual(notFound)
  })
  rejectsOtherContexts('sessions', 'DELETE /sessions/{id}')
})
