import { describe, expect, test } from 'vitest'
import { fifty } from '../../test/support/at-once.ts'
import { outrunTable, resendingTable, watchedTable } from '../../test/support/aws/table.ts'
import {
  ada,
  aws,
  itemOf,
  later,
  now,
  policy,
  refreshToken,
  remove,
  secret,
  session,
  start,
  stored,
  table,
  userState,
} from '../../test/support/users/session-per-test.ts'
import { addTestUser, storeSession, testAct } from '../../test/support/users/users.ts'
import type { Table } from '../aws/dynamodb.ts'
import { secondOf } from '../time.ts'
import { nextSecret } from './refresh-token.ts'
import { rotated, type Session } from './session.ts'
import { abandonSession, endSession, findSession, findSessions, replaceSecret } from './store.ts'

const UNKNOWN = 'A'.repeat(22)
const ANOTHER = `6924c4c0${'A'.repeat(22)}`

describe('a session', () => {
  test('is found with its user, without reading a password hash', async () => {
    const { watched, calls } = watchedTable(table)
    expect(await findSession(watched, ada.id, session.id)).toStrictEqual({
      session,
      isEnded: false,
      user: userState(),
    })
    expect(calls.map(({ operation }) => operation)).toEqual(['BatchGetItem'])
    expect(calls[0]?.input).toMatchObject({ RequestItems: { [table.name]: { ConsistentRead: true } } })
    expect(JSON.stringify(calls)).not.toContain('passwordHash')
  })

  test('is found with all its values', async () => {
    const after = rotated(session, nextSecret(session, secret), policy, later(60))
    expect(await replaceSecret(table, session, after)).toBe(true)
    expect(await stored()).toStrictEqual(after)
  })

  test('without a user agent is stored too', async () => {
    const silent = start(ada, { sourceIp: '', userAgent: '' }).session
    await storeSession(table, silent)
    expect(await stored(silent.id)).toEqual(silent)
  })

  test('is not found under another user or another id', async () => {
    const missing = { session: undefined, isEnded: false, user: undefined }
    expect(await findSession(table, UNKNOWN, session.id)).toEqual(missing)
    expect(await findSession(table, ada.id, ANOTHER)).toEqual({ ...missing, user: userState() })
  })

  test('of a removed user is found without one', async () => {
    await remove('profile')
    expect(await findSession(table, ada.id, session.id)).toEqual({
      session,
      isEnded: false,
      user: undefined,
    })
  })

  test('is stored without its secret and its selector', async () => {
    const [, selector = ''] = refreshToken.split('.')
    const text = JSON.stringify(await itemOf())
    for (const absent of [secret, nextSecret(session, secret), selector.slice(8)]) {
      expect(text).not.toContain(absent)
    }
    // DynamoDB deletes the item by this attribute.
    expect(await itemOf()).toMatchObject({ expiresAt: { N: String(session.expiresAt) } })
  })

  test.each([
    ['secretHash', { secretHash: undefined }],
    ['salt', { salt: { N: '7' } }],
    ['rotatedAtMs', { rotatedAtMs: { S: '0' } }],
    ['sessionGeneration', { sessionGeneration: undefined }],
    ['authTime', { authTime: undefined }],
    ['lastUsedAt', { lastUsedAt: { NULL: true } }],
    ['expiresAt', { expiresAt: { S: 'tomorrow' } }],
    ['shownUsedAt', { shownUsedAt: undefined }],
    ['shownExpiresAt', { shownExpiresAt: { NULL: true } }],
    ['sourceIp', { sourceIp: undefined }],
    ['userAgent', { userAgent: { N: '7' } }],
    ['amr', { amr: undefined }],
  ])('without a valid %s is an error, not a missing session', async (name, changes) => {
    const all = { ...(await itemOf()), sk: { S: `session#${ANOTHER}` }, ...changes }
    const Item = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    await aws('dynamodb', 'PutItem', { TableName: table.name, Item })
    const broken = { code: 'unavailable', message: `the store holds an item without ${name}` }
    await expect(stored(ANOTHER)).rejects.toMatchObject(broken)
    await expect(findSessions(table, ada.id)).rejects.toMatchObject(broken)
  })
})

describe('storing a session', () => {
  test('twice, as after a lost response, stores it once', async () => {
    const { session: other } = start(ada)
    await storeSession(resendingTable(table), other)
    expect(await stored(other.id)).toEqual(other)
    expect((await findSessions(table, ada.id)).sessions).toHaveLength(2)
  })

  test('again after a refresh does not bring the old secret back', async () => {
    const after = rotated(session, nextSecret(session, secret), policy, now)
    await replaceSecret(table, session, after)
    await storeSession(table, session)
    expect(await stored()).toStrictEqual(after)
  })

  test('again after its end does not revive it', async () => {
    await endSession(table, session, 'ended', testAct(now))
    await storeSession(table, session)
    expect(await itemOf()).toMatchObject({ endedAt: { N: String(secondOf(now)) } })
    expect(await stored()).toBeUndefined()
  })

  test('late, after it was abandoned, does not start it', async () => {
    const { session: other } = start(ada)
    await abandonSession(table, other, now)
    await storeSession(table, other)
    expect(await itemOf(other)).toEqual({
      ...tombstoneOf(other),
      grantsEndedAt: { N: String(secondOf(now)) },
    })
  })
})

