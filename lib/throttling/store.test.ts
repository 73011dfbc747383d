import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fifty } from '../../test/support/at-once.ts'
import { useTable } from '../../test/support/aws/table.ts'
import { testAt } from '../../test/support/users/users.ts'
import type { AwsCall } from '../aws/client.ts'
import { getItems, type Item } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import type { Counter } from './counter.ts'
import { findKnownSource, isKnownSource, markKnownSource, markKnownSources } from './known-sources.ts'
import { knownSourceKey } from './limits.ts'
import {
  attemptIdOf,
  giveBack,
  type ReservingTable,
  rejectIfRefused,
  reserveAttempt,
  reserveInTurn,
} from './store.ts'

const { table } = await useTable()

const now = new Date('2026-11-24T15:00:00.400Z')
const second = secondOf(now)

// Each test has its own counters.
let count = 0
let records: unknown[]
beforeEach(() => {
  count += 1
  records = []
  vi.spyOn(console, 'warn').mockImplementation((record) => void records.push(record))
})
afterEach(() => vi.restoreAllMocks())

describe('a reservation', () => {
  test('is stored in every counter until its window ends', async () => {
    const counters = [counter('a', 3, 900), counter('b', 7, 86_400)]
    expect(await reserveAttempt(table, counters, 'one', now)).toStrictEqual({
      attempts: [['one'], ['one']],
      refusedForSeconds: 0,
    })
    expect(await reserveAttempt(table, counters.slice(1), 'two', now)).toStrictEqual({
      attempts: [['one', 'two']],
      refusedForSeconds: 0,
    })
    expect(await stored(...counters)).toEqual([
      holding(second + 900, 'one'),
      holding(second + 86_400, 'one', 'two'),
    ])
  })

  test('is refused by a full counter, and the next window accepts it', async () => {
    const pair = counter('a#900', 3)
    const next = { ...counter('a#1800', 3), endsAt: pair.endsAt + 900 }
    await fill(pair)
    expect(await reserveAttempt(table, [pair], 'one', now)).toStrictEqual({
      attempts: [[]],
      refusedForSeconds: 900,
    })
    expect(await reserveAttempt(table, [next], 'one', now)).toStrictEqual({
      attempts: [['one']],
      refusedForSeconds: 0,
    })
    expect(await stored(pair)).toEqual([holding(pair.endsAt, 'other-0', 'other-1', 'other-2')])
  })

  test('that is sent again counts once, also in a counter that it filled', async () => {
    const pair = counter('a', 2)
    await reserveAttempt(table, [pair], 'one', now)
    await reserveAttempt(table, [pair], 'one', now)
    await reserveAttempt(table, [pair], 'two', now)
    expect(await reserveAttempt(table, [pair], 'one', now)).toStrictEqual({
      attempts: [['one', 'two']],
      refusedForSeconds: 0,
    })
    expect(await stored(pair)).toEqual([holding(pair.endsAt, 'one', 'two')])
    expect((await reserveAttempt(table, [pair], 'three', now)).refusedForSeconds).toBe(900)
  })

  test('that one counter refuses is given back in the others', async () => {
    const [full, other] = [counter('full', 1), counter('other')]
    await fill(full)
    await reserveAttempt(table, [other], 'another', now)
    const { table: seen, calls } = watched()
    expect(await reserveAttempt(seen, [full, other], 'one', now)).toStrictEqual({
      attempts: [[], expect.arrayContaining(['another', 'one'])],
      refusedForSeconds: 900,
    })
    expect(calls).toEqual([
      { operation: 'ADD', sk: 'attempts#full' },
      { operation: 'ADD', sk: 'attempts#other' },
      { operation: 'DELETE', sk: 'attempts#other' },
    ])
    expect(await stored(full, other)).toEqual([
      holding(full.endsAt, 'other-0'),
      holding(other.endsAt, 'another'),
    ])
  })

  test('that is accepted gives nothing back', async () => {
    const { table: seen, calls } = watched()
    await reserveAttempt(seen, [counter('other')], 'one', now)
    expect(calls).toEqual([{ operation: 'ADD', sk: 'attempts#other' }])
  })

  test.each([
    ['of the only full counter', [1, 60], [2, 900], 60],
    ['of the counter that is full the longest', [1, 60], [1, 40_000], 40_000],
    ['of the counter that is full the longest, in any order', [1, 40_000], [1, 60], 40_000],
    ['of one second', [1, 1], [2, 900], 1],
  ])('that is refused waits for the end %s', async (_what, first, second, seconds) => {
    const counters = [first, second].map(([max, left], index) => counter(`${index}`, max, left))
    for (const full of counters) await reserveAttempt(table, [full], 'other', now)
    const { refusedForSeconds } = await reserveAttempt(table, counters, 'one', now)
    expect(refusedForSeconds).toBe(seconds)
  })

  test('succeeds for exactly 10 of 50 concurrent attempts at a limit of 10', async () => {
    const pair = counter('a', 10)
    let index = 0
    const reserved = await fifty(() => {
      index += 1
      return reserveAttempt(table, [pair], `attempt-${index}`, now)
    })
    expect(reserved.filter(({ refusedForSeconds }) => refusedForSeconds === 0)).toHaveLength(10)
    expect(reserved.filter(({ refusedForSeconds }) => refusedForSeconds === 900)).toHaveLength(40)
    const [item] = await stored(pair)
    expect(Object(item).ids.SS).toHaveLength(10)
  })

  test('is its own only attempt if the store does not return the set', async () => {
    const silent: AwsCall = async () => ({})
    expect(await reserveAttempt({ ...table, aws: silent }, [counter('a')], 'one', now)).toStrictEqual({
      attempts: [['one']],
      refusedForSeconds: 0,
    })
  })

  test('fails if the store fails, after all its calls have ended', async () => {
    const [broken, slow] = [counter('broken'), counter('slow')]
    let ended = 0
    const { table: seen } = watched('attempts#broken')
    const aws: AwsCall = (...call) => seen.aws(...call).finally(() => (ended += 1))
    await expect(reserveAttempt({ ...table, aws }, [broken, slow], 'one', now)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'dynamodb UpdateItem failed',
    })
    expect(ended).toBe(2)
    expect(records).toEqual([])
  })

  test('is refused though giving it back elsewhere fails, which is logged', async () => {
    const [full, other] = [counter('full', 1), counter('other')]
    await fill(full)
    const { table: seen } = watched('DELETE')
    expect(await reserveAttempt(seen, [full, other], 'one', now)).toStrictEqual({
      attempts: [[], ['one']],
      refusedForSeconds: 900,
    })
    expect(records).toEqual([{ event: 'attempt.kept', reason: 'ThrottlingException' }])
    expect(await stored(other)).toEqual([holding(other.endsAt, 'one')])
  })
})

