import { createHash } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { testUser } from '../../test/support/users/users.ts'
import { secondOf } from '../time.ts'
import type { User } from '../users/user.ts'
import { readRefreshToken } from './refresh-token.ts'
import {
  isLive,
  isSessionId,
  lifetimesFrom,
  refreshTtlSeconds,
  rotated,
  SESSION_RANDOM_BYTES,
  type Session,
  signInOf,
  startSession,
  summaryOf,
} from './session.ts'

const begin = new Date('2026-11-24T15:40:00.400Z')
const second = secondOf(begin)

const random = Buffer.from(Array.from({ length: SESSION_RANDOM_BYTES }, (_, index) => index))
const ada: User = { ...testUser({ username: 'ada' }), sessionGeneration: 70, generation: 7 }
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const lifetimes = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const start = (from = origin, ttl = lifetimes) =>
  startSession(ada, { amr: 'pwd', inCookie: true, origin: from, lifetimes: ttl }, begin, random)
const base64url = (from: number, to: number) => random.subarray(from, to).toString('base64url')

let cases = 0
afterAll(() => console.log(`States of sessions: ${cases} cases`))

describe('a new session', () => {
  const selector = `${second.toString(16)}${base64url(0, 16)}`
  const secret = base64url(16, 48)

  test('contains its origin, its time and only hashes of its selector and secret', () => {
    expect(start().session).toStrictEqual({
      userId: ada.id,
      id: `${second.toString(16)}${sha256Bytes(selector).toString('base64url', 0, 16)}`,
      secretHash: sha256(secret),
      salt: base64url(48, 80),
      rotatedAtMs: 0,
      sessionGeneration: 70,
      authTime: second,
      lastUsedAt: second,
      expiresAt: second + 604_800,
      shownUsedAt: second,
      shownExpiresAt: second + 604_800,
      sourceIp: '203.0.113.7',
      userAgent: 'curl/8.14.1',
      inCookie: true,
      amr: 'pwd',
    })
  })

  test('has a refresh token of its user, its selector, its sign-in and its secret', () => {
    const { session, refreshToken } = start()
    expect(refreshToken).toBe(`${ada.id}.${selector}.${second.toString(16)}.${secret}`)
    const parts = { userId: ada.id, selector, sessionId: session.id, authTime: second, secret }
    expect(readRefreshToken(refreshToken)).toStrictEqual(parts)
  })

  test('expires after the shorter one of both lifetimes', () => {
    const expiry = (absoluteTtlSeconds: number, idleTtlSeconds: number) =>
      start(origin, { absoluteTtlSeconds, idleTtlSeconds }).session.expiresAt - second
    expect([expiry(60, 600), expiry(600, 60)]).toEqual([60, 60])
  })
})

test('lifetimes are those of the settings', () => {
  const config = { SESSION_TTL_SECONDS: 86_400, SESSION_IDLE_TTL_SECONDS: 7_200 }
  expect(lifetimesFrom(config)).toStrictEqual({ absoluteTtlSeconds: 86_400, idleTtlSeconds: 7_200 })
})

const bytes = 'Ab-_5678901234567890AB'
test.each([
  [`6924c4c0${bytes}`, true],
  [start().session.id, true],
  ['', false],
  [undefined, false],
  [[`6924c4c0${bytes}`], false],
  [`6924c4c0${bytes.slice(1)}`, false],
  [`6924c4c0${bytes}A`, false],
  [`6924c4cg${bytes}`, false],
  [`6924C4C0${bytes}`, false],
  [`06924c4c0${bytes}`, false],
  [`6924c4c0${bytes.slice(1)}=`, false],
  [`6924c4c0${bytes.slice(1)}#`, false],
  [`6924c4c0${bytes}\n`, false],
])('%j is recognised as a session id: %s', (value, expected) => {
  cases += 1
  expect(isSessionId(value)).toBe(expected)
})

describe('a session whose secret is replaced', () => {
  const { session } = start()

  test('stores the time to the millisecond, and nothing else changes', () => {
    const now = later(1_800.123)
    expect(rotated(session, 'next', lifetimes, now)).toStrictEqual({
      ...session,
      secretHash: sha256('next'),
      rotatedAtMs: now.getTime(),
      lastUsedAt: second + 1_800,
      expiresAt: second + 1_800 + 604_800,
      // It is 16:10 now. At the sign-in it was 15:40.
      shownUsedAt: second,
      shownExpiresAt: second + 604_800,
    })
  })

  test('keeps the latest use before the hour, and the expiry that it led to', () => {
    const at = (of: Session, seconds: number) => rotated(of, 'next', lifetimes, later(seconds))
    const shown = ({ shownUsedAt, shownExpiresAt }: Session) => [shownUsedAt, shownExpiresAt]
    const used = (seconds: number) => [second + seconds, second + seconds + 604_800]
    // The session began at 15:40:00.
    const at1559 = at(session, 1_199)
    expect(shown(at1559)).toEqual(used(0))
    const at1600 = at(at1559, 1_200)
    expect(shown(at1600)).toEqual(used(1_199))
    const at1630 = at(at1600, 3_000)
    expect(shown(at1630)).toEqual(used(1_199))
    expect(shown(at(at1630, 4_800))).toEqual(used(3_000))
    // The clock of another function is behind.
    expect(shown(at(at1630, 0))).toEqual(used(1_199))
  })

  test('never expires after its absolute lifetime', () => {
    const days = (count: number) => rotated(session, 'next', lifetimes, later(count * 86_400)).expiresAt
    expect(days(22)).toBe(second + 29 * 86_400)
    expect(days(23)).toBe(second + 30 * 86_400)
    expect(days(29)).toBe(second + 30 * 86_400)
  })

  test('never gets an earlier lastUsedAt, even if a function’s clock is behind', () => {
    const { rotatedAtMs, lastUsedAt, expiresAt } = rotated(session, 'next', lifetimes, later(-3))
    expect({ rotatedAtMs, lastUsedAt, expiresAt }).toEqual({
      rotatedAtMs: later(-3).getTime(),
      lastUsedAt: second,
      expiresAt: second + 604_800,
    })
  })

  test('returns the seconds until it expires', () => {
    expect(refreshTtlSeconds(session, begin)).toBe(604_800)
    expect(refreshTtlSeconds(session, later(604_799))).toBe(1)
  })
})

