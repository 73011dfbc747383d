import { beforeEach, describe, expect, test, vi } from 'vitest'
import { type AwsCall, within } from '../aws/client.ts'
import { type ProblemCode, ServiceError } from '../errors.ts'
import type { Counter } from './counter.ts'
import { reservingTable } from './reservations.ts'
import { giveBack, judgeAttempt, type ReservingTable, reserveAttempt } from './store.ts'

/** Calls of AWS: until when they may take, the first word of their update, and the counter. */
let calls: { deadlineMs: number; what: string; counter: string }[]
/** Attempts that each call takes out of its counter. */
let removed: string[][]
/** Fails the calls that a test names, after their effect. */
let failing: (what: string, counter: string) => string | undefined

vi.mock('../aws/client.ts', async (original) => ({
  ...(await original<typeof import('../aws/client.ts')>()),
  within:
    (deadlineMs: number): AwsCall =>
    async (_service, _operation, input) => {
      const { Key, UpdateExpression } = input as { Key: Counter['key']; UpdateExpression: string }
      const [what = ''] = UpdateExpression.split(' ')
      const { ':ids': ids } = (input as { ExpressionAttributeValues: { ':ids': { SS: string[] } } })
        .ExpressionAttributeValues
      if (what === 'DELETE') removed.push(ids.SS)
      calls.push({ deadlineMs, what, counter: Key.sk.S })
      const name = failing(what, Key.sk.S)
      if (name === undefined) return {}
      throw new ServiceError('unavailable', 'it failed', { cause: Object.assign(new Error(), { name }) })
    },
}))

const now = new Date('2026-11-24T15:00:00Z')
const counters = ['pair', 'source', 'user'].map((sk) => ({
  key: { pk: { S: 'name#ada' }, sk: { S: sk } },
  maxAttempts: 3,
  endsAt: 2e9,
}))
const [pair, source, user] = counters as [Counter, Counter, Counter]

let table: ReservingTable
let release: (failure: ServiceError) => Promise<void>
const warned: unknown[] = []
beforeEach(() => {
  calls = []
  removed = []
  failing = () => undefined
  warned.length = 0
  vi.spyOn(console, 'warn').mockImplementation((record) => void warned.push(record))
  ;({ table, release } = reservingTable({ aws: within(4_500), name: 'table' }, 4_500))
})

test('an outage gives all attempts back, the last one first, in 500 ms that no other call has', async () => {
  await reserveAttempt(table, [pair], 'a', now)
  await reserveAttempt(table, [source, user], 'a', now)
  expect(calls.map(({ deadlineMs }) => deadlineMs)).toEqual([4_000, 4_000, 4_000])
  expect(await fail(failure('unavailable'))).toEqual(
    ['user', 'source', 'pair'].map((counter) => ({ deadlineMs: 4_500, what: 'DELETE', counter })),
  )
})

test.each([
  ['unavailable', ['pair']],
  ['internal', ['pair']],
  ['invalid_credentials', []],
  ['too_many_attempts', []],
  ['conflict', []],
] as const)('after %s, these counters get an attempt back: %j', async (code, expected) => {
  await reserveAttempt(table, [pair], 'a', now)
  expect(await given(code)).toEqual(expected)
})

test('an attempt whose reservation has an unknown outcome is given back', async () => {
  failing = (what) => (what === 'ADD' ? 'TimeoutError' : undefined)
  await expect(reserveAttempt(table, [pair], 'a', now)).rejects.toMatchObject({ code: 'unavailable' })
  expect(await given('unavailable')).toEqual(['pair'])
})

test('an attempt in a counter of the same window is given back to its own partition', async () => {
  const other = { ...pair, key: { ...pair.key, pk: { S: 'source#203.0.113.7' } } }
  await reserveAttempt(table, [pair, other], 'a', now)
  await giveBack(table, pair, ['a'])
  expect(table.reserved).toEqual([expect.objectContaining({ counter: other, attemptId: 'a' })])
  await fail(failure('unavailable'))
  expect(removed).toEqual([['a'], ['a']])
})

describe('nothing is given back', () => {
  test('to a counter that refused the attempt', async () => {
    failing = (what) => (what === 'ADD' ? 'ConditionalCheckFailedException' : undefined)
    await reserveAttempt(table, [pair], 'a', now)
    expect(await given('unavailable')).toEqual([])
  })

  test('twice', async () => {
    await reserveAttempt(table, [pair, user], 'a', now)
    await giveBack(table, pair, ['a', 'b'])
    expect(await given('unavailable')).toEqual(['user'])
  })

  test('after a verdict that an outage followed', async () => {
    await reserveAttempt(table, [pair], 'a', now)
    judgeAttempt(table, 'a', () => true)
    expect(await given('unavailable')).toEqual([])
  })

  // A client over its own limit must not fill a counter that it shares.
  test('before the counters behind it have got the attempt back, and that is logged', async () => {
    await reserveAttempt(table, [pair, source], 'a', now)
    await reserveAttempt(table, [user], 'b', now)
    failing = (what, counter) => (counter === 'source' ? what : undefined)
    expect((await given('unavailable')).toSorted()).toEqual(['source', 'user'])
    expect(warned).toEqual([{ event: 'attempt.kept', reason: 'DELETE' }])
  })
})

test('a failure that is the verdict on one attempt gives the other ones back', async () => {
  await reserveAttempt(table, [pair], 'a', now)
  await reserveAttempt(table, [user], 'b', now)
  judgeAttempt(table, 'b', ({ code }) => code === 'invalid_fields')
  expect(await given('conflict')).toEqual(['user'])
})

const failure = (code: ProblemCode) => new ServiceError(code, 'the request failed')

/** Ends the request with a failure. Returns the counters that get their attempts back. */
async function fail(error: ServiceError) {
  const before = calls.length
  await release(error)
  return calls.slice(before)
}

const given = async (code: ProblemCode) => (await fail(failure(code))).map(({ counter }) => counter)