describe('ending a session', () => {
  test('leaves a tombstone without secrets until the session would have expired', async () => {
    await endSession(table, session, 'ended', testAct(later(60)))
    const { secretHash: _, salt: __, ...rest } = (await itemOf({ ...session })) ?? {}
    expect(await itemOf()).toEqual(rest)
    expect(rest).toMatchObject(tombstoneOf(session, later(60)))
    expect(await findSession(table, ada.id, session.id)).toEqual({
      session: undefined,
      isEnded: true,
      user: userState(),
    })
    expect(await findSessions(table, ada.id)).toEqual({ sessions: [], withoutGrants: [], next: undefined })
  })

  test('of which a replaced token was used leaves a tombstone for a year, which ends its grants', async () => {
    await endSession(table, session, 'reused', testAct(now))
    const end = String(secondOf(now) + 31_536_000)
    expect(await itemOf()).toMatchObject({ ...tombstoneOf(session), expiresAt: { N: end } })
    for (const gone of ['secretHash', 'salt', 'sourceIp', 'userAgent'])
      expect(await itemOf()).not.toHaveProperty(gone)
    expect((await findSessions(table, ada.id)).withoutGrants).toEqual([session.id])
  })

  test('again succeeds and changes nothing', async () => {
    await endSession(table, session, 'ended', testAct(now))
    const before = await itemOf()
    await endSession(table, session, 'ended', testAct(later(60)))
    expect(await itemOf()).toEqual(before)
  })

  test('that is not there succeeds and stores nothing', async () => {
    await endSession(table, { userId: ada.id, id: ANOTHER }, 'ended', testAct(now))
    expect(await itemOf({ ...session, id: ANOTHER })).toBeUndefined()
  })
})

describe('abandoning a session', () => {
  test('leaves a tombstone, whether or not the session was stored', async () => {
    const { session: other } = start(ada)
    for (const abandoned of [session, other]) {
      await abandonSession(table, abandoned, later(1))
      expect(await itemOf(abandoned)).toMatchObject(tombstoneOf(abandoned, later(1)))
      expect(await itemOf(abandoned)).not.toHaveProperty('secretHash')
      expect(await itemOf(abandoned)).not.toHaveProperty('salt')
    }
    expect(await itemOf(other)).toMatchObject({ grantsEndedAt: { N: String(secondOf(later(1))) } })
    expect(await findSessions(table, ada.id)).toEqual({
      sessions: [],
      withoutGrants: [other.id, session.id].sort().reverse(),
      next: undefined,
    })
  })
})

describe('the sessions of a user', () => {
  const startAt = async (seconds: number) => {
    const other = start(ada, undefined, later(seconds)).session
    await storeSession(table, other)
    return other
  }

  test('are found newest first, without those of other users', async () => {
    const [middle, newest, oldest] = [await startAt(1), await startAt(2), await startAt(-1)]
    const grace = await addTestUser(table, { username: `${ada.username}-grace` })
    await storeSession(table, start(grace).session)
    expect(await findSessions(table, ada.id)).toEqual({
      sessions: [newest, middle, session, oldest],
      withoutGrants: [],
      next: undefined,
    })
  })

  test('are found before a session, also before one that is not there', async () => {
    const [middle, newest] = [await startAt(1), await startAt(2)]
    const older = async (id: string) => (await findSessions(table, ada.id, id)).sessions
    expect(await older(newest.id)).toEqual([middle, session])
    expect(await older(session.id)).toEqual([])
    expect(await older(`ffffffff${'_'.repeat(22)}`)).toEqual([newest, middle, session])
    await remove(`session#${middle.id}`)
    expect(await older(middle.id)).toEqual([session])
  })

  test('are found without those that have ended', async () => {
    const newest = await startAt(1)
    await endSession(table, newest, 'ended', testAct(now))
    expect((await findSessions(table, ada.id)).sessions).toEqual([session])
  })

  test('are an empty list for an unknown user', async () => {
    expect(await findSessions(table, UNKNOWN)).toEqual({ sessions: [], withoutGrants: [], next: undefined })
  })

  test('are an empty list if the store returns no items', async () => {
    const silent: Table = { name: table.name, aws: async () => ({}) }
    expect(await findSessions(silent, ada.id)).toEqual({ sessions: [], withoutGrants: [], next: undefined })
  })

  test('are found by one consistent query of at most 1,000 items, and of nothing else', async () => {
    const { watched, calls } = watchedTable(table)
    await findSessions(watched, ada.id)
    const attributes = ['pk', 'sk', 'secretHash', 'salt', 'rotatedAtMs', 'sessionGeneration'].concat([
      'authTime',
      'lastUsedAt',
      'expiresAt',
      'shownUsedAt',
      'shownExpiresAt',
      'inCookie',
      'sourceIp',
      'userAgent',
      'amr',
    ])
    const Items = [Object.fromEntries(attributes.map((name) => [name, expect.any(Object)]))]
    expect(calls).toEqual([
      {
        operation: 'Query',
        input: expect.objectContaining({ ConsistentRead: true, Limit: 1_000 }),
        response: { Count: 1, ScannedCount: 1, Items },
      },
    ])
    expect(calls[0]?.input).not.toHaveProperty('ExclusiveStartKey')
  })

  test('are found page by page, each exactly once', async () => {
    const all = [session]
    for (let seconds = 1; seconds <= 4; seconds += 1) all.unshift(await startAt(seconds))
    const paging: Table = {
      name: table.name,
      aws: (service, operation, input) => aws(service, operation, { ...input, Limit: 2 }),
    }
    const first = await findSessions(paging, ada.id)
    expect(first).toEqual({ sessions: all.slice(0, 2), withoutGrants: [], next: all[1]?.id })
    const second = await findSessions(paging, ada.id, first.next)
    expect(second).toEqual({ sessions: all.slice(2, 4), withoutGrants: [], next: all[3]?.id })
    expect(await findSessions(paging, ada.id, second.next)).toEqual({
      sessions: [session],
      withoutGrants: [],
      next: undefined,
    })
  })
})

