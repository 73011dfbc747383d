import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  ada,
  aws,
  later,
  now,
  policy,
  records,
  refreshToken,
  remove,
  secret,
  session,
  setSession,
  stored,
  table,
  userState,
} from '../../test/support/users/session-per-test.ts'
import { testAct, testAt } from '../../test/support/users/users.ts'
import type { Role } from '../application/roles.ts'
import { ServiceError } from '../errors.ts'
import { AMR, type Amr, type FactorPolicy } from '../users/factors.ts'
import { revokeSessions, revokeTokens } from '../users/revocation.ts'
import { changeUser, findUserState } from '../users/store.ts'
import { findPresented, redeemAnyToken, redeemRefreshToken, requireFactors, requireYoung } from './redeem.ts'
import { nextSecret, type PresentedToken, readRefreshToken } from './refresh-token.ts'
import { rotated, signInOf } from './session.ts'
import { replaceSecret } from './store.ts'

const GRACE_SECONDS = 10
const ANOTHER = `6924c4c0${'A'.repeat(22)}`

describe('a refresh token', () => {
  const present = (what: string, at = now, sessionId = session.id, userId = ada.id) =>
    redeemRefreshToken(testAt(table, at), presented(what, { sessionId, userId }), GRACE_SECONDS)
  const refused = (message: string) => ({ code: 'invalid_refresh_token', message })
  const missing = refused('no such session')
  const replace = async (at: Date) => {
    const next = nextSecret(session, secret)
    const after = rotated(session, next, policy, at)
    expect(await replaceSecret(table, session, after)).toBe(true)
    setSession(after, next)
  }
  const logged = (event: string) => [{ event, userId: ada.id, sessionId: session.id }]

  test('that is current returns its session and its user', async () => {
    expect(await present(secret)).toStrictEqual({ session, user: userState(), state: 'current' })
    expect(records).toEqual([])
  })

  test('that replaced another moments ago is fresh, and nothing is logged', async () => {
    await replace(now)
    expect(await present(secret, later(9.999))).toStrictEqual({ session, user: userState(), state: 'fresh' })
    expect(await present(secret, later(10))).toMatchObject({ state: 'current' })
    expect(records).toEqual([])
  })

  test('that was replaced moments ago is repeated, which is logged', async () => {
    const before = secret
    await replace(now)
    expect(await present(before, later(9.999))).toStrictEqual({
      session,
      user: userState(),
      state: 'repeated',
    })
    expect(await stored()).toEqual(session)
    expect(records).toEqual(logged('session.repeated'))
  })

  test('that was replaced ten seconds ago ends its session, and the log omits it', async () => {
    const before = secret
    await replace(now)
    const reused = refused('the token was replaced earlier')
    await expect(present(before, later(10))).rejects.toMatchObject(reused)
    expect(await stored()).toBeUndefined()
    expect(records).toEqual(logged('session.reuse'))
    for (const one of [before, secret]) await expect(present(one, later(10))).rejects.toMatchObject(missing)
    expect(records).toHaveLength(1)
  })

  test.each([0, 1])('that was replaced %i rotations before the last one ends its session', async (of) => {
    const secrets = [secret]
    for (let seconds = 1; seconds <= 3; seconds += 1) {
      await replace(later(seconds))
      secrets.push(secret)
    }
    const reused = refused('the token was replaced earlier')
    await expect(present(secrets[of] ?? '', later(3))).rejects.toMatchObject(reused)
    expect(await stored()).toBeUndefined()
    expect(records).toEqual(logged('session.reuse'))
  })

  test('of an unknown session or another user is rejected', async () => {
    await expect(present(secret, now, ANOTHER)).rejects.toMatchObject(missing)
    await expect(present(secret, now, session.id, 'A'.repeat(22))).rejects.toMatchObject(missing)
  })

  test('of an expired session that the store still has is rejected', async () => {
    expect(await present(secret, later(604_799))).toMatchObject({ state: 'current' })
    await expect(present(secret, later(604_800))).rejects.toMatchObject(missing)
    expect(await stored()).toEqual(session)
  })

  test('of a user who is disabled, has revoked all sessions or is removed is rejected', async () => {
    const changes = [
      { disabled: true, ...revokeTokens(ada) },
      { disabled: false, ...revokeSessions({ ...ada, generation: ada.generation + 1 }) },
    ]
    for (const change of changes) {
      const user = (await findUserState(table, ada.id)) ?? ada
      expect(await changeUser(table, user, { changes: change, changeId: randomUUID() }, testAct())).toBe(true)
      await expect(present(secret)).rejects.toMatchObject(missing)
    }
    await remove('profile')
    await expect(present(secret)).rejects.toMatchObject(missing)
    expect(records).toEqual([])
  })

  test('of the session that survived a revocation is accepted', async () => {
    await changeUser(
      table,
      ada,
      { changes: revokeSessions(ada, signInOf(session)), changeId: randomUUID() },
      testAct(),
    )
    expect(await present(secret)).toMatchObject({ session, state: 'current' })
  })
})