test('a counter holds the 10,000 attempts that a limit may allow', async () => {
  const most = counter('most', 10_000)
  const ids = Array.from({ length: 9_999 }, (_, index) => attemptIdOf(`mail#${index}`))
  const Item = { ...most.key, ids: { SS: ids } }
  await table.aws('dynamodb', 'PutItem', { TableName: table.name, Item })
  const reserve = (id: string) => reserveAttempt(table, [most], attemptIdOf(id), now)
  expect((await reserve('the last one')).refusedForSeconds).toBe(0)
  expect((await reserve('one more')).refusedForSeconds).toBe(900)
})

describe('a reservation in turn', () => {
  test('is stored in every counter', async () => {
    const counters = [counter('own'), counter('shared')]
    expect(await reserveInTurn(table, counters, 'one', now)).toStrictEqual({ refusedForSeconds: 0 })
    expect(await stored(...counters)).toEqual(counters.map(({ endsAt }) => holding(endsAt, 'one')))
  })

  test('that the first counter refuses does not reach the next one', async () => {
    const [full, shared] = [counter('full', 1), counter('shared')]
    await fill(full)
    const { table: seen, calls } = watched()
    expect(await reserveInTurn(seen, [full, shared], 'one', now)).toStrictEqual({ refusedForSeconds: 900 })
    expect(calls).toEqual([{ operation: 'ADD', sk: 'attempts#full' }])
  })

  test('that a later counter refuses is given back in those before it', async () => {
    const [own, full] = [counter('own'), counter('full', 1, 60)]
    await fill(full)
    await reserveAttempt(table, [own], 'another', now)
    expect(await reserveInTurn(table, [own, full], 'one', now)).toStrictEqual({ refusedForSeconds: 60 })
    expect(await stored(own, full)).toEqual([holding(own.endsAt, 'another'), holding(full.endsAt, 'other-0')])
  })
})

