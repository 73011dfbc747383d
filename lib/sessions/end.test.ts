import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fifty } from '../../test/support/at-once.ts'
import { outrunTable, resendingTable, watchedTable } from '../../test/support/aws/table.ts'
import { ada, aws, later, now, session, start, table } from '../../test/support/users/session-per-test.ts'
import { storeSession, testAct } from '../../test/support/users/users.ts'
import { revokeSessions, revokeTokens } from '../users/revocation.ts'
import { changeUser, findUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { endAllSessions } from './end.ts'
import { isLive, type Session, signInOf } from './session.ts'
import { endSession, findSession } from './store.ts'

describe('ending all sessions', () => {
  test('moves both generations in one write, and does not touch the sessions', async () => {
    const other = await another()
    const { watched, calls } = watchedTable(table)
    expect(await endAllSessions(watched, session, 'mine', testAct(now))).toBeUndefined()
    expect(await stored()).toEqual(moved(1, 'mine'))
    expect([await live(session), await live(other)]).toEqual([false, false])
    expect(calls.map(({ operation }) => operation)).toEqual(['BatchGetItem', 'TransactWriteItems'])
  })

  test('also ends the session that survived an earlier revocation', async () => {
    await changeUser(
      table,
      ada,
      { changes: revokeSessions(ada, signInOf(session)), changeId: 'other' },
      testAct(),
    )
    expect(await live(session)).toBe(true)
    await endAllSessions(table, session, 'mine', testAct(now))
    expect(await live(session)).toBe(false)
    expect(await stored()).toEqual(moved(2, 'mine'))
  })

  test('does not end a session that begins afterwards', async () => {
    await endAllSessions(table, session, 'mine', testAct(now))
    expect(await live(await another())).toBe(true)
  })

  test('ends a session whose sign-in read the user before', async () => {
    const { session: late } = start(ada)
    await endAllSessions(table, session, 'mine', testAct(now))
    await storeSession(table, late)
    expect(await live(late)).toBe(false)
  })

  test.each([
    ['has ended', () => endSession(table, session, 'ended', testAct(now)), now],
    ['has expired', async () => undefined, later(604_800)],
    [
      'was revoked',
      () => changeUser(table, ada, { changes: revokeSessions(ada), changeId: 'other' }, testAct()),
      now,
    ],
    [
      'belongs to a disabled user',
      () =>
        changeUser(
          table,
          ada,
          { changes: { disabled: true, ...revokeTokens(ada) }, changeId: 'other' },
          testAct(),
        ),
      now,
    ],
  ])('changes nothing if its own session %s', async (_what, act, at) => {
    await act()
    const before = await stored()
    await endAllSessions(table, session, 'mine', testAct(at))
    expect(await stored()).toEqual(before)
  })

  test.each([
    ['user', { userId: 'A'.repeat(22) }],
    ['session', { id: `6924c4c0${'A'.repeat(22)}` }],
  ])('changes nothing if there is no such %s', async (_what, unknown) => {
    await endAllSessions(table, { ...session, ...unknown }, 'mine', testAct(now))
    expect(await stored()).toEqual(ada)
  })

  test('sent twice, as after a lost response, moves the generations once', async () => {
    await endAllSessions(resendingTable(table), session, 'mine', testAct(now))
    expect(await stored()).toEqual(moved(1, 'mine'))
  })

  test('tries again after a concurrent change, at most five times', async () => {
    const tokensRevokedTimes = (times: number) => {
      let left = times
      return outrunTable(table, 'TransactWriteItems', async () => {
        left -= 1
        const user = await stored()
        if (left >= 0)
          await changeUser(table, user, { changes: revokeTokens(user), changeId: randomUUID() }, testAct())
      })
    }
    await expect(endAllSessions(tokensRevokedTimes(5), session, 'mine', testAct(now))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the user kept changing',
    })
    expect(await live(session)).toBe(true)
    await endAllSessions(tokensRevokedTimes(4), session, 'mine', testAct(now))
    expect(await live(session)).toBe(false)
    expect(await stored()).toMatchObject({ generation: ada.generation + 10, changeId: 'mine' })
  })

  test('stops when its own session ends during a concurrent change', async () => {
    const raced = outrunTable(table, 'TransactWriteItems', async () => {
      await endSession(table, session, 'ended', testAct(now))
      await changeUser(table, ada, { changes: revokeTokens(ada), changeId: 'other' }, testAct())
    })
    await endAllSessions(raced, session, 'mine', testAct(now))
    const { generation, ...rest } = ada
    expect(await stored()).toEqual({ ...rest, generation: generation + 1, changeId: 'other' })
  })

  test('50 times at once succeeds each time, and moves the generations once', async () => {
    await fifty(() => endAllSessions(table, session, randomUUID(), testAct(now)))
    expect(await stored()).toMatchObject({
      generation: ada.generation + 1,
      sessionGeneration: ada.sessionGeneration + 1,
    })
  })

  test('throws if the store is down', async () => {
    const call = endAllSessions({ aws, name: 'missing' }, session, 'mine', testAct(now))
    await expect(call).rejects.toMatchObject({ code: 'unavailable' })
  })
})

const stored = async () => (await findUser(table, ada.id)) as User

const live = async (of: Session) => {
  const found = await findSession(table, ada.id, of.id)
  return found.session !== undefined && isLive(found.session, found.user, now)
}

const another = async () => {
  const other = start(await stored()).session
  await storeSession(table, other)
  return other
}

/** The user after a number of revocations. */
const moved = (times: number, changeId: string): User => ({
  ...ada,
  generation: ada.generation + times,
  sessionGeneration: ada.sessionGeneration + times,
  survivingSession: undefined,
  changeId,
})
