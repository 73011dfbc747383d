import { describe, expect, test } from 'vitest'
import { outrunTable } from '../../test/support/aws/table.ts'
import { ada, aws, later, now, session, start, table } from '../../test/support/users/session-per-test.ts'
import { storeSession, testAct } from '../../test/support/users/users.ts'
import type { Table } from '../aws/dynamodb.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser, findUserState } from '../users/store.ts'
import { liveSessions } from './list.ts'
import { type Session, summaryOf } from './session.ts'
import { endSession } from './store.ts'

describe('the list of live sessions', () => {
  test('shows the newest first, as users see them', async () => {
    const newer = await startMany(2)
    expect(await liveSessions({ table, now }, ada.id)).toStrictEqual({
      sessions: [...newer, session].map((one) => summaryOf(one, now)),
      next: undefined,
    })
  })

  test('continues after a session, also after one that is not there', async () => {
    const [newest, middle] = await startMany(2)
    const older = async (id = '') => idsOf((await liveSessions({ table, now }, ada.id, id)).sessions)
    expect(await older(newest?.id)).toEqual(idsOf([middle ?? session, session]))
    expect(await older(session.id)).toEqual([])
    expect(await older(`00000000${'A'.repeat(22)}`)).toEqual([])
  })

  test('omits sessions that have ended, expired or were revoked', async () => {
    const [newest] = await startMany(1)
    await endSession(table, session, 'ended', testAct(now))
    expect(idsOf((await liveSessions({ table, now }, ada.id)).sessions)).toEqual([newest?.id])
    expect(idsOf((await liveSessions({ table, now: later(604_800) }, ada.id)).sessions)).toEqual([newest?.id])
    expect(await liveSessions({ table, now: later(604_801) }, ada.id)).toEqual({
      sessions: [],
      next: undefined,
    })
    await changeUser(table, ada, { changes: revokeSessions(ada), changeId: 'request' }, testAct())
    expect(await liveSessions({ table, now }, ada.id)).toEqual({ sessions: [], next: undefined })
  })

  test('is empty for an unknown user', async () => {
    expect(await liveSessions({ table, now }, 'A'.repeat(22))).toEqual({ sessions: [], next: undefined })
  })

  test('has pages of at most 100 sessions', async () => {
    const all = [...(await startMany(100)), session]
    const first = await liveSessions({ table, now }, ada.id)
    expect([idsOf(first.sessions), first.next]).toEqual([idsOf(all.slice(0, 100)), all[99]?.id])
    const second = await liveSessions({ table, now }, ada.id, first.next)
    expect([idsOf(second.sessions), second.next]).toEqual([[session.id], undefined])

    await endSession(table, session, 'ended', testAct(now))
    const only = await liveSessions({ table, now }, ada.id)
    expect([idsOf(only.sessions), only.next]).toEqual([idsOf(all.slice(0, 100)), undefined])
  })

  test('continues where the store ended its page, even if no session of it is live', async () => {
    const [newest, ...older] = await startMany(4)
    for (const one of older.slice(0, 2)) await endSession(table, one, 'ended', testAct(now))
    const paging: Table = {
      name: table.name,
      aws: (service, operation, input) =>
        aws(service, operation, operation === 'Query' ? { ...input, Limit: 2 } : input),
    }
    const pages: string[][] = []
    let next: string | undefined
    do {
      const page = await liveSessions({ table: paging, now }, ada.id, next)
      pages.push(idsOf(page.sessions))
      next = page.next
    } while (next !== undefined)
    expect(pages).toEqual([[newest?.id], [older[2]?.id], [session.id]])
  })

  test('fails if either the user or the sessions cannot be read', async () => {
    for (const operation of ['BatchGetItem', 'Query']) {
      const failing = outrunTable(table, operation, () => Promise.reject(new Error(operation)))
      await expect(liveSessions({ table: failing, now }, ada.id)).rejects.toThrow(operation)
    }
  })
})

/** Stores sessions that began a second after one another, and returns them newest first. */
async function startMany(count: number): Promise<Session[]> {
  const user = (await findUserState(table, ada.id)) ?? ada
  const sessions = Array.from(
    { length: count },
    (_, index) => start(user, undefined, later(index + 1)).session,
  )
  await Promise.all(sessions.map((one) => storeSession(table, one)))
  return sessions.reverse()
}

const idsOf = (sessions: { id: string }[]) => sessions.map(({ id }) => id)
