import { createHmac, randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newUser, type User } from '../users/user.ts'
import { classifySecret, nextSecret, readRefreshToken, refreshTokenOf } from './refresh-token.ts'
import { rotated, SESSION_RANDOM_BYTES, startSession } from './session.ts'

const begin = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(begin.getTime() + seconds * 1000)
const ada = newUser('ada', 'user', 'hash', later(-86_400))
const origin = { sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }
const policy = { absoluteTtlSeconds: 2_592_000, idleTtlSeconds: 604_800 }
const start = (user: User = ada) =>
  startSession(user, origin, policy, begin, randomBytes(SESSION_RANDOM_BYTES))

/** Returns a session whose secret was replaced a number of times, once a second, and all its secrets. */
function replacedTimes(times: number) {
  let { session, secret } = start()
  const secrets = [secret]
  for (let generation = 1; generation <= times; generation += 1) {
    secret = nextSecret(session, secret)
    secrets.push(secret)
    session = rotated(session, secret, policy, later(generation))
  }
  return { session, secrets }
}

describe('a refresh token', () => {
  test('contains the session id, the secret and the username', () => {
    const { session, secret } = start()
    const token = refreshTokenOf(session, secret)
    expect(token).toMatch(/^[\w-]{22}\.[\w-]{43}\.ada$/)
    expect(readRefreshToken(token)).toStrictEqual({ sessionId: session.id, secret, username: 'ada' })
  })

  test.each(['a', 'ada.lovelace-1815_', '...', 'x'.repeat(64)])('of the user %s is parsed', (username) => {
    const { session, secret } = start({ ...ada, username })
    expect(readRefreshToken(refreshTokenOf(session, secret))).toMatchObject({ username, secret })
  })

  const [id, secret] = ['A'.repeat(22), 'B'.repeat(43)]
  test.each([
    '',
    '../..',
    `${id}.${secret}`,
    `${id}.${secret}.`,
    `${id.slice(1)}.${secret}.ada`,
    `${id}A.${secret}.ada`,
    `${id}.${secret.slice(1)}.ada`,
    `${id}.${secret}B.ada`,
    `${id}.${secret.slice(1)}=.ada`,
    `${id}.${secret.slice(1)}+.ada`,
    `${id}.${secret}.Ada`,
    `${id}.${secret}.a#b`,
    `${id}.${secret}.${'x'.repeat(65)}`,
    `${id}.${secret}.ada\n`,
    ` ${id}.${secret}.ada`,
    `${id}#profile.${secret}.ada`,
  ])('is rejected in the form %j', (unverifiedToken) => {
    expect(() => readRefreshToken(unverifiedToken)).toThrow(
      expect.objectContaining({
        code: 'invalid_refresh_token',
        message: 'not a refresh token',
      }),
    )
  })
})

describe('the next secret', () => {
  test('is the HMAC-SHA256 of the salt under the current one, so it is the same twice', () => {
    const { session, secret } = start()
    const expected = createHmac('sha256', secret).update(session.salt).digest('base64url')
    expect(nextSecret(session, secret)).toBe(expected)
    expect(nextSecret(session, secret)).toBe(expected)
    expect(Buffer.from(expected, 'base64url')).toHaveLength(32)
  })

  test('differs with every salt and every secret', () => {
    const [one, two] = [start(), start()]
    const all = [
      nextSecret(one.session, one.secret),
      nextSecret(two.session, one.secret),
      nextSecret(one.session, two.secret),
    ]
    expect(new Set(all).size).toBe(3)
  })

  test('has the form of the first one', () => {
    const { session, secret } = start()
    const token = refreshTokenOf(session, nextSecret(session, secret))
    expect(readRefreshToken(token).secret).toBe(nextSecret(session, secret))
  })
})

describe('a presented secret is classified as', () => {
  const { session, secrets } = replacedTimes(3)
  const replaced = later(3)

  test.each([
    ['current', 3, 0, 'the current one'],
    ['current', 3, 604_799, 'the current one, days later'],
    ['repeated', 2, 0, 'the one before it, at once'],
    ['repeated', 2, 9.999, 'the one before it, in the last millisecond of ten seconds'],
    ['reused', 2, 10, 'the one before it, after 10 seconds'],
    ['repeated', 1, 8.999, 'the one before that, replaced a second earlier, in its own last millisecond'],
    ['reused', 1, 9, 'the one before that, after its own 10 seconds'],
    ['repeated', 0, 7.999, 'the very first, replaced two seconds earlier, in its own last millisecond'],
    ['reused', 0, 8, 'the very first, after its own 10 seconds'],
    ['reused', 0, 600_000, 'the very first, much later'],
  ])('%s: generation %i of 3 after %d s, %s', (state, generation, seconds) => {
    const now = new Date(replaced.getTime() + seconds * 1000)
    expect(classifySecret(session, secrets[generation] ?? '', now)).toBe(state)
  })

  test.each([
    ['one that was never issued', randomBytes(32).toString('base64url')],
    ['one of another session', start().secret],
    ['the hash from the store', session.secretHash],
    ['the salt from the store', session.salt],
    ['the next one', nextSecret(session, secrets[3] ?? '')],
    ['nothing', ''],
  ])('foreign: %s', (_what, secret) => {
    expect(classifySecret(session, secret, replaced)).toBe('foreign')
  })

  test('foreign, not reused, if the session was never refreshed', () => {
    expect(classifySecret(start().session, secrets[0] ?? '', begin)).toBe('foreign')
  })

  test('reused for up to ten thousand generations', () => {
    const long = replacedTimes(10_001)
    expect(classifySecret(long.session, long.secrets[1] ?? '', later(20_000))).toBe('reused')
    expect(classifySecret(long.session, long.secrets[0] ?? '', later(20_000))).toBe('foreign')
  })
})
