import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { fifty } from '../../test/support/fifty.ts'
import { startTable } from '../../test/support/table.ts'
import type { AwsCall } from '../aws/client.ts'
import type { Table } from '../aws/dynamodb.ts'
import { secondOf } from '../time.ts'
import { addUser } from '../users/store.ts'
import { newUser } from '../users/user.ts'
import { type Counter, countersFor } from './limits.ts'
import { clearFailures, countFailure, findUserAndCounters } from './store.ts'

const { table, stop } = await startTable()
const { aws } = table
afterAll(stop)

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const end = secondOf(now) + 900
const limits = {
  userAndSource: { failures: 5, windowSeconds: 900 },
  source: { failures: 50, windowSeconds: 900 },
  user: { failures: 100, windowSeconds: 86_400 },
}

// Each test has its own user.
let count = 0
let counters: Counter[]
let pair: Counter
beforeEach(() => {
  count += 1
  counters = countersFor(`ada-${count}`, '203.0.113.7', limits)
  pair = counters[0] as Counter
})

const counted = async (counter = pair) => {
  const [found] = (await findUserAndCounters(table, `ada-${count}`, [counter])).counters
  return { failures: found?.failures, expiresAt: found?.expiresAt }
}
test('user and all counters are read in one consistent call', async () => {
  const user = newUser(`ada-${count}`, 'user', 'hash', now)
  await addUser(table, user)
  await countFailure(table, pair, now)
  const calls: unknown[] = []
  const watched: AwsCall = (service, operation, input) => {
    calls.push({ operation, input })
    return aws(service, operation, input)
  }
  const found = await findUserAndCounters({ aws: watched, name: table.name }, user.username, counters)
  const [, ...others] = counters
  expect(found).toEqual({ user, counters: [{ ...pair, failures: 1, expiresAt: end }, ...others] })
  const Keys = [{ pk: { S: `user#ada-${count}` }, sk: { S: 'profile' } }, ...counters.map(({ key }) => key)]
  expect(calls).toEqual([
    { operation: 'BatchGetItem', input: { RequestItems: { [table.name]: { Keys, ConsistentRead: true } } } },
  ])
})

test('failures are counted for an unknown name', async () => {
  await countFailure(table, pair, now)
  const { user, counters: found } = await findUserAndCounters(table, `ada-${count}`, [pair])
  expect(user).toBeUndefined()
  expect(found).toEqual([{ ...pair, failures: 1, expiresAt: end }])
})

describe('a counter', () => {
  test('counts every failure, and only the first sets the end of the window', async () => {
    expect(await counted()).toEqual({ failures: 0, expiresAt: 0 })
    await countFailure(table, pair, now)
    await countFailure(table, pair, later(1))
    await countFailure(table, pair, later(899))
    expect(await counted()).toEqual({ failures: 3, expiresAt: end })
  })

  test('starts a new window in the second the last one ends', async () => {
    await countFailure(table, pair, now)
    await countFailure(table, pair, now)
    await countFailure(table, pair, later(900))
    expect(await counted()).toEqual({ failures: 1, expiresAt: end + 900 })
  })

  test('counts all of 50 concurrent failures', async () => {
    await fifty(() => countFailure(table, pair, now))
    expect(await counted()).toEqual({ failures: 50, expiresAt: end })
  })

  test('counts all of 50 concurrent failures in a new window, and none of the last', async () => {
    await countFailure(table, pair, now)
    await countFailure(table, pair, now)
    await fifty(() => countFailure(table, pair, later(5_000)))
    expect(await counted()).toEqual({ failures: 50, expiresAt: end + 5_000 })
  })

  test('counts on if a concurrent request starts the window first', async () => {
    await countFailure(table, pair, now)
    let isOutrun = false
    const outrun: Table = {
      name: table.name,
      aws: async (service, operation, input) => {
        const { UpdateExpression } = input as { UpdateExpression?: string }
        if (UpdateExpression?.startsWith('SET')) {
          isOutrun = true
          await countFailure(table, pair, later(900))
        }
        return aws(service, operation, input)
      },
    }
    await countFailure(outrun, pair, later(900))
    expect(isOutrun).toBe(true)
    expect(await counted()).toEqual({ failures: 2, expiresAt: end + 900 })
  })

  test('throws if it cannot count a failure', async () => {
    let calls = 0
    const never: AwsCall = async (service, operation, input) => {
      calls += 1
      const condition = 'expiresAt < :now AND expiresAt > :now'
      return aws(service, operation, { ...input, ConditionExpression: condition })
    }
    await expect(countFailure({ aws: never, name: table.name }, pair, now)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'a failure could not be counted',
    })
    expect(calls).toBe(10)
  })

  test('differs by user, by source and by kind', async () => {
    await countFailure(table, pair, now)
    const [other] = countersFor(`ada-${count}`, '203.0.113.8', limits)
    expect(await counted(other)).toEqual({ failures: 0, expiresAt: 0 })
    expect(await counted(counters[2])).toEqual({ failures: 0, expiresAt: 0 })
  })

  test('is deleted when cleared, and can be cleared again', async () => {
    await countFailure(table, pair, now)
    await clearFailures(table, pair)
    await clearFailures(table, pair)
    expect(await counted()).toEqual({ failures: 0, expiresAt: 0 })
    await countFailure(table, pair, later(10))
    expect(await counted()).toEqual({ failures: 1, expiresAt: end + 10 })
  })

  test.each([
    ['failures', { expiresAt: { N: '7' } }],
    ['failures', { failures: { S: '1' }, expiresAt: { N: '7' } }],
    ['expiresAt', { failures: { N: '1' } }],
  ])('without %s is an error, not an empty counter', async (name, rest) => {
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item: { ...pair.key, ...rest } })
    await expect(counted()).rejects.toMatchObject({
      code: 'unavailable',
      message: `the store holds an item without ${name}`,
    })
  })
})

test('a store that is down is not an empty counter', async () => {
  const nowhere = { aws, name: 'missing' }
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  await expect(findUserAndCounters(nowhere, 'ada', counters)).rejects.toMatchObject(missing)
  await expect(countFailure(nowhere, pair, now)).rejects.toMatchObject(missing)
  await expect(clearFailures(nowhere, pair)).rejects.toMatchObject(missing)
})
