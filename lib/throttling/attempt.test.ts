import { argon2Sync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fifty } from '../../test/support/at-once.ts'
import { useTable } from '../../test/support/aws/table.ts'
import { inRounds } from '../../test/support/rounds.ts'
import { addTestUser, testAt } from '../../test/support/users/users.ts'
import { getItems } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { findUser, nameKey } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { type Attempt, admitAttempt, completeAttempt, returnAttempt } from './attempt.ts'
import type { Subject } from './counter.ts'
import { markKnownSources } from './known-sources.ts'
import type { Limits } from './limits.ts'
import type { ReservingTable } from './store.ts'

// The real function, with its calls counted.
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})

const { table } = await useTable()

const limits: Limits = {
  LIMIT_USER_AND_SOURCE: { attempts: 3, windowSeconds: 900 },
  LIMIT_SOURCE: { attempts: 5, windowSeconds: 1_800 },
  LIMIT_KNOWN_SOURCE: { attempts: 4, windowSeconds: 3_600 },
  LIMIT_USER: { attempts: 6, windowSeconds: 86_400 },
  LIMIT_USER_AND_KNOWN_SOURCE: { attempts: 5, windowSeconds: 21_600 },
}
const now = new Date('2026-11-24T15:07:00.400Z')
const at = (time: string) => Date.parse(`2026-11-24T${time}Z`) / 1000
const SESSION_TTL_SECONDS = 1_000
const markEnd = at('15:07:00') + SESSION_TTL_SECONDS + 60 * 86_400

// Each test has its own user and its own source.
let count = 0
let ada: User
let sourceIp: string
let byName: Subject
let records: unknown[]
beforeEach(async () => {
  count += 1
  ada = await addTestUser(table, { username: `ada-${count}` })
  byName = { loginName: ada.username }
  sourceIp = `203.0.113.${count}`
  records = []
  vi.spyOn(console, 'warn').mockImplementation((record) => void records.push(record))
})
afterEach(() => vi.restoreAllMocks())

/** Keys of the counters and of the mark, for a partition and the source of the test. */
const keysOf = (partition = `name#${ada.username}`) => ({
  pair: `${partition} attempts#${sourceIp}#${at('15:00:00')}`,
  source: `source#${sourceIp} attempts#${at('15:00:00')}`,
  user: `${partition} attempts#${at('00:00:00')}`,
  knownSource: `source#${sourceIp} attempts#known#${at('15:00:00')}`,
  userAndKnownSource: `${partition} attempts#known#${sourceIp}#${at('12:00:00')}`,
  name: `${partition} name`,
  mark: `${partition} known#${sourceIp}`,
})
type Name = keyof ReturnType<typeof keysOf>
const keyOf = (text: string) => {
  const [pk = '', sk = ''] = text.split(' ')
  return { pk: { S: pk }, sk: { S: sk } }
}

/** Returns the ids in each stored counter of a partition. */
async function attempts(partition?: string): Promise<Partial<Record<Name, string[]>>> {
  const { name: _, mark: __, ...keys } = keysOf(partition)
  const items = await getItems(table, Object.values(keys).map(keyOf))
  const counted = Object.keys(keys).map((name, index) => [name, items[index]] as const)
  return Object.fromEntries(
    counted.flatMap(([name, item]) => (item === undefined ? [] : [[name, Object(item.ids).SS ?? []]])),
  )
}

/** Marks the source of the test as known to a name until a second. */
const mark = (loginName = ada.username, expiresAt = markEnd) =>
  table.aws('dynamodb', 'PutItem', {
    TableName: table.name,
    Item: {
      ...keyOf(keysOf(`name#${loginName}`).mark),
      expiresAt: { N: String(expiresAt) },
      ownerId: { S: ada.id },
    },
  })

/** A table that makes every write twice, as the client does after a lost response. */
const resending: ReservingTable = {
  ...table,
  aws: async (service, operation, input) => {
    if (operation === 'UpdateItem') await table.aws(service, operation, input).catch(() => undefined)
    return table.aws(service, operation, input)
  },
}

