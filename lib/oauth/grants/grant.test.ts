import { describe, expect, test } from 'vitest'
import { testUser } from '../../../test/support/users/users.ts'
import { readRefreshToken } from '../../sessions/refresh-token.ts'
import { SESSION_RANDOM_BYTES, signInOf, startSession } from '../../sessions/session.ts'
import { secondOf } from '../../time.ts'
import { type Code, timesOf } from '../codes/code.ts'
import {
  GRANT_RANDOM_BYTES,
  type Grant,
  isExpired,
  isOffline,
  isUseDue,
  shownUseOf,
  startGrant,
  used,
} from './grant.ts'
import { hasLiveSources, type Sources } from './live.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const second = secondOf(now)
const DAY = 86_400

const user = { ...testUser({ username: 'ada' }), sessionGeneration: 5 }
const code: Code = {
  clientId: 'shop',
  clientGeneration: 7,
  redirectUri: 'https://shop.example/cb',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  scope: 'openid',
  userId: user.id,
  sessionGeneration: 5,
  appGeneration: 9,
  sessionId: 'session',
  authTime: second - 60,
  amr: 'pwd',
  ...timesOf(now),
}
const random = Buffer.from(Array.from({ length: GRANT_RANDOM_BYTES }, (_, index) => index))

describe('a grant', () => {
  test('has what the code saw, and a refresh token of the form of a session', () => {
    const { grant, refreshToken } = start({ resource: 'https://orders.example', nonce: 'n' })
    const { userId, sessionId } = readRefreshToken(refreshToken)
    expect([userId, sessionId]).toEqual([grant.userId, grant.id])
    expect(refreshToken).not.toContain(grant.secretHash)
    expect(Buffer.from(grant.salt, 'base64url')).toEqual(random.subarray(-32))
    expect(grant).toMatchObject({
      userId: user.id,
      clientId: 'shop',
      clientGeneration: 7,
      appGeneration: 9,
      sessionGeneration: 5,
      scope: 'openid',
      resource: 'https://orders.example',
      sessionId: 'session',
      offline: false,
      authTime: second - 60,
      amr: 'pwd',
      createdAt: second,
      lastUsedAt: second + 10,
      expiresAt: second + 1_000,
    })
    expect(grant).not.toHaveProperty('nonce')
    expect(grant).not.toHaveProperty('challenge')
  })

  test.each([
    ['offline_access', {}, second + 10 + 30 * DAY],
    ['offline_access', { grantIdleTtlSeconds: 100 }, second + 110],
    ['openid offline_access', { grantTtlSeconds: 50 }, second + 50],
    ['openid not_offline_access', {}, second + 1_000],
  ])('with %s and %j ends on time', (scope, lifetimes, expiresAt) => {
    const { grant } = start({ scope }, lifetimes)
    expect(grant.expiresAt).toBe(expiresAt)
    expect(grant.offline).toBe(isOffline({ scope }))
  })

  const useAfter = (scope: string, seconds: number, lifetimes = {}, sessionEndsAt = second + 1_000) => {
    const { grant } = start({ scope }, lifetimes)
    const ends = { lifetimes, sessionEndsAt }
    const after = used(grant, ends, later(seconds))
    return [isUseDue(grant, ends, later(seconds)), after.lastUsedAt - second, after.expiresAt - second]
  }
  test('is written at most once a day', () => {
    expect(useAfter('offline_access', 9 + DAY)).toEqual([false, 9 + DAY, 9 + 31 * DAY])
    expect(useAfter('offline_access', 10 + DAY)).toEqual([true, 10 + DAY, 10 + 31 * DAY])
    expect(useAfter('openid', 20)).toEqual([false, 20, 1_000])
    expect(useAfter('openid', 10 + DAY)).toEqual([true, 10 + DAY, 1_000])
  })

  test('is written in half of the time after which an unused one ends', () => {
    const lifetimes = { grantIdleTtlSeconds: 3_600 }
    expect(useAfter('offline_access', 9 + 1_800, lifetimes)[0]).toBe(false)
    expect(useAfter('offline_access', 10 + 1_800, lifetimes)).toEqual([true, 1_810, 1_810 + 3_600])
  })

  test('without offline_access is written when its session was renewed, and ends with it', () => {
    expect(useAfter('openid', 20, {}, second + 2_000)).toEqual([true, 20, 2_000])
    const { grant } = start({ scope: 'openid' })
    const renewed = { sessionEndsAt: second + 2_000 }
    expect([999, 1_000, 1_999, 2_000].map((seconds) => isExpired(grant, renewed, later(seconds)))).toEqual([
      false,
      false,
      false,
      true,
    ])
  })

  test('with offline_access lasts at most a year', () => {
    expect(useAfter('offline_access', 350 * DAY)).toEqual([true, 350 * DAY, 365 * DAY])
  })
})