describe('giving back', () => {
  test('removes the named attempts, and makes room for as many', async () => {
    const pair = counter('a', 3)
    await fill(pair)
    await giveBack(table, pair, ['other-0', 'other-2'])
    expect(await stored(pair)).toEqual([holding(pair.endsAt, 'other-1')])
    for (const [id, seconds] of [
      ['one', 0],
      ['two', 0],
      ['three', 900],
    ] as const) {
      expect((await reserveAttempt(table, [pair], id, now)).refusedForSeconds).toBe(seconds)
    }
  })

  test('that is repeated or late removes no other attempt', async () => {
    const pair = counter('a')
    await reserveAttempt(table, [pair], 'one', now)
    await giveBack(table, pair, ['one'])
    expect(await stored(pair)).toEqual([holding(pair.endsAt)])
    await giveBack(table, pair, ['one'])
    await reserveAttempt(table, [pair], 'two', now)
    await giveBack(table, pair, ['one'])
    expect(await stored(pair)).toEqual([holding(pair.endsAt, 'two')])
    expect(records).toEqual([])
  })

  test('with a table that reserves nothing removes the attempts too', async () => {
    const one = counter('one')
    await reserveAttempt(table, [one], 'mine', now)
    const plain = { aws: table.aws, name: table.name }
    expect(await giveBack(plain, one, ['mine'])).toBe(true)
    expect(await stored(one)).toEqual([holding(one.endsAt)])
  })

  test('in a counter that does not exist creates none', async () => {
    const pair = counter('a')
    await giveBack(table, pair, ['one'])
    expect(await stored(pair)).toEqual([undefined])
    expect(records).toEqual([])
  })

  test('that fails is logged, and the attempt stays counted', async () => {
    const pair = counter('a')
    await reserveAttempt(table, [pair], 'one', now)
    await giveBack(watched('DELETE').table, pair, ['one'])
    expect(await stored(pair)).toEqual([holding(pair.endsAt, 'one')])
    expect(records).toEqual([{ event: 'attempt.kept', reason: 'ThrottlingException' }])
  })
})

describe('a source', () => {
  const marked = (expiresAt: number, owner = 'ada-id'): Item => ({
    expiresAt: { N: String(expiresAt) },
    ownerId: { S: owner },
  })

  test.each<[string, Item | undefined, boolean]>([
    ['without a mark', undefined, false],
    ['whose mark has no end', { ownerId: { S: 'ada-id' } }, false],
    ['whose mark has no owner', { expiresAt: { N: String(second + 1) } }, false],
    ['whose mark is that of an earlier owner of the name', marked(second + 1, 'bob-id'), false],
    ['whose mark ends in the next second', marked(second + 1), true],
    ['whose mark ends in this second', marked(second), false],
    ['whose mark has ended and is still stored', marked(second - 1), false],
  ])('%s is known: %s', (_what, mark, isKnown) => {
    expect(isKnownSource(mark, 'ada-id', now)).toBe(isKnown)
    expect(isKnownSource(mark, undefined, now)).toBe(false)
  })

  const dayEnd = second + 1_000 + 60 * 86_400
  const key = () => knownSourceKey(`ada-${count}`, '203.0.113.7')
  const marking = (on = table) => ({ ...testAt(on, now), config: { SESSION_TTL_SECONDS: 1_000 } })
  const mark = (as: Item | undefined, on = table) =>
    markKnownSource(marking(on), { loginName: `ada-${count}`, userId: 'ada-id' }, as)
  const storedMark = async () => (await getItems(table, [key()]))[0]

  test.each<[string, Item | undefined]>([
    ['for the first time', undefined],
    ['again one day after the last time', marked(dayEnd - 86_400)],
    ['again after its mark has ended', marked(second - 1)],
    ['although an earlier owner of the name has marked it', marked(dayEnd, 'bob-id')],
  ])('is marked %s for the life of a session and 60 days', async (_what, as) => {
    await mark(as)
    expect(await storedMark()).toEqual({ ...key(), ...marked(dayEnd) })
    expect(records).toEqual([])
  })

  test('is found by the name, the user and the address that it is marked with', async () => {
    await mark(undefined)
    const request = { loginName: `ada-${count}`, userId: 'ada-id', sourceIp: '203.0.113.7' }
    const find = (changes: object = {}) => findKnownSource(table, { ...request, ...changes }, now)
    expect(await find()).toBe('203.0.113.7')
    for (const changes of [
      { sourceIp: '203.0.113.8' },
      { sourceIp: undefined },
      { userId: 'bob-id' },
      { loginName: `bob-${count}` },
    ]) {
      expect(await find(changes)).toBeUndefined()
    }
    const unread = { ...table, aws: () => Promise.reject(new Error('a call')) }
    expect(await findKnownSource(unread, { ...request, sourceIp: undefined }, now)).toBeUndefined()
  })

  test('is not marked again less than one day after the last time', async () => {
    await mark(marked(dayEnd - 86_400 + 1))
    expect(await storedMark()).toBeUndefined()
  })

  test('is marked by a write that only logs if it fails', async () => {
    await mark(undefined, watched('SET').table)
    expect(await storedMark()).toBeUndefined()
    expect(records).toEqual([{ event: 'attempt.kept', reason: 'ThrottlingException' }])
  })

  test('is marked under each login name of its user', async () => {
    const names = [`eve-${count}`, `eve-${count}@example.org`] as const
    const user = { id: 'eve-id', username: names[0], email: names[1] }
    await markKnownSources(marking(), user, undefined)
    const keys = names.map((name) => knownSourceKey(name, '203.0.113.7'))
    expect(await getItems(table, keys)).toEqual(keys.map((key) => ({ ...key, ...marked(dayEnd, 'eve-id') })))
  })
})