describe('an attempt that is admitted', () => {
  test('for a login name has made two rounds of calls, and no hash', async () => {
    vi.mocked(argon2Sync).mockClear()
    const { outcome, rounds } = await admitInRounds()
    const { pair, source, user, name, mark } = keysOf()
    expect(rounds).toEqual([
      [`BatchGetItem ${name}, ${mark}`, `UpdateItem ADD ${pair}`],
      [`BatchGetItem user#${ada.id} profile`, `UpdateItem ADD ${user}`, `UpdateItem ADD ${source}`],
    ])
    const [id = ''] = (await attempts()).pair ?? []
    expect(id).toMatch(/^[\w-]{11}$/)
    expect(outcome).toEqual({
      status: 'fulfilled',
      value: {
        user: ada,
        id,
        source: sourceIp,
        counters: [
          { key: keyOf(pair), maxAttempts: 3, endsAt: at('15:15:00') },
          { key: keyOf(source), maxAttempts: 5, endsAt: at('15:30:00') },
          { key: keyOf(user), maxAttempts: 6, endsAt: at('24:00:00') },
        ],
        pairAttempts: [id],
        mark: undefined,
        log: { userId: ada.id, source: '203.0.113.0/24' },
      },
    })
    expect(await attempts()).toEqual({ pair: [id], source: [id], user: [id] })
    expect(argon2Sync).not.toHaveBeenCalled()
  })

  test('for an unknown name makes the same calls, and reads a random profile', async () => {
    const known = await admitInRounds()
    const userIds: string[] = []
    for (const loginName of [`no-${count}`, `no-${count}`]) {
      const { outcome, rounds } = await admitInRounds({ loginName })
      const text = JSON.stringify(rounds)
      const userId = /user#([\w-]{22}) profile/.exec(text)?.[1] ?? ''
      userIds.push(userId)
      const asKnown = text.replaceAll(loginName, ada.username).replaceAll(userId, ada.id)
      expect(JSON.parse(asKnown)).toEqual(known.rounds)
      expect(outcome).toMatchObject({
        status: 'fulfilled',
        value: { user: undefined, log: { source: '203.0.113.0/24' }, mark: undefined },
      })
      expect(Object((outcome as PromiseFulfilledResult<Attempt>).value.log).userId).toBeUndefined()
    }
    expect(new Set([...userIds, ada.id]).size).toBe(3)
  })

  test('for a user id is counted for the user, and knows no source', async () => {
    await mark()
    const { outcome, rounds } = await admitInRounds({ userId: ada.id })
    const { pair, source, user } = keysOf(`user#${ada.id}`)
    expect(rounds).toEqual([
      [`UpdateItem ADD ${pair}`],
      [`BatchGetItem user#${ada.id} profile`, `UpdateItem ADD ${source}`, `UpdateItem ADD ${user}`],
    ])
    const [id] = (await attempts(`user#${ada.id}`)).pair ?? []
    expect(outcome).toMatchObject({
      value: {
        user: ada,
        log: { userId: ada.id, source: '203.0.113.0/24' },
      },
    })
    expect(await attempts(`user#${ada.id}`)).toEqual({ pair: [id], source: [id], user: [id] })
    expect(await attempts()).toEqual({ source: [id] })
  })

  test('from a known source is counted in counters of its own', async () => {
    await mark()
    const { outcome, rounds } = await admitInRounds()
    const { pair, knownSource, userAndKnownSource, name, mark: markKey } = keysOf()
    expect(rounds).toEqual([
      [`BatchGetItem ${name}, ${markKey}`, `UpdateItem ADD ${pair}`],
      [
        `BatchGetItem user#${ada.id} profile`,
        `UpdateItem ADD ${userAndKnownSource}`,
        `UpdateItem ADD ${knownSource}`,
      ],
    ])
    expect(outcome).toMatchObject({
      value: {
        mark: { ...keyOf(markKey), expiresAt: { N: String(markEnd) }, ownerId: { S: ada.id } },
        counters: [
          { key: keyOf(pair), maxAttempts: 3, endsAt: at('15:15:00') },
          { key: keyOf(knownSource), maxAttempts: 4, endsAt: at('16:00:00') },
          { key: keyOf(userAndKnownSource), maxAttempts: 5, endsAt: at('18:00:00') },
        ],
      },
    })
  })

  test('from a source whose mark has ended is counted with strangers', async () => {
    await mark(ada.username, at('15:07:00'))
    expect((await admit()).counters[1]).toMatchObject({ key: keyOf(keysOf().source) })
  })

  test('is counted once in each counter if every write is sent twice', async () => {
    const { id } = await admit(byName, resending)
    expect(await attempts()).toEqual({ pair: [id], source: [id], user: [id] })
  })

  test('is one of as many as the limit, of 50 at once from one address', async () => {
    const outcomes = await fifty(() => Promise.allSettled([admit()]))
    const admitted = outcomes.flat().filter(({ status }) => status === 'fulfilled')
    expect(admitted).toHaveLength(3)
    const counted = await attempts()
    expect([counted.pair, counted.source, counted.user].map((ids) => ids?.length)).toEqual([3, 3, 3])
  })
})

