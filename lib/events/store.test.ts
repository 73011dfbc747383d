import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { useTable, watchedTable } from '../../test/support/aws/table.ts'
import { testAct } from '../../test/support/users/users.ts'
import { type Table, transact } from '../aws/dynamodb.ts'
import { eventOf, partitionOf } from './event.ts'
import { eventsOfUser, isReplacedSince, loginsCompletedAfter } from './store.ts'
import type { EventType } from './types.ts'

const { table } = await useTable()
const start = new Date('2026-11-28T14:05:06.789Z')
const later = (ms: number) => new Date(start.getTime() + ms)

/** Records events of a new user, each at its time in milliseconds after the start. */
async function record(...events: { type: EventType; ms: number; session?: string; loginId?: string }[]) {
  const userId = randomBytes(16).toString('base64url')
  for (const { ms, ...what } of events) {
    await transact(table, [eventOf(table, testAct(later(ms)), { subject: partitionOf(userId), ...what })])
  }
  return userId
}

test('a page names a next one only if there are more events', async () => {
  const userId = await record({ type: 'user.created', ms: 0 }, { type: 'session.created', ms: 1 })
  const { events, next } = await eventsOfUser(table, userId, { limit: 1 })
  expect([events.map(({ type }) => type), next]).toEqual([['session.created'], events[0]?.place])
  expect(await eventsOfUser(table, userId, { limit: 1, before: next })).toEqual({
    events: [expect.objectContaining({ type: 'user.created' })],
  })
  expect((await eventsOfUser(table, userId, { limit: 2 })).next).toBeUndefined()
  expect(await eventsOfUser(table, await record(), { limit: 2 })).toEqual({ events: [] })
})

test('sign-ins count as completed for half an hour after a place, if their event has a session', async () => {
  const session = 'a session'
  const userId = await record(
    { type: 'session.created', ms: -1, session, loginId: 'before' },
    { type: 'session.created', ms: 1, session, loginId: 'first' },
    { type: 'session.created', ms: 2, session },
    { type: 'factor.required', ms: 3, loginId: 'open' },
    { type: 'session.created', ms: 1_799_999, session, loginId: 'last' },
    { type: 'session.created', ms: 1_800_001, session, loginId: 'late' },
  )
  expect(await loginsCompletedAfter(table, userId, `${start.toISOString()}#id`)).toEqual(['first', 'last'])
})

test('all reads are consistent', async () => {
  const { watched, calls } = watchedTable(table)
  const place = `${start.toISOString()}#id`
  await eventsOfUser(watched, 'id', { limit: 1 })
  await loginsCompletedAfter(watched, 'id', place)
  await isReplacedSince(watched, 'id', place)
  expect(calls.map(({ input }) => Object(input).ConsistentRead)).toEqual([true, true, true, true])
})

test.each([
  ['user.created', 1, true],
  ['user.created', 0, true],
  ['user.deleted', 1, true],
  ['user.updated', 1, false],
  ['user.created', -1, false],
] as const)('whether %s %i ms after a place replaces an account: %s', async (type, ms, expected) => {
  const userId = await record({ type, ms })
  expect(await isReplacedSince(table, userId, start.toISOString())).toBe(expected)
})

test('an account that was created again is found behind a page without a match', async () => {
  const key = { pk: { S: 'user#id' }, sk: { S: 'change#x' } }
  const item = { type: { S: 'user.created' } }
  const pages = [{ Items: [], LastEvaluatedKey: key }, { Items: [item] }, { Items: [] }]
  const starts: unknown[] = []
  const paged = responding(async (input) => {
    starts.push(input.ExclusiveStartKey)
    return pages.shift() ?? Promise.reject(new Error('it reads on'))
  })
  expect(await isReplacedSince(paged, 'id', 'x')).toBe(true)
  expect(await isReplacedSince(paged, 'id', 'x')).toBe(false)
  expect(starts).toEqual([undefined, key, undefined])
})

test('a response without items has no events', async () => {
  const empty = responding(async () => ({}))
  expect(await eventsOfUser(empty, 'id', { limit: 1 })).toEqual({ events: [] })
  expect(await loginsCompletedAfter(empty, 'id', start.toISOString())).toEqual([])
})

const responding = (
  respond: (input: { ExclusiveStartKey?: unknown }) => Promise<Record<string, unknown>>,
): Table => ({ name: 'users', aws: (_service, _operation, input) => respond(input) })
