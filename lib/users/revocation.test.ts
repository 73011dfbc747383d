import { describe, expect, test } from 'vitest'
import { secondOf } from '../time.ts'
import { accessTokenInput } from '../tokens/access-token.ts'
import { issueSecond, revokeSessions, revokeTokens } from './revocation.ts'
import { newUser } from './user.ts'

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (ms: number) => new Date(now.getTime() + ms)
const second = secondOf(now)

/** Returns the `iat` of a token that is issued to a user. */
function issuedAt(validAfter: number, instant: Date): number {
  const user = { username: 'ada', role: 'user' as const, validAfter }
  const policy = { issuer: 'issuer', audience: 'audience' }
  const [, claims = ''] = accessTokenInput(user, 'session', policy, 900, instant, 'id')('kid').split('.')
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).iat
}

test('a token of a user without revocations is issued now', () => {
  expect(issueSecond({ validAfter: second - 86_400 }, now)).toBe(second)
  expect(issueSecond({ validAfter: second }, now)).toBe(second)
  expect(issuedAt(second, now)).toBe(second)
})

test('a token issued in the second of a revocation gets the second of its validAfter', () => {
  expect(issueSecond({ validAfter: second + 1 }, now)).toBe(second + 1)
  expect(issuedAt(second + 1, now)).toBe(second + 1)
})

describe('two revocations in one second', () => {
  const first = revokeTokens({ validAfter: second - 86_400 }, now)
  const again = revokeTokens(first, later(200))
  const before = issuedAt(second - 86_400, now)
  const between = issuedAt(first.validAfter, later(100))
  const after = issuedAt(again.validAfter, later(300))

  test('revoke tokens issued before them, in the same second too', () => {
    expect(before).toBe(second)
    expect(before).toBeLessThan(first.validAfter)
  })

  test('revoke tokens issued between them', () => {
    expect(between).toBeGreaterThanOrEqual(first.validAfter)
    expect(between).toBeLessThan(again.validAfter)
  })

  test('do not revoke tokens issued after them', () => {
    expect(after).toBeGreaterThanOrEqual(again.validAfter)
  })
})

test('each revocation is later than the one before, even if the clock goes back', () => {
  let validAfter = 0
  const marks = [0, 0, 0, 1_000, -60_000, 500].map((ms) => {
    ;({ validAfter } = revokeTokens({ validAfter }, later(ms)))
    return validAfter
  })
  expect(marks).toEqual([1, 2, 3, 4, 5, 6].map((step) => second + step))
})

test('the first revocation is the next second of the clock', () => {
  expect(revokeTokens({ validAfter: 0 }, now)).toEqual({ validAfter: second + 1 })
})

test('revoking sessions revokes tokens too, and names the surviving session', () => {
  const mark = { validAfter: second + 8, sessionsValidAfter: second + 8 }
  const user = { validAfter: second + 7 }
  expect(revokeSessions(user, now, 'mine')).toStrictEqual({ ...mark, survivingSession: 'mine' })
  // The write removes the session that survived an earlier revocation, because it is undefined.
  expect(revokeSessions(user, now)).toStrictEqual({ ...mark, survivingSession: undefined })
})

test('a new user invalidates tokens of an earlier user with the same name', () => {
  expect(newUser('ada', 'admin', 'hash', now)).toStrictEqual({
    username: 'ada',
    role: 'admin',
    passwordHash: 'hash',
    disabled: false,
    createdAt: '2026-11-24T15:00:00.400Z',
    changedAt: '2026-11-24T15:00:00.400Z',
    validAfter: second + 1,
    sessionsValidAfter: second + 1,
  })
})