describe('an attempt that is refused', () => {
  test('by the pair ends after one round, and reaches no other counter', async () => {
    for (let index = 0; index < 3; index += 1) await admit()
    const before = await attempts()
    const { outcome, rounds } = await admitInRounds()
    const { pair, name, mark } = keysOf()
    expect(rounds).toEqual([[`BatchGetItem ${name}, ${mark}`, `UpdateItem ADD ${pair}`]])
    expect(outcome).toMatchObject({ reason: rejection(8 * 60, ada.id) })
    expect(await attempts()).toEqual(before)
  })

  test('names the exact seconds until its window ends', async () => {
    for (let index = 0; index < 3; index += 1) await admit()
    for (const [time, seconds] of [
      ['15:00:00.000', 900],
      ['15:07:00.999', 480],
      ['15:14:59.999', 1],
    ] as const) {
      const when = new Date(`2026-11-24T${time}Z`)
      await expect(admit(byName, table, when)).rejects.toMatchObject(rejection(seconds, ada.id))
    }
    expect(await admit(byName, table, new Date('2026-11-24T15:15:00.000Z'))).toMatchObject({ user: ada })
  })

  test('by the source ends after two rounds, and one that gives it back to the user', async () => {
    for (let index = 0; index < 5; index += 1) await admit({ loginName: `other-${count}-${index}` })
    const { outcome, rounds } = await admitInRounds()
    const { user, source } = keysOf()
    expect(rounds.slice(1)).toEqual([
      [`BatchGetItem user#${ada.id} profile`, `UpdateItem ADD ${user}`, `UpdateItem ADD ${source}`],
      [`UpdateItem DELETE ${user}`],
    ])
    expect(outcome).toMatchObject({ reason: rejection(23 * 60, ada.id) })
    // In the pair it stays, so that a source cannot fill the counter of a user while its own is full.
    expect(await attempts()).toEqual({ pair: [expect.any(String)], user: [], source: expect.any(Array) })
    sourceIp = `198.51.100.${count}`
    expect(await admit()).toMatchObject({ user: ada })
  })

  test('by the name is refused from every unknown source, and from no known one', async () => {
    const [home, others] = [sourceIp, [1, 2, 3, 4, 5, 6].map((host) => `2001:db8:${count}:${host}::1`)]
    await mark()
    for (sourceIp of others) await admit()
    sourceIp = `2001:db8:${count}:7::1`
    await expect(admit()).rejects.toMatchObject(
      rejection(8 * 3_600 + 53 * 60, ada.id, `2001:db8:${count}::/48`),
    )
    expect(await admit({ loginName: `other-${count}` })).toMatchObject({ user: undefined })
    sourceIp = home
    expect(await admit()).toMatchObject({ user: ada })
  })

  test.each([
    ['of the source, together for all its names', 4, 53 * 60],
    ['of the name and the source', 5, 2 * 3_600 + 53 * 60],
  ])('from a known source by the counters %s', async (_what, limit, seconds) => {
    const isOfName = limit === 5
    for (let index = 0; index < limit; index += 1) {
      const loginName = isOfName ? ada.username : `other-${count}-${index}`
      await markUnder(loginName)
      // The pair and the counter of the source are emptied in between, the one under test is not.
      const attempt = await admit({ loginName })
      const [pair, source, user] = attempt.counters
      const emptied = isOfName ? [pair, source] : [pair, user]
      await returnAttempt(table, { ...attempt, counters: emptied as unknown as Attempt['counters'] })
    }
    await mark()
    await expect(admit()).rejects.toMatchObject(rejection(seconds, ada.id))
  })

  test('for an unknown name says no user id', async () => {
    const unknown = { loginName: `no-${count}` }
    for (let index = 0; index < 3; index += 1) await admit(unknown)
    const error = await admit(unknown).catch((reason) => reason)
    expect(error).toMatchObject(rejection(480))
    expect(JSON.stringify(error.log)).toBe('{"source":"203.0.113.0/24"}')
  })

  test('comes from any address of one /64, and from no other', async () => {
    for (sourceIp of [':1', 'a:b:c:d', 'ffff::'].map((host) => `2001:db8:${count}:0:${host}`)) await admit()
    sourceIp = `2001:db8:${count}::`
    await expect(admit()).rejects.toMatchObject({ code: 'too_many_attempts' })
    sourceIp = `2001:db8:${count}:1::`
    expect(await admit()).toMatchObject({ user: ada, source: `2001:db8:${count}:1::/64` })
  })
})

test.each(['ADD', ''])('a store that fails at %j makes an attempt unavailable', async (update) => {
  await expect(admit(byName, failing(update))).rejects.toMatchObject({ code: 'unavailable' })
})

