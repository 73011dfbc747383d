import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { ISSUER, withKms } from '../../test/support/aws/fake-kms.ts'
import { claimsOf } from '../../test/support/http/forge.ts'
import {
  ada,
  session as before,
  refreshToken as earlierToken,
  itemOf,
  later,
  now,
  policy,
  stored,
  table,
} from '../../test/support/users/session-per-test.ts'
import { testAct, testAt } from '../../test/support/users/users.ts'
import { getItems, type Table, writeIf } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { eventsOfUser } from '../events/store.ts'
import { redeemRefreshToken } from '../sessions/redeem.ts'
import { createdAtOf, nextSecret, parseRefreshToken, readRefreshToken } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { rotated, type Session, summaryOf } from '../sessions/session.ts'
import { endSession, findSessions, replaceSecret, sessionKey } from '../sessions/store.ts'
import { AMR } from '../users/factors.ts'
import { revokeSessions, revokeTokens } from '../users/revocation.ts'
import { changeUser, findUserState } from '../users/store.ts'
import { completeSignIn, type Spend, type VerifiedSignIn } from './complete.ts'

const GRACE_SECONDS = 10
const origin = { sourceIp: '198.51.100.9', userAgent: 'a new browser' }
const details = { amr: AMR.totp, inCookie: true, origin, lifetimes: policy }
const failure = new ServiceError('unavailable', 'the step failed')

interface Way {
  at?: Date
  more?: Partial<VerifiedSignIn>
  on?: Table
  /** Runs after the session has been read, each time. */
  meanwhile?: () => Promise<unknown>
}

/** Signs the test's user in, in the browser of its session. Returns the steps too. */
async function signIn({ at = later(60), more, on = table, meanwhile }: Way = {}) {
  const steps: string[] = []
  const act = testAct(at)
  const presented = parseRefreshToken(earlierToken)
  const signing = { user: ada, graceSeconds: GRACE_SECONDS, act }
  const find = async () => {
    steps.push('find')
    const found = await findReplaced(on, presented, signing)
    await meanwhile?.()
    return found
  }
  const sign = async () => void steps.push('sign')
  const signedIn = await completeSignIn(
    { ...testAt(withKms(on, sign), at), config: ISSUER },
    { ...details, user: ada, presented, ...more },
    find,
  )
  return { ...signedIn, steps }
}

const redeem = (token: string, at: Date) =>
  redeemRefreshToken(testAt(table, at), readRefreshToken(token), GRACE_SECONDS)
const eventsNow = async () =>
  (await eventsOfUser(table, ada.id, { limit: 10 })).events
    .filter(({ type }) => type.startsWith('session'))
    .map(({ type, session, detail }) => [type, session, detail])
const liveIds = async () => (await findSessions(table, ada.id)).sessions.map(({ id }) => id)

/** Rotates the test's session `count` times, from the state in the table. */
async function rotate(at: Date): Promise<void> {
  const session = (await stored(before.id)) as Session
  await replaceSecret(table, session, rotated(session, randomBytes(32).toString('base64url'), policy, at))
}

/** Replaces the secret as an honest refresh does. */
async function refresh(at: Date): Promise<void> {
  const next = nextSecret(before, readRefreshToken(earlierToken).secret)
  await replaceSecret(table, before, rotated(before, next, policy, at))
}

const revoke = async () => {
  const user = await findUserState(table, ada.id)
  if (user === undefined) throw new Error('the user is missing')
  await changeUser(table, user, { changes: revokeSessions(user), changeId: randomUUID() }, testAct(now))
}

let cases = 0
afterAll(() => console.log(`Renewed sessions: ${cases} cases ran`))