test('a use is shown to the hour, and only after its hour is over', () => {
  const HOUR = 3_600
  const shown = (grant: Grant, seconds: number) => shownUseOf(grant, later(seconds)) - second
  const ends = { lifetimes: {}, sessionEndsAt: second + 2_000 }
  // 15:00:10, of an approval at 15:00:00.
  const { grant } = start()
  expect(shown(grant, 20)).toBe(0)
  const second1 = used(grant, ends, later(2 * HOUR + 70))
  expect([shown(second1, 2 * HOUR + 80), shown(second1, 3 * HOUR - 1)]).toEqual([0, 0])
  expect(shown(second1, 3 * HOUR)).toBe(2 * HOUR)
  // Another use in the same hour hides nothing of the one before that hour.
  const third = used(second1, ends, later(2 * HOUR + 90))
  expect(shown(third, 2 * HOUR + 100)).toBe(0)
  const fourth = used(third, ends, later(5 * HOUR))
  expect([shown(fourth, 5 * HOUR), shown(fourth, 6 * HOUR)]).toEqual([2 * HOUR, 5 * HOUR])
})

describe('hasLiveSources', () => {
  const lifetimes = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
  const origin = { sourceIp: '203.0.113.7', userAgent: 'test' }
  const { session } = startSession(
    user,
    { amr: 'pwd', inCookie: true, origin, lifetimes },
    now,
    Buffer.alloc(SESSION_RANDOM_BYTES),
  )
  const sources: Sources = {
    client: { disabled: false, generation: 7 },
    app: { generation: 9 },
    user,
    session,
    hasEndedGrants: false,
  }
  const bound: Pick<Grant, 'clientGeneration' | 'appGeneration' | 'sessionGeneration'> = code

  test.each<[string, string, Partial<Sources>]>([
    ['nothing changed', 'both', {}],
    ['the client is disabled', 'none', { client: { disabled: true, generation: 7 } }],
    ['the client has another generation', 'none', { client: { disabled: false, generation: 8 } }],
    ['the app is missing', 'none', { app: undefined }],
    ['the app was revoked', 'none', { app: { generation: 10 } }],
    ['the user is removed', 'none', { user: undefined }],
    ['the user is disabled', 'none', { user: { ...user, disabled: true } }],
    ['all sessions of the user ended', 'none', { user: { ...user, sessionGeneration: 6 } }],
    [
      'the password changed in this session',
      'none',
      { user: { ...user, sessionGeneration: 6, survivingSession: signInOf(session) } },
    ],
    ['the session ended', 'offline', { session: undefined }],
    ['a replaced token ended the session', 'none', { session: undefined, hasEndedGrants: true }],
    ['the session has expired', 'offline', { session: { ...session, expiresAt: second } }],
  ])('%s: valid for %s', (_what, expected, changes) => {
    const live = [true, false].map((offline) =>
      hasLiveSources(bound, { ...sources, ...changes }, offline, now),
    )
    expect(live).toEqual({ both: [true, true], none: [false, false], offline: [true, false] }[expected])
  })
})

const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

const start = (changes: Partial<Code> = {}, lifetimes = {}) =>
  startGrant({ ...code, ...changes }, { lifetimes, sessionEndsAt: second + 1_000 }, later(10), random)
