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

describe('a session that begins', () => {
  test('holds where and when it began, and of its secret the hash alone', () => {
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

  test('takes id, secret and salt from different random bytes, 256 bits for the secret', () => {
    const random = Buffer.from(Array.from({ length: SESSION_RANDOM_BYTES }, (_, index) => index))
    const { session, secret } = startSession(ada, origin, policy, begin, random)
    const bytes = [session.id, secret, session.salt].map((text) => Buffer.from(text, 'base64url'))
    expect(bytes.map(({ length }) => length)).toEqual([16, 32, 32])
    expect(Buffer.concat(bytes)).toEqual(random)
  })

  test('ends with the absolute time where that is shorter than the idle time', () => {
    const { session } = start(ada, origin, { absoluteTtlSeconds: 60, idleTtlSeconds: 600 })
    expect(session.expiresAt).toBe(second + 60)
  })

  test('in the second in which all sessions were ended is alive', () => {
    const revoked = { ...ada, validAfter: second + 1, sessionsValidAfter: second + 1 }
    const { session } = start(revoked)
    expect(session.createdAt).toBe(second + 1)
    expect(isLive(session, revoked, begin)).toBe(true)
  })

  test('keeps 256 characters of what the client calls itself, never half of one', () => {
    expect(start(ada, { ...origin, userAgent: 'x'.repeat(257) }).session.userAgent).toBe('x'.repeat(256))
    const { userAgent } = start(ada, { ...origin, userAgent: `${'x'.repeat(255)}🙂` }).session
    expect(userAgent).toBe(`${'x'.repeat(255)}\uFFFD`)
  })
})

test('the id of a session is told from what is none', () => {
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

  test('remembers when that was, to the millisecond, and nothing else changes', () => {
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

  test('remembers the last twenty replacements, and only those of the last ten seconds', () => {
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

  test('never lasts beyond its absolute end', () => {
    const days = (count: number) => rotated(session, next, policy, later(count * 86_400)).expiresAt
    expect(days(22)).toBe(second + 29 * 86_400)
    expect(days(23)).toBe(second + 30 * 86_400)
    expect(days(29)).toBe(second + 30 * 86_400)
  })

  test('was not used earlier than it was before, whatever another machine says the time is', () => {
    const { lastUsedAt, expiresAt } = rotated(session, next, policy, later(-3))
    expect({ lastUsedAt, expiresAt }).toEqual({ lastUsedAt: second, expiresAt: second + 604_800 })
  })

  test('says how many seconds are left', () => {
    expect(refreshTtlSeconds(session, begin)).toBe(604_800)
    expect(refreshTtlSeconds(session, later(604_799))).toBe(1)
  })
})

describe('a session is', () => {
  const { session } = start()
  const rows: [string, boolean, Partial<Session>, Partial<User> | undefined, number][] = [
    ['going on', true, {}, {}, 0],
    ['going on in the last second before it expires', true, {}, {}, 604_799.5],
    ['over in the very second it expires', false, {}, {}, 604_799.6],
    ['over afterwards, though the store still has it', false, {}, {}, 700_000],
    ['over when its user is disabled', false, {}, { disabled: true }, 0],
    ['over when its user is gone', false, {}, undefined, 0],
    ['over when it began before all were ended', false, {}, { sessionsValidAfter: second + 1 }, 0],
    ['going on when all before it were ended', true, {}, { sessionsValidAfter: second }, 0],
    ['going on when tokens alone were revoked', true, {}, { validAfter: second + 1 }, 0],
    [
      'going on when it is the one that survives',
      true,
      { id: 'mine' },
      { sessionsValidAfter: second + 1, survivingSession: 'mine' },
      0,
    ],
    [
      'over when another is the one that survives',
      false,
      { id: 'mine' },
      { sessionsValidAfter: second + 1, survivingSession: 'other' },
      0,
    ],
    ['over when it survived and has expired', false, { id: 'mine' }, { survivingSession: 'mine' }, 604_800],
    [
      'over when it survived and its user is disabled',
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