describe('a sign-in with the current token of a session of its user', () => {
  test('keeps its id and selector, and replaces everything else', async () => {
    const { session, refreshToken, token, steps } = await signIn()
    expect(steps).toEqual(['find', 'sign'])
    const { id, userId } = before
    const authTime = before.authTime + 60
    expect(claimsOf(token.authToken)).toMatchObject({ sid: id, auth_time: authTime })
    expect(session).toEqual({
      id,
      userId,
      ...origin,
      amr: AMR.totp,
      inCookie: true,
      secretHash: expect.stringMatching(/^[\w-]{43}$/),
      salt: expect.stringMatching(/^[\w-]{43}$/),
      rotatedAtMs: 0,
      sessionGeneration: ada.sessionGeneration,
      authTime,
      lastUsedAt: authTime,
      expiresAt: authTime + policy.idleTtlSeconds,
      shownUsedAt: authTime,
      shownExpiresAt: authTime + policy.idleTtlSeconds,
    })
    expect(session.secretHash).not.toBe(before.secretHash)
    expect(session.salt).not.toBe(before.salt)
    expect(await stored(id)).toEqual(session)
    expect(await liveIds()).toEqual([id])
    const { selector } = readRefreshToken(refreshToken)
    expect(selector).toBe(readRefreshToken(earlierToken).selector)
    expect(createdAtOf(session)).toBe(before.authTime)
    expect(summaryOf(session, later(61))).toMatchObject({
      createdAt: '2026-11-24T15:00:00.000Z',
      lastUsedAt: '2026-11-24T15:01:00.000Z',
      ...origin,
    })
    expect(await eventsNow()).toEqual([['session.renewed', id, AMR.totp]])
  })

  test('makes its tokens of before those of another sign-in', async () => {
    const { session, refreshToken } = await signIn()
    expect(await redeem(refreshToken, later(61))).toMatchObject({ session, state: 'current' })
    await expect(redeem(earlierToken, later(61))).rejects.toMatchObject({ error: 'session_changed' })
    expect(await stored(before.id)).toEqual(session)
  })

  test.each([
    ['in the same second', 0, 1],
    ['one second later', 1, 1],
    ['by a clock that is behind', -30, 1],
    ['an hour later', 3_600, 3_600],
  ])('%s has an auth_time of its own', async (_when, seconds, later_) => {
    const { session } = await signIn({ at: later(seconds) })
    expect(session.authTime).toBe(before.authTime + later_)
    cases += 1
  })

  test('in one transaction demands that no session was revoked since the read', async () => {
    const writes: string[][] = []
    const aws: Table['aws'] = (service, operation, input) => {
      const { TransactItems } = Object(input)
      if (operation === 'TransactWriteItems') writes.push(TransactItems.flatMap(Object.keys))
      return table.aws(service, operation, input)
    }
    await signIn({ on: { ...table, aws } })
    expect(writes).toEqual([['ConditionCheck', 'Update', 'Put']])
  })

  test('is refused with 401 after a revocation, and changes nothing', async () => {
    const refused = signIn({ meanwhile: revoke })
    await expect(refused).rejects.toMatchObject({ code: 'invalid_credentials' })
    expect(await stored(before.id)).toEqual(before)
    expect(await eventsNow()).toEqual([])
  })

  test('is not refused after a change that ends no session', async () => {
    const rename = async () => {
      const user = await findUserState(table, ada.id)
      if (user)
        await changeUser(table, user, { changes: revokeTokens(user), changeId: randomUUID() }, testAct(now))
    }
    expect((await signIn({ meanwhile: rename })).session.id).toBe(before.id)
  })

  test('that changes the user has the numbers after it, and demands nothing of the profile', async () => {
    const changed = { ...ada, ...revokeSessions(ada) }
    const { session } = await signIn({ more: { changed } })
    expect(session).toMatchObject({ id: before.id, sessionGeneration: ada.sessionGeneration + 1 })
    expect(await stored(before.id)).toEqual(session)
  })

  test('is taken once more, if a refresh moves the session meanwhile', async () => {
    let moves = 0
    const meanwhile = async () => {
      moves += 1
      if (moves === 1) await refresh(later(60))
    }
    const { session, steps } = await signIn({ meanwhile })
    expect(steps).toEqual(['find', 'sign', 'find', 'sign'])
    expect(session.id).toBe(before.id)
    expect(await eventsNow()).toEqual([['session.renewed', before.id, AMR.totp]])
  })

  test('is an outage, if the session moves twice', async () => {
    let moves = 0
    const meanwhile = async () => {
      moves += 1
      // Within the grace, the token stays that of before.
      await (moves === 1 ? refresh(later(60)) : rotate(later(61)))
    }
    await expect(signIn({ meanwhile })).rejects.toMatchObject({ code: 'unavailable' })
    expect(await eventsNow()).toEqual([])
  })

  test('begins a new session, if the session ends meanwhile', async () => {
    let isEnded = false
    const meanwhile = async () => {
      if (!isEnded) await endSession(table, before, 'signed-out', testAct(now))
      isEnded = true
    }
    const { session } = await signIn({ meanwhile })
    expect(session.id).not.toBe(before.id)
    expect(await liveIds()).toEqual([session.id])
    expect((await eventsNow()).map(([type]) => type)).toEqual(['session.created', 'session.ended'])
  })

  test('begins a new session and ends this one, if another sign-in renews it meanwhile', async () => {
    let isRenewed = false
    const meanwhile = async () => {
      if (isRenewed) return
      isRenewed = true
      await signIn()
    }
    const { session } = await signIn({ meanwhile })
    expect(session.id).not.toBe(before.id)
    expect(await liveIds()).toEqual([session.id])
    expect((await eventsNow()).map(([type]) => type).toSorted()).toEqual([
      'session.created',
      'session.ended',
      'session.renewed',
    ])
  })

  test.each([
    ['before it is made', false],
    ['after it was made', true],
  ])('whose write fails %s leaves the session, without a tombstone', async (_when, isMade) => {
    const aws: Table['aws'] = async (service, operation, input) => {
      const isWrite = operation === 'TransactWriteItems'
      if (!isWrite || isMade) {
        const output = await table.aws(service, operation, input)
        if (!isWrite) return output
      }
      throw failure
    }
    await expect(signIn({ on: { ...table, aws } })).rejects.toBe(failure)
    expect(await itemOf()).not.toHaveProperty('endedAt')
    if (isMade)
      await expect(redeem(earlierToken, later(61))).rejects.toMatchObject({ error: 'session_changed' })
    else expect(await redeem(earlierToken, later(61))).toMatchObject({ session: before, state: 'current' })
    cases += 1
  })

  test('may send its write twice', async () => {
    const aws: Table['aws'] = async (service, operation, input) => {
      if (operation !== 'TransactWriteItems') return table.aws(service, operation, input)
      await table.aws(service, operation, input)
      // After ten minutes, DynamoDB makes it again.
      return table.aws(service, operation, { ...Object(input), ClientRequestToken: randomUUID() })
    }
    const { session } = await signIn({ on: { ...table, aws } })
    expect(await stored(before.id)).toEqual(session)
    expect(await eventsNow()).toEqual([['session.renewed', before.id, AMR.totp]])
  })

  test('whose spend another request made fails with its refusal, and renews nothing', async () => {
    const key = { ...sessionKey({ userId: ada.id, id: 'spend' }) }
    await writeIf(table, 'PutItem', { Item: key })
    const spend: Spend = {
      write: { Put: { Item: key, ConditionExpression: 'attribute_not_exists(pk)' } },
      refusal: () => new ServiceError('invalid_fields', 'it is spent'),
    }
    await expect(signIn({ more: { spends: () => [spend] } })).rejects.toMatchObject({
      message: 'it is spent',
    })
    expect(await stored(before.id)).toEqual(before)
    expect(await getItems(table, [key])).toHaveLength(1)
  })
})
