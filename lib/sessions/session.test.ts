import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { secondOf } from '../time.ts'
import { newUser, type User } from '../users/user.ts'
import { nextSecret } from './refresh-token.ts'
import {
  isLive,
  isSessionId,
  refreshTtlSeconds,
  rotated,
  SESSION_RANDOM_BYTES,
  type Session,
  startSession,
} from './session.ts'

const begin = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(begin.getTime() + seconds * 1000)
const second = secondOf(begin)

const ada = newUser('ada', 'user', 'hash', later(-86_400))
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const policy = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const start = (user: User = ada, from = origin, ttl = policy) =>
  startSession(user, from, ttl, begin, randomBytes(SESSION_RANDOM_BYTES))

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

describe('a new session', () => {
  test('contains its origin, its time and only the hash of its secret', () => {
    const { session, secret } = start()
    expect(session).toStrictEqual({
      username: 'ada',
      id: expect.stringMatching(/^[\w-]{22}$/),
      secretHash: sha256(secret),
      replacedAtMs: '',
      salt: expect.stringMatching(/^[\w-]{43}$/),
      generation: 0,
      createdAt: second,
      lastUsedAt: second,
      expiresAt: second + 604_800,
      sourceIp: '203.0.113.7',
      userAgent: 'curl/8.14.1',
    })
    expect(JSON.stringify(session)).not.toContain(secret)
  })

  test('uses different random bytes for id, secret and salt, 256 bits for the secret', () => {
    const random = Buffer.from(Array.from({ length: SESSION_RANDOM_BYTES }, (_, index) => index))
    const { session, secret } = startSession(ada, origin, policy, begin, random)
    const bytes = [session.id, secret, session.salt].map((text) => Buffer.from(text, 'base64url'))
    expect(bytes.map(({ length }) => length)).toEqual([16, 32, 32])
    expect(Buffer.concat(bytes)).toEqual(random)
  })

  test('expires after the absolute lifetime if that is shorter than the idle one', () => {
    const { session } = start(ada, origin, { absoluteTtlSeconds: 60, idleTtlSeconds: 600 })
    expect(session.expiresAt).toBe(second + 60)
  })

  test('is live if it starts in the second of a revocation', () => {
    const revoked = { ...ada, validAfter: second + 1, sessionsValidAfter: second + 1 }
    const { session } = start(revoked)
    expect(session.createdAt).toBe(second + 1)
    expect(isLive(session, revoked, begin)).toBe(true)
  })

  test('contains 256 characters of the user agent, never half of one', () => {
    expect(start(ada, { ...origin, userAgent: 'x'.repeat(257) }).session.userAgent).toBe('x'.repeat(256))
    const { userAgent } = start(ada, { ...origin, userAgent: `${'x'.repeat(255)}🙂` }).session
    expect(userAgent).toBe(`${'x'.repeat(255)}\uFFFD`)
  })
})

test('session ids are recognised', () => {
  for (let time = 0; time < 100; time += 1) expect(isSessionId(start().session.id)).toBe(true)
  const others = [
    '',
    'A'.repeat(21),
    'A'.repeat(23),
    `${'A'.repeat(21)}=`,
    `${'A'.repeat(22)}\n`,
    `${'A'.repeat(21)}#`,
  ]
  for (const other of others) expect(isSessionId(other)).toBe(false)
})

describe('a session whose secret is replaced', () => {
  const { session, secret } = start()
  const next = nextSecret(session, secret)

  test('stores the time to the millisecond, and nothing else changes', () => {
    const now = later(1_800.123)
    expect(rotated(session, next, policy, now)).toStrictEqual({
      ...session,
      secretHash: sha256(next),
      replacedAtMs: String(now.getTime()),
      generation: 1,
      lastUsedAt: second + 1_800,
      expiresAt: second + 1_800 + 604_800,
    })
  })

  test('stores the last twenty replacements, and only those of the last ten seconds', () => {
    const times = (count: number, everyMs: number) => {
      let replaced = session
      for (let step = 1; step <= count; step += 1) {
        replaced = rotated(replaced, `${step}`, policy, later((step * everyMs) / 1000))
      }
      return replaced.replacedAtMs.split(',').map((ms) => Number(ms) - begin.getTime())
    }
    expect(times(4, 4_000)).toEqual([16_000, 12_000, 8_000])
    expect(times(21, 100)).toEqual(Array.from({ length: 20 }, (_, index) => 2_100 - index * 100))
  })

  test('never expires after its absolute lifetime', () => {
    const days = (count: number) => rotated(session, next, policy, later(count * 86_400)).expiresAt
    expect(days(22)).toBe(second + 29 * 86_400)
    expect(days(23)).toBe(second + 30 * 86_400)
    expect(days(29)).toBe(second + 30 * 86_400)
  })

  test('never gets an earlier lastUsedAt, even if another machine’s clock is behind', () => {
    const { lastUsedAt, expiresAt } = rotated(session, next, policy, later(-3))
    expect({ lastUsedAt, expiresAt }).toEqual({ lastUsedAt: second, expiresAt: second + 604_800 })
  })

  test('returns the seconds until it expires', () => {
    expect(refreshTtlSeconds(session, begin)).toBe(604_800)
    expect(refreshTtlSeconds(session, later(604_799))).toBe(1)
  })
})

describe('a session is', () => {
  const { session } = start()
  const rows: [string, boolean, Partial<Session>, Partial<User> | undefined, number][] = [
    ['live', true, {}, {}, 0],
    ['live in the last second before it expires', true, {}, {}, 604_799.5],
    ['expired in the second it expires', false, {}, {}, 604_799.6],
    ['expired afterwards, while the store still has it', false, {}, {}, 700_000],
    ['not live if its user is disabled', false, {}, { disabled: true }, 0],
    ['not live if its user is removed', false, {}, undefined, 0],
    ['not live if it started before a revocation', false, {}, { sessionsValidAfter: second + 1 }, 0],
    ['live if it started after a revocation', true, {}, { sessionsValidAfter: second }, 0],
    ['live if only tokens were revoked', true, {}, { validAfter: second + 1 }, 0],
    [
      'live if it survives a revocation',
      true,
      { id: 'mine' },
      { sessionsValidAfter: second + 1, survivingSession: 'mine' },
      0,
    ],
    [
      'not live if another session survives',
      false,
      { id: 'mine' },
      { sessionsValidAfter: second + 1, survivingSession: 'other' },
      0,
    ],
    ['not live if it survived and has expired', false, { id: 'mine' }, { survivingSession: 'mine' }, 604_800],
    [
      'not live if it survived and its user is disabled',
      false,
      { id: 'mine' },
      { survivingSession: 'mine', disabled: true },
      0,
    ],
  ]
  test.each(rows)('%s', (_what, live, of, user, seconds) => {
    expect(isLive({ ...session, ...of }, user && { ...ada, ...user }, later(seconds))).toBe(live)
  })
})