test('a refused reservation rejects its request until the window ends, and an accepted one does not', () => {
  const details = { log: { userId: 'ada-id' }, event: 'factor.limited' }
  const reject = (refusedForSeconds: number) => () =>
    rejectIfRefused({ refusedForSeconds }, 'too_many_attempts', 'too many codes', details)
  expect(reject(0)).not.toThrow()
  expect(reject(1)).toThrow(
    expect.objectContaining({
      code: 'too_many_attempts',
      message: 'too many codes',
      retryAfterSeconds: 1,
      ...details,
    }),
  )
})

test('the attempt id of a longer id is a short hash of it', () => {
  // SHA-256 of `abc` (FIPS 180-4, example B.1) begins with ba7816bf8f01cfea.
  expect(attemptIdOf('abc')).toBe('ungWv48Bz-p')
  expect(attemptIdOf('x'.repeat(1_000))).toMatch(/^[\w-]{11}$/)
})

const counter = (name: string, maxAttempts = 3, secondsLeft = 900): Counter => ({
  key: { pk: { S: `name#ada-${count}` }, sk: { S: `attempts#${name}` } },
  maxAttempts,
  endsAt: second + secondsLeft,
})

/** Returns the stored items of counters, without their keys. */
async function stored(...counters: Counter[]) {
  const items = await getItems(
    table,
    counters.map(({ key }) => key),
  )
  return items.map((item) => {
    if (item === undefined) return undefined
    const { pk: _, sk: __, ...rest } = item
    return rest
  })
}

const holding = (endsAt: number, ...ids: string[]) => ({
  expiresAt: { N: String(endsAt) },
  ...(ids.length > 0 && { ids: { SS: ids } }),
})

async function fill(counter: Counter): Promise<void> {
  for (let index = 0; index < counter.maxAttempts; index += 1) {
    await reserveAttempt(table, [counter], `other-${index}`, now)
  }
}

/** A table whose calls to AWS are recorded. A call fails if its key or operation is named. */
function watched(failing = 'none'): { table: ReservingTable; calls: { operation: string; sk: string }[] } {
  const calls: { operation: string; sk: string }[] = []
  const aws: AwsCall = (service, operation, input) => {
    const { Key, UpdateExpression } = input as { Key: { sk: { S: string } }; UpdateExpression: string }
    calls.push({ operation: UpdateExpression.split(' ')[0] ?? '', sk: Key.sk.S })
    if (!UpdateExpression.startsWith(failing) && Key.sk.S !== failing) {
      return table.aws(service, operation, input)
    }
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    return Promise.reject(new ServiceError('unavailable', 'dynamodb UpdateItem failed', { cause }))
  }
  return { table: { ...table, aws }, calls }
}
