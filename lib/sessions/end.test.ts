import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startTable } from '../../test/support/table.ts'
import type { AwsCall } from '../aws/client.ts'
import { secondOf } from '../time.ts'
import { revokeTokens } from '../users/revocation.ts'
import { addUser, changeUser, findUser } from '../users/store.ts'
import { newUser, type User } from '../users/user.ts'
import { endAllSessions, logOut } from './end.ts'
import { nextSecret, refreshTokenOf } from './refresh-token.ts'
import { isLive, rotated, SESSION_RANDOM_BYTES, type Session, startSession } from './session.ts'
import { findSession, putSession, replaceSecret } from './store.ts'

const { table, client, stop } = await startTable()
const { aws } = table
afterAll(stop)

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const policy = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }

// Each test has its own user with two sessions.
let count = 0
let ada: User
let mine: { session: Session; secret: string }
let other: { session: Session; secret: string }
beforeEach(async () => {
  count += 1
  ada = newUser(`ada-${count}`, 'user', 'hash', later(-60))
  await addUser(table, ada)
  ;[mine, other] = [await open(), await open()]
  vi.spyOn(console, 'warn').mockReturnValue()
  vi.useFakeTimers({ toFake: ['Date'], now })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function open() {
  const begun = startSession(ada, origin, policy, now, randomBytes(SESSION_RANDOM_BYTES))
  await putSession(table, begun.session)
  return begun
}
const live = async ({ session: { id } }: typeof mine) => {
  const { session, user } = await findSession(table, ada.username, id)
  return session !== undefined && isLive(session, user, now)
}
const tokenOf = ({ session, secret }: typeof mine) => refreshTokenOf(session, secret)
const end = (token: string, everywhere = false, on = table) => logOut(on, token, now, { everywhere })
const stored = () => findUser(table, ada.username)

describe('ending the session of a refresh token', () => {
  test('ends only that session and does not change the user', async () => {
    await end(tokenOf(mine))
    expect([await live(mine), await live(other)]).toEqual([false, true])
    expect(await stored()).toEqual(ada)
    await end(tokenOf(mine))
  })

  test('accepts a token that was just replaced', async () => {
    const after = rotated(mine.session, nextSecret(mine.session, mine.secret), policy, now)
    await replaceSecret(table, mine.session, after)
    await end(tokenOf(mine))
    expect(await live(mine)).toBe(false)
  })

  test('succeeds with an invalid token, and ends nothing', async () => {
    const foreign = randomBytes(32).toString('base64url')
    const tokens = [
      '',
      'garbage',
      refreshTokenOf(mine.session, foreign),
      refreshTokenOf({ ...mine.session, id: 'A'.repeat(22) }, mine.secret),
      refreshTokenOf({ ...mine.session, username: 'nobody' }, mine.secret),
      refreshTokenOf(other.session, mine.secret),
    ]
    for (const token of tokens) {
      expect(await end(token)).toBeUndefined()
      expect(await end(token, true)).toBeUndefined()
    }
    expect([await live(mine), await live(other)]).toEqual([true, true])
    expect(await stored()).toEqual(ada)
  })

  test('ends only its own session if the token was replaced earlier, also everywhere', async () => {
    const after = rotated(mine.session, nextSecret(mine.session, mine.secret), policy, later(-60))
    await replaceSecret(table, mine.session, after)
    await end(tokenOf(mine), true)
    expect([await live(mine), await live(other)]).toEqual([false, true])
    expect(await stored()).toEqual(ada)
  })

  test.each([
    [false, 'BatchGetItem'],
    [false, 'DeleteItem'],
    [true, 'BatchGetItem'],
    [true, 'UpdateItem'],
    [true, 'DeleteItem'],
  ])('throws if the store fails (everywhere %s, at %s)', async (everywhere, failing) => {
    const faulty: AwsCall = (service, operation, input) =>
      (operation === failing ? client.within(Date.now() - 1) : aws)(service, operation, input)
    const call = end(tokenOf(mine), everywhere, { aws: faulty, name: table.name })
    await expect(call).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('ending all sessions', () => {
  const mark = secondOf(now) + 1

  test('by a refresh token revokes sessions and access tokens in one write', async () => {
    const writes: string[] = []
    const watched: AwsCall = (service, operation, input) => {
      if (operation.startsWith('Update') || operation.startsWith('Put')) writes.push(operation)
      return aws(service, operation, input)
    }
    await end(tokenOf(mine), true, { aws: watched, name: table.name })
    expect([await live(mine), await live(other)]).toEqual([false, false])
    expect(await stored()).toEqual({ ...ada, validAfter: mark, sessionsValidAfter: mark })
    expect(writes).toEqual(['UpdateItem'])
  })

  test('also ends the session that survived an earlier revocation', async () => {
    await changeUser(table, ada, { survivingSession: mine.session.id })
    expect(await endAllSessions(table, ada.username, now)).toBe(true)
    expect(await live(mine)).toBe(false)
    expect(await stored()).toStrictEqual({
      ...ada,
      validAfter: mark,
      sessionsValidAfter: mark,
      survivingSession: undefined,
    })
  })

  test('returns whether there is such a user', async () => {
    expect(await endAllSessions(table, 'nobody', now)).toBe(false)
  })

  test('a second time also ends sessions that started in between', async () => {
    await endAllSessions(table, ada.username, now)
    ada = (await stored()) ?? ada
    const between = await open()
    expect(await live(between)).toBe(true)
    await endAllSessions(table, ada.username, now)
    expect(await live(between)).toBe(false)
    expect(await stored()).toMatchObject({ validAfter: mark + 1, sessionsValidAfter: mark + 1 })
  })

  test('is retried after a concurrent change', async () => {
    const outrun = outrunTimes(4)
    expect(await endAllSessions(outrun.table, ada.username, now)).toBe(true)
    expect(outrun.tries()).toBe(5)
    expect([await live(mine), await live(other)]).toEqual([false, false])
    expect(await stored()).toMatchObject({ validAfter: mark + 4, sessionsValidAfter: mark + 4 })
  })

  test('throws after five concurrent changes', async () => {
    const outrun = outrunTimes(5)
    await expect(endAllSessions(outrun.table, ada.username, now)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the user kept changing',
    })
    expect(outrun.tries()).toBe(5)
    expect([await live(mine), await live(other)]).toEqual([true, true])
  })

  test('50 times at once succeeds each time', async () => {
    const ended = await Promise.allSettled(
      Array.from({ length: 50 }, () => endAllSessions(table, ada.username, now)),
    )
    expect(ended.filter((one) => one.status === 'rejected')).toEqual([])
    expect([await live(mine), await live(other)]).toEqual([false, false])
  })
})

/** A store in which a concurrent request revokes the user's tokens right before each of the first writes. */
function outrunTimes(times: number) {
  let tries = 0
  const call: AwsCall = async (service, operation, input) => {
    if (operation === 'UpdateItem') {
      tries += 1
      const user = tries <= times ? await stored() : undefined
      if (user) await changeUser(table, user, revokeTokens(user, now))
    }
    return aws(service, operation, input)
  }
  return { table: { aws: call, name: table.name }, tries: () => tries }
}
