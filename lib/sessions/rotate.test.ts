import { describe, expect, test } from 'vitest'
import { outrunTable, resendingTable, watchedTable } from '../../test/support/aws/table.ts'
import {
  ada,
  later,
  now,
  policy,
  records,
  refreshToken,
  secret,
  session,
  stored,
  table,
} from '../../test/support/users/session-per-test.ts'
import { testAct, testAt } from '../../test/support/users/users.ts'
import type { Table } from '../aws/dynamodb.ts'
import type { Redeemed } from './redeem.ts'
import { nextSecret, readRefreshToken } from './refresh-token.ts'
import { rotateSecret } from './rotate.ts'
import { rotated } from './session.ts'
import { endSession, replaceSecret } from './store.ts'

describe('rotating a secret', () => {
  test('that is current replaces it by the next one', async () => {
    expect(await rotate(table, 'current', later(60))).toStrictEqual({
      session: replacement(later(60)),
      secret: next(),
    })
    expect(await stored()).toStrictEqual(replacement(later(60)))
  })

  test('that is fresh returns it again, without any call, and is logged', async () => {
    const { watched, calls } = watchedTable(table)
    expect(await rotate(watched, 'fresh')).toStrictEqual({ session, secret })
    expect(calls).toEqual([])
    expect(records).toEqual(logged('session.repeated'))
  })

  test('that is repeated returns the next one, without any call', async () => {
    const { watched, calls } = watchedTable(table)
    expect(await rotate(watched, 'repeated')).toStrictEqual({ session, secret: next() })
    expect(calls).toEqual([])
  })

  test('whose write is sent again succeeds at once', async () => {
    const { watched, calls } = watchedTable(resendingTable(table))
    const expected = { session: replacement(), secret: next() }
    expect(await rotate(watched, 'current')).toStrictEqual(expected)
    expect(calls.map(({ operation }) => operation)).toEqual(['UpdateItem'])
    expect(records).toEqual([])
  })

  test('that a concurrent request replaced returns the same next one', async () => {
    const raced = outrunTable(table, 'UpdateItem', () => replaceSecret(table, session, replacement()))
    const expected = { session: replacement(), secret: next() }
    expect(await rotate(raced, 'current', later(9.999))).toStrictEqual(expected)
    expect(await stored()).toEqual(replacement())
    expect(records).toEqual(logged('session.repeated'))
  })

  test('that a concurrent request replaced ends the session without a grace', async () => {
    const raced = outrunTable(table, 'UpdateItem', () => replaceSecret(table, session, replacement()))
    await expect(rotate(raced, 'current', later(0.001), 0)).rejects.toMatchObject({
      code: 'invalid_refresh_token',
      message: 'the token was replaced earlier',
    })
    expect(await stored()).toBeUndefined()
    expect(records).toEqual(logged('session.reuse'))
  })

  test('of a session that has just ended is rejected, and does not revive it', async () => {
    const raced = outrunTable(table, 'UpdateItem', () => endSession(table, session, 'ended', testAct(now)))
    await expect(rotate(raced, 'current')).rejects.toMatchObject({
      code: 'invalid_refresh_token',
      message: 'no such session',
    })
    expect(await stored()).toBeUndefined()
  })
})

const rotate = (on: Table, state: Redeemed['state'], at = now, graceSeconds = 10) => {
  const presented = { ...readRefreshToken(refreshToken), secret }
  const redeemed = { session, state }
  return rotateSecret(testAt(on, at), { presented, redeemed, lifetimes: policy, graceSeconds })
}

const next = () => nextSecret(session, secret)

const replacement = (at = now) => rotated(session, next(), policy, at)

const logged = (event: string) => [{ event, userId: ada.id, sessionId: session.id }]
