import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { useTable } from '../../../test/support/aws/table.ts'
import { addTestUser, storeSession, testAt } from '../../../test/support/users/users.ts'
import { type ProblemCode, ServiceError } from '../../errors.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../sessions/session.ts'
import type { Amr, FactorPolicy } from '../../users/factors.ts'
import { type CookieRules, redeemCookie, unlessInvalid } from './cookie.ts'

const { table } = await useTable()
const now = new Date()

const config: CookieRules = {
  REFRESH_GRACE_SECONDS: 10,
  REQUIRE_SECOND_FACTOR: 'none',
  SESSION_TTL_SECONDS: 3_600,
  SESSION_IDLE_TTL_SECONDS: 3_600,
}

/** Begins a session in a cookie, which would last for a day. */
async function begin(amr: Amr) {
  const user = await addTestUser(table, { username: `u${randomBytes(8).toString('hex')}` })
  const lifetimes = { absoluteTtlSeconds: 86_400, idleTtlSeconds: 86_400 }
  const start = { amr, inCookie: true, origin: testAt(table).origin, lifetimes }
  const { session, refreshToken } = startSession(user, start, now, randomBytes(SESSION_RANDOM_BYTES))
  await storeSession(table, session)
  return { session, refreshToken }
}

const redeem = (refreshToken: string, changes: Partial<CookieRules> = {}, seconds = 0) =>
  redeemCookie(
    { ...testAt(table, new Date(now.getTime() + seconds * 1_000)), config: { ...config, ...changes } },
    refreshToken,
    false,
  )

test.each<[Amr, FactorPolicy, boolean]>([
  ['pwd', 'none', true],
  ['pwd', 'administrators', true],
  ['pwd', 'all', false],
  ['pwd otp mfa', 'all', true],
])('a session with %s, where %s need a second factor, is one: %s', async (amr, policy, isSession) => {
  const { session, refreshToken } = await begin(amr)
  const found = await redeem(refreshToken, { REQUIRE_SECOND_FACTOR: policy })
  expect(found?.session).toEqual(isSession ? session : undefined)
})

test('a session is one until it is older than sessions may become now', async () => {
  const { session, refreshToken } = await begin('pwd')
  expect((await redeem(refreshToken, {}, 3_599))?.session).toEqual(session)
  expect(await redeem(refreshToken, {}, 3_600)).toBeUndefined()
})

test('a device is asked for the token of a cookie', async () => {
  const { session, refreshToken } = await begin('pwd')
  const asked: unknown[] = []
  const device = {
    names: [],
    valuesOf: () => ({}),
    summaryOf: () => ({}),
    require: ({ id }: { id: string }, inCookie: boolean) => void asked.push([id, inCookie]),
  }
  await redeemCookie({ ...testAt(table, now), config, device }, refreshToken, false)
  expect(asked).toEqual([[session.id, true]])
})

describe('an error of a refresh token', () => {
  test.each<[code: ProblemCode, isLeft: [boolean, boolean]]>([
    ['invalid_refresh_token', [false, false]],
    ['conflict', [true, false]],
    ['invalid_token', [true, false]],
    ['unavailable', [true, true]],
  ])('%s is left at the first and at the repeated request: %j', async (code, expected) => {
    const error = new ServiceError(code, 'a reason')
    const redeem = () => Promise.reject(error)
    const outcomes = [unlessInvalid(redeem), unlessInvalid(redeem, true)]
    const left = outcomes.map((outcome) => outcome.catch((thrown: unknown) => thrown === error))
    expect(await Promise.all(left)).toEqual(expected.map((isLeft) => isLeft || undefined))
  })

  test('of another kind is left, also with such a code', async () => {
    const error = Object.assign(new Error('a reason'), { code: 'invalid_refresh_token' })
    await expect(unlessInvalid(() => Promise.reject(error), true)).rejects.toBe(error)
  })
})