test('a store that is down does not make a token invalid', async () => {
  const nowhere = { aws, name: 'missing' }
  await expect(
    redeemRefreshToken(testAt(nowhere, now), presented(secret), GRACE_SECONDS),
  ).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'ResourceNotFoundException' },
  })
})

test('a store that fails to end a reused session is an outage, and the reuse is logged', async () => {
  const failing: typeof aws = async (service, operation, input) => {
    if (operation === 'TransactWriteItems') throw new ServiceError('unavailable', 'down')
    return aws(service, operation, input)
  }
  const redeem = redeemRefreshToken(
    testAt({ aws: failing, name: table.name }, now),
    presented('made up'),
    GRACE_SECONDS,
  )
  await expect(redeem).rejects.toMatchObject({ code: 'unavailable' })
  expect(records).toEqual([{ event: 'session.reuse', userId: ada.id, sessionId: session.id }])
  expect(await stored()).toEqual(session)
})

describe('a refresh token of another sign-in of its session', () => {
  const other = (more: Partial<PresentedToken> = {}) =>
    presented(secret, { authTime: session.authTime - 1, ...more })

  test.each([
    ['its current secret', {}],
    ['a made up secret', { secret: 'made up' }],
    ['a later sign-in', { authTime: 0xffffffff }],
  ])('is a conflict with %s, at any time, and ends nothing', async (_what, more) => {
    for (const at of [now, later(86_400)]) {
      await expect(redeemRefreshToken(testAt(table, at), other(more), GRACE_SECONDS)).rejects.toMatchObject({
        code: 'conflict',
        error: 'session_changed',
        detail: 'Another sign-in has renewed the session. Repeat the request once with the latest token.',
      })
    }
    expect(records).toEqual([])
    expect(await stored()).toEqual(session)
  })

  test('is found with its session, for a sign-out', async () => {
    const { state, ...found } = await redeemAnyToken(testAt(table, now), other(), GRACE_SECONDS)
    expect(state).toBe('changed')
    expect(found).toEqual({ session, user: userState() })
  })

  test('is like every other one, if the session is not live', async () => {
    const redeem = redeemRefreshToken(testAt(table, later(604_800)), other(), GRACE_SECONDS)
    await expect(redeem).rejects.toMatchObject({ code: 'invalid_refresh_token', message: 'no such session' })
  })
})

test('a token is looked up without any change, also a reused one', async () => {
  const find = (secret: string) => findPresented({ table, now: later(60) }, presented(secret), GRACE_SECONDS)
  expect(await find(secret)).toEqual({ session, user: userState(), state: 'current' })
  expect((await find('made up')).state).toBe('reused')
  expect(records).toEqual([])
  expect(await stored()).toEqual(session)
})

describe('a session that began with a password', () => {
  const require = (amr: Amr, role: Role, policy: FactorPolicy) => () =>
    requireFactors({ session: { ...session, amr }, user: { ...userState(), role } }, policy)

  test.each<[Role, FactorPolicy]>([
    ['user', 'none'],
    ['user', 'administrators'],
    ['admin', 'none'],
  ])('is enough for a role %s under the policy %s', (role, policy) => {
    expect(require(AMR.password, role, policy)).not.toThrow()
  })

  test.each<[Role, FactorPolicy]>([
    ['user', 'all'],
    ['admin', 'administrators'],
    ['admin', 'all'],
  ])('is not enough for a role %s under the policy %s, but two factors are', (role, policy) => {
    expect(require(AMR.password, role, policy)).toThrow(
      expect.objectContaining({
        code: 'invalid_refresh_token',
        message: 'the policy demands a second factor',
      }),
    )
    const { password, federated, mail, ...ofTwoFactors } = AMR
    for (const amr of [password, federated, mail]) expect(require(amr, role, policy)).toThrow()
    for (const amr of Object.values(ofTwoFactors)) expect(require(amr, role, policy)).not.toThrow()
  })
})

test('a session ends at the refresh after sessions may last for less time than it has', () => {
  const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
  const refresh = (seconds: number) => () => requireYoung({ session }, lifetimes, later(seconds))
  expect(refresh(3_599)).not.toThrow()
  const message = 'the session is older than sessions may become'
  expect(refresh(3_600)).toThrow(expect.objectContaining({ code: 'invalid_refresh_token', message }))
})

/** Returns a token of the test's session, as it is presented. */
const presented = (secret: string, more: Partial<PresentedToken> = {}): PresentedToken => ({
  ...readRefreshToken(refreshToken),
  secret,
  ...more,
})
