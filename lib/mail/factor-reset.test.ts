import { describe, expect, test } from 'vitest'
import { useTable } from '../../test/support/aws/table.ts'
import { testAct } from '../../test/support/users/users.ts'
import { transact } from '../aws/dynamodb.ts'
import { eventsOfUser } from '../events/store.ts'
import {
  announcement,
  cancellableSeconds,
  cancellation,
  endingOfFactorReset,
  findFactorReset,
  isElapsed,
  storeFactorReset,
} from './factor-reset.ts'

const { table } = await useTable()

const now = new Date('2026-11-26T09:00:00.400Z')
const announcedAt = now.getTime() / 1_000 - 0.4
const DAY = 86_400
const USER = 'AbCdEfGhIjKlMnOpQrStUw'
let users = 0

describe('a reset takes effect', () => {
  const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000)

  test.each([
    ['the second before its delay', DAY - 1, false],
    ['the second of its delay', DAY, true],
    ['the last second of the week after its delay', 8 * DAY - 1, true],
    ['a week after its delay', 8 * DAY, false],
    ['the second before it was announced, by another clock', -1, false],
  ])('at %s: %i s: %s', (_what, seconds, expected) => {
    expect(isElapsed({ mailId: 'r', announcedAt, delaySeconds: DAY }, later(seconds))).toBe(expected)
  })

  test('never, if its mail was not sent', () => {
    for (const seconds of [0, DAY, 365 * DAY]) expect(isElapsed({ mailId: 'r' }, later(seconds))).toBe(false)
  })

  test('as long as its link can cancel it', () => {
    expect(cancellableSeconds(DAY)).toBe(8 * DAY)
  })
})

describe('a request for a reset', () => {
  test('has no time until its mail was sent', async () => {
    const id = newUserId()
    expect(await findFactorReset(table, id)).toBeUndefined()
    await storeFactorReset(table, id, 'first', testAct())
    expect(await findFactorReset(table, id)).toEqual({ mailId: 'first' })
    expect(await transact(table, [announcement(id, 'first', DAY, now)])).toBeUndefined()
    expect(await findFactorReset(table, id)).toEqual({ mailId: 'first', announcedAt, delaySeconds: DAY })
  })

  test('is an event of its user', async () => {
    const id = newUserId()
    await storeFactorReset(table, id, 'first', testAct())
    expect((await eventsOfUser(table, id, { limit: 10 })).events).toMatchObject([
      { type: 'user.updated', changes: ['factor-reset'], detail: 'requested' },
    ])
  })

  test('is announced once', async () => {
    const id = newUserId()
    await storeFactorReset(table, id, 'first', testAct())
    await transact(table, [announcement(id, 'first', DAY, now)])
    expect(await transact(table, [announcement(id, 'first', DAY, new Date())])).toEqual([true])
    expect(await findFactorReset(table, id)).toEqual({ mailId: 'first', announcedAt, delaySeconds: DAY })
  })

  test('replaces an announced one', async () => {
    const id = newUserId()
    await storeFactorReset(table, id, 'first', testAct())
    await transact(table, [announcement(id, 'first', DAY, now)])
    await storeFactorReset(table, id, 'second', testAct())
    expect(await findFactorReset(table, id)).toEqual({ mailId: 'second' })
    // The mail of the first one arrives late.
    expect(await transact(table, [announcement(id, 'first', DAY, now)])).toEqual([true])
  })

  test('that was cancelled is not announced', async () => {
    const id = newUserId()
    expect(await transact(table, [announcement(id, 'first', DAY, now)])).toEqual([true])
    expect(await findFactorReset(table, id)).toBeUndefined()
  })

  test.each([
    ['as read', { mailId: 'first', announcedAt }, undefined],
    ['another one', { mailId: 'second', announcedAt }, [true]],
    ['announced meanwhile', { mailId: 'first' }, [true]],
    ['announced at another second', { mailId: 'first', announcedAt: announcedAt + 1 }, [true]],
  ])('ends if it is %s', async (_what, read, outcome) => {
    const id = newUserId()
    await storeFactorReset(table, id, 'first', testAct())
    await transact(table, [announcement(id, 'first', DAY, now)])
    expect(await transact(table, [endingOfFactorReset(id, read)])).toEqual(outcome)
  })

  test('that was not announced ends as such', async () => {
    const id = newUserId()
    await storeFactorReset(table, id, 'first', testAct())
    expect(await transact(table, [endingOfFactorReset(id, { mailId: 'first' })])).toBeUndefined()
    expect(await findFactorReset(table, id)).toBeUndefined()
  })

  test('is cancelled by its user, before and after its mail, and once', async () => {
    const id = newUserId()
    expect(await transact(table, [cancellation(id)])).toEqual([true])
    for (const isAnnounced of [false, true]) {
      await storeFactorReset(table, id, 'first', testAct())
      if (isAnnounced) await transact(table, [announcement(id, 'first', DAY, now)])
      expect(await transact(table, [cancellation(id)])).toBeUndefined()
      expect(await findFactorReset(table, id)).toBeUndefined()
      expect(await transact(table, [cancellation(id)])).toEqual([true])
    }
  })

  test('of another user stays', async () => {
    const [id, other] = [newUserId(), newUserId()]
    await storeFactorReset(table, id, 'first', testAct())
    await storeFactorReset(table, other, 'second', testAct())
    await transact(table, [cancellation(id)])
    expect(await findFactorReset(table, other)).toEqual({ mailId: 'second' })
  })
})

test.each([
  ['announced, but without a delay', { announcedAt: 0 }],
  ['not announced, but with a delay', { delaySeconds: 0 }],
])('a reset that is %s takes no effect', (_what, times) => {
  expect(isElapsed({ mailId: 'r', ...times }, now)).toBe(false)
})

const newUserId = () => {
  users += 1
  return `${USER.slice(0, 18)}${String(users).padStart(4, '0')}`
}