describe('replacing a secret', () => {
  const replacement = (at = now) => rotated(session, nextSecret(session, secret), policy, at)

  test('changes the secret and the times, and nothing else', async () => {
    const before = await itemOf()
    expect(await replaceSecret(table, session, { ...replacement(later(3_600)), userAgent: 'other' })).toBe(
      true,
    )
    const { secretHash, rotatedAtMs, lastUsedAt, expiresAt, shownUsedAt, shownExpiresAt } = replacement(
      later(3_600),
    )
    expect(await itemOf()).toEqual({
      ...before,
      secretHash: { S: secretHash },
      rotatedAtMs: { N: String(rotatedAtMs) },
      lastUsedAt: { N: String(lastUsedAt) },
      expiresAt: { N: String(expiresAt) },
      shownUsedAt: { N: String(shownUsedAt) },
      shownExpiresAt: { N: String(shownExpiresAt) },
    })
  })

  test('again after a lost response succeeds and changes nothing', async () => {
    expect(await replaceSecret(resendingTable(table), session, replacement())).toBe(true)
    expect(await stored()).toEqual(replacement())
  })

  test('at another time with the same result fails, because another request came first', async () => {
    expect(await replaceSecret(table, session, replacement())).toBe(true)
    expect(await replaceSecret(table, session, replacement(later(0.001)))).toBe(false)
    expect(await stored()).toEqual(replacement())
  })

  test('late, after the next one, fails and does not roll it back', async () => {
    const after = replacement()
    const next = rotated(after, nextSecret(after, nextSecret(session, secret)), policy, later(60))
    await replaceSecret(table, session, after)
    await replaceSecret(table, after, next)
    expect(await replaceSecret(table, session, after)).toBe(false)
    expect(await stored()).toEqual(next)
  })

  test('50 times at once succeeds once', async () => {
    let ms = 0
    const replaced = await fifty(() => {
      ms += 1
      return replaceSecret(table, session, replacement(later(ms / 1_000)))
    })
    expect(replaced.filter(Boolean)).toHaveLength(1)
    expect((await stored())?.secretHash).toBe(replacement().secretHash)
  })

  test('of a session that has just ended fails and does not revive it', async () => {
    const ended = outrunTable(table, 'UpdateItem', () => endSession(table, session, 'ended', testAct(now)))
    expect(await replaceSecret(ended, session, replacement())).toBe(false)
    expect(await stored()).toBeUndefined()
  })

  test('of a session that the store has deleted fails and stores nothing', async () => {
    await remove(`session#${session.id}`)
    expect(await replaceSecret(table, session, replacement())).toBe(false)
    expect(await itemOf()).toBeUndefined()
  })
})

test('a store that is down is not a missing session', async () => {
  const nowhere = { aws, name: 'missing' }
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  const calls = [
    () => findSession(nowhere, ada.id, session.id),
    () => findSessions(nowhere, ada.id),
    () => storeSession(nowhere, session),
    () => replaceSecret(nowhere, session, session),
    () => endSession(nowhere, session, 'ended', testAct(now)),
    () => abandonSession(nowhere, session, now),
  ]
  for (const call of calls) await expect(call()).rejects.toMatchObject(missing)
})

/** Returns what remains of an ended session. */
const tombstoneOf = (of: Session, endedAt = now) => ({
  pk: { S: `user#${of.userId}` },
  sk: { S: `session#${of.id}` },
  endedAt: { N: String(secondOf(endedAt)) },
  expiresAt: { N: String(of.expiresAt) },
})