describe('after a complete sign-in', () => {
  const complete = (attempt: Attempt, on: ReservingTable = table) =>
    Promise.all([completeAttempt(on, attempt), markKnownSources(atOf(on), ada, attempt.mark)])

  test('the pair is empty, the others keep earlier attempts, the source is known', async () => {
    const earlier = [await admit(), await admit()].map(({ id }) => id)
    const attempt = await admit()
    expect(attempt.pairAttempts.toSorted()).toEqual([...earlier, attempt.id].toSorted())
    const { aws, rounds } = inRounds(table.aws)
    await complete(attempt, { ...table, aws })
    const { pair, source, user, mark } = keysOf()
    expect(rounds()).toEqual([
      [
        `UpdateItem DELETE ${user}`,
        `UpdateItem DELETE ${pair}`,
        `UpdateItem DELETE ${source}`,
        `UpdateItem SET ${mark}`,
      ],
    ])
    const counted = await attempts()
    expect(counted.pair).toEqual([])
    expect(counted.source?.toSorted()).toEqual(earlier.toSorted())
    expect(counted.user?.toSorted()).toEqual(earlier.toSorted())
    expect(await markOf()).toEqual({
      ...keyOf(mark),
      expiresAt: { N: String(markEnd) },
      ownerId: { S: ada.id },
    })
    expect(records).toEqual([])
  })

  test('attempts stay counted that were reserved after it', async () => {
    const attempt = await admit()
    const { id } = await admit()
    await complete(attempt)
    expect(await attempts()).toEqual({ pair: [id], source: [id], user: [id] })
  })

  test('each write may be sent twice', async () => {
    await complete(await admit(byName, resending), resending)
    expect(await attempts()).toEqual({ pair: [], source: [], user: [] })
    expect(records).toEqual([])
  })

  test('a mark of less than a day ago is not written again', async () => {
    await mark()
    const attempt = await admit()
    const { aws, rounds } = inRounds(table.aws)
    await complete(attempt, { ...table, aws })
    expect(rounds().flat()).toEqual([
      `UpdateItem DELETE ${keysOf().pair}`,
      `UpdateItem DELETE ${keysOf().userAndKnownSource}`,
      `UpdateItem DELETE ${keysOf().knownSource}`,
    ])
  })

  test('writes that fail are logged and do not matter', async () => {
    const attempt = await admit()
    await complete(attempt, failing(''))
    const { id } = attempt
    expect(await attempts()).toEqual({ pair: [id], source: [id], user: [id] })
    expect(records).toEqual(Array(4).fill({ event: 'attempt.kept', reason: 'ThrottlingException' }))
  })
})

describe('an attempt that is given back', () => {
  test('is removed from each of its counters, and no other attempt is', async () => {
    const { id } = await admit()
    await returnAttempt(table, await admit())
    expect(await attempts()).toEqual({ pair: [id], source: [id], user: [id] })
    expect(await markOf()).toBeUndefined()
    expect(await findUser(table, ada.id)).toEqual(ada)
  })

  test('stays counted if the store fails, which is logged', async () => {
    const attempt = await admit()
    await returnAttempt(failing('DELETE'), attempt)
    expect(await attempts()).toEqual({ pair: [attempt.id], source: [attempt.id], user: [attempt.id] })
    expect(records).toEqual(Array(3).fill({ event: 'attempt.kept', reason: 'ThrottlingException' }))
  })
})

const markOf = async () => (await getItems(table, [keyOf(keysOf().mark)]))[0]

/** Gives ada another login name, and marks the source of the test as known to it. */
async function markUnder(loginName: string): Promise<void> {
  const Item = { ...nameKey(loginName), userId: { S: ada.id } }
  await table.aws('dynamodb', 'PutItem', { TableName: table.name, Item })
  await mark(loginName)
}

const atOf = (on: ReservingTable, when = now) => ({
  ...testAt(on, when),
  config: { ...limits, SESSION_TTL_SECONDS },
  origin: { sourceIp, userAgent: '' },
})

const admit = (subject = byName, on: ReservingTable = table, when = now) =>
  admitAttempt(atOf(on, when), subject)

/** Admits an attempt, and returns the rounds of calls with what came of it. */
async function admitInRounds(subject = byName) {
  const { aws, rounds } = inRounds(table.aws)
  const [outcome] = await Promise.allSettled([admit(subject, { ...table, aws })])
  return { outcome, rounds: rounds() }
}

const rejection = (retryAfterSeconds: number, userId?: string, source = '203.0.113.0/24') => ({
  code: 'too_many_attempts',
  message: 'too many attempts',
  retryAfterSeconds,
  log: { userId, source },
})

/** A table that throttles some updates. */
const failing = (update: string): ReservingTable => ({
  ...table,
  aws: async (service, operation, input) => {
    const { UpdateExpression = '' } = input as { UpdateExpression?: string }
    if (!UpdateExpression.startsWith(update)) return table.aws(service, operation, input)
    const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
    throw new ServiceError('unavailable', 'dynamodb UpdateItem failed', { cause })
  },
})