describe('a session is', () => {
  const { session } = start()
  const { id, authTime } = session
  const own = signInOf(session)
  const [earlier, laterOne] = [-1, 1].map((away) => signInOf({ id, authTime: authTime + away }))
  const rows: [what: string, live: boolean, user: Partial<User> | undefined, seconds: number][] = [
    ['live', true, {}, 0],
    ['live in the last second before it expires', true, {}, 604_799.5],
    ['expired in the second it expires', false, {}, 604_799.6],
    ['expired afterwards, while the store still has it', false, {}, 700_000],
    ['not live if its user is disabled', false, { disabled: true }, 0],
    ['not live if its user is removed', false, undefined, 0],
    ['not live in the next generation', false, { sessionGeneration: 71 }, 0],
    ['not live in the generation before, as of an import', false, { sessionGeneration: 69 }, 0],
    ['live if only tokens were revoked', true, { generation: 8 }, 0],
    ['live if it survives a revocation', true, { sessionGeneration: 71, survivingSession: own }, 0],
    [
      'not live if an earlier sign-in survives',
      false,
      { sessionGeneration: 71, survivingSession: earlier },
      0,
    ],
    ['not live if a later sign-in survives', false, { sessionGeneration: 71, survivingSession: laterOne }, 0],
    ['not live if its id survives alone', false, { sessionGeneration: 71, survivingSession: id }, 0],
    ['not live if another one survives', false, { sessionGeneration: 71, survivingSession: 'other' }, 0],
    ['live if another one survived before it began', true, { survivingSession: 'other' }, 0],
    ['not live if it survived and expires', false, { survivingSession: own }, 604_800],
    ['not live if it survived a disabled user', false, { survivingSession: own, disabled: true }, 0],
  ]
  test.each(rows)('%s', (_what, live, user, seconds) => {
    cases += 1
    expect(isLive(session, user && { ...ada, ...user }, later(seconds))).toBe(live)
  })
})

describe('the summary of a session', () => {
  const at = (time: string) => secondOf(new Date(`2026-11-24T${time}Z`))
  const summary = (changes: Partial<Session>, now: string) =>
    summaryOf({ ...start().session, ...changes }, new Date(`2026-11-24T${now}Z`))

  test('shows the last use and the expiry to the hour, and no secret', () => {
    const used = { lastUsedAt: at('16:40:00'), expiresAt: secondOf(later(608_400)) }
    expect(summary(used, '17:00:00')).toStrictEqual({
      id: start().session.id,
      createdAt: '2026-11-24T15:40:00.000Z',
      lastUsedAt: '2026-11-24T16:00:00.000Z',
      expiresAt: '2026-12-01T16:00:00.000Z',
      sourceIp: '203.0.113.7',
      userAgent: 'curl/8.14.1',
    })
  })

  test.each([
    ['15:40:01', '15:40:00'],
    ['15:59:59', '15:40:00'],
    ['16:00:00', '16:00:00'],
    ['16:00:01', '16:00:00'],
    ['16:59:59', '16:00:00'],
    ['17:00:00', '17:00:00'],
  ])('shows a last use at %s as %s', (used, shown) => {
    cases += 1
    expect(summary({ lastUsedAt: at(used) }, '18:00:00').lastUsedAt).toBe(`2026-11-24T${shown}.000Z`)
  })

  test.each([
    ['17:59:59', '17:00:00'],
    ['18:00:00', '18:00:00'],
  ])('shows an expiry at %s as %s', (expires, shown) => {
    cases += 1
    expect(summary({ expiresAt: at(expires) }, '16:00:00').expiresAt).toBe(`2026-11-24T${shown}.000Z`)
  })

  test('is the same before and after each refresh within an hour', () => {
    let session = rotated(start().session, 'next', lifetimes, later(3_000))
    const shownAt = (seconds: number) => summaryOf(session, later(seconds))
    const before = shownAt(4_800)
    expect(before.lastUsedAt).toBe('2026-11-24T16:00:00.000Z')
    for (const seconds of [4_800, 6_000, 8_399]) {
      session = rotated(session, 'next', lifetimes, later(seconds))
      expect(shownAt(seconds)).toEqual(before)
    }
    expect(shownAt(8_400).lastUsedAt).toBe('2026-11-24T17:00:00.000Z')
  })
})

const later = (seconds: number) => new Date(begin.getTime() + seconds * 1000)

const sha256Bytes = (text: string) => createHash('sha256').update(text).digest()

const sha256 = (text: string) => sha256Bytes(text).toString('base64url')
