import { afterAll, describe, expect, test } from 'vitest'
import {
  ada,
  later,
  now,
  policy,
  records,
  refreshToken,
  session,
  start,
  table,
} from '../../test/support/users/session-per-test.ts'
import { testAct } from '../../test/support/users/users.ts'
import { secondOf } from '../time.ts'
import type { User } from '../users/user.ts'
import { nextSecret, parseRefreshToken, readRefreshToken, withSecret } from './refresh-token.ts'
import { findReplaced } from './replaced.ts'
import { rotated, type Session, signInOf } from './session.ts'
import { endSession, replaceSecret } from './store.ts'

const GRACE_SECONDS = 10

const renews = { renewed: expect.objectContaining({ selector: expect.any(String) }), endings: [] }
const endsBy = (what: object, values = {}) => ({
  endings: [
    [
      {
        Update: expect.objectContaining({
          Key: expect.objectContaining({ sk: { S: `session#${session.id}` } }),
          ExpressionAttributeValues: { ':now': expect.anything(), ...values },
        }),
      },
      {
        Put: {
          TableName: expect.any(String),
          Item: expect.objectContaining({
            ...what,
            session: { S: session.id },
          }),
        },
      },
    ],
  ],
})
const ends = () => endsBy({ type: { S: 'session.ended' }, detail: { S: 'replaced' } })
const nothing = { endings: [] }

let cases = 0
afterAll(() => console.log(`Sessions before a sign-in: ${cases} cases ran`))

describe('a sign-in', () => {
  test('renews the session of the current token, as it is read', async () => {
    const { secretHash, salt, rotatedAtMs, authTime, expiresAt, sessionGeneration } = session
    const { selector } = readRefreshToken(refreshToken)
    const decides = { secretHash, salt, rotatedAtMs, authTime, expiresAt, sessionGeneration }
    expect((await find(refreshToken)).renewed).toMatchObject({ ...decides, id: session.id, selector })
  })

  test.each([
    ['the current token in the moment of its rotation', 1, 0, GRACE_SECONDS, true],
    ['the current token days later', 1, 259_200, GRACE_SECONDS, true],
    ['the token before in the last moment of the grace', 0, 9.999, GRACE_SECONDS, true],
    ['the token before at the end of the grace', 0, 10, GRACE_SECONDS, false],
    ['the token before without a grace', 0, 0, 0, false],
  ])(
    'with %s: %i, after %f s with a grace of %i s, renews: %s',
    async (_what, which, seconds, grace, isKept) => {
      const { token } = await rotate(refreshToken, session, later(60))
      const presented = [refreshToken, token][which] ?? ''
      expect(await find(presented, later(60 + seconds), {}, grace)).toEqual(
        isKept ? renews : endsForReuse(later(60 + seconds)),
      )
      cases += 1
    },
  )

  test('with an older token ends the session as one that was copied, and logs it', async () => {
    const second = await rotate(refreshToken, session, later(60))
    await rotate(second.token, second.after, later(61))
    expect(await find(refreshToken, later(61))).toEqual(endsForReuse(later(61)))
    expect(records).toEqual([{ event: 'session.reuse', userId: ada.id, sessionId: session.id }])
  })

  test.each([
    ['was the current one at the first step', 120, ends],
    ['counted as the current one at the first step', 159.999, ends],
    ['had been replaced before the first step', 160, () => endsForReuse(later(300))],
  ])('of several steps, with a token that %s, ends the session', async (_what, seconds, expected) => {
    await rotate(refreshToken, session, later(150))
    const presentedAtMs = later(seconds).getTime()
    expect(await find(refreshToken, later(300), {}, GRACE_SECONDS, presentedAtMs)).toEqual(expected())
  })

  test.each([-1, 1])('with a token of another sign-in of the session, %i s away, ends it', async (away) => {
    const digits = (session.authTime + away).toString(16)
    const other = refreshToken.replace(/\.[0-9a-f]{8}\.(?=[^.]+$)/, `.${digits}.`)
    expect(other).not.toBe(refreshToken)
    expect(await find(other)).toEqual(ends())
    cases += 1
  })

  test('with a made up secret ends the session', async () => {
    expect(await find(withSecret(refreshToken, 'A'.repeat(43)))).toEqual(endsForReuse(now))
  })

  test.each([
    ['that expires in this second', () => ({ at: later(604_800) })],
    ['that was revoked', () => ({ user: { sessionGeneration: ada.sessionGeneration + 1 } })],
    [
      'whose sign-in before survived a revocation',
      () => ({
        user: {
          sessionGeneration: ada.sessionGeneration + 1,
          survivingSession: signInOf({ ...session, authTime: session.authTime - 1 }),
        },
      }),
    ],
  ])('neither renews nor ends a session %s', async (_what, of) => {
    const { at = now, user = {} }: { at?: Date; user?: Partial<User> } = of()
    expect(await find(refreshToken, at, user)).toEqual(nothing)
    cases += 1
  })

  test('renews the session that survived a revocation', async () => {
    const user = { sessionGeneration: ada.sessionGeneration + 1, survivingSession: signInOf(session) }
    expect(await find(refreshToken, now, user)).toEqual(renews)
  })

  test('neither renews nor ends a session that has ended', async () => {
    await endSession(table, session, 'signed-out', testAct(now))
    expect(await find(refreshToken)).toEqual(nothing)
  })

  test('of another user ends the session, and never renews it', async () => {
    expect(await find(refreshToken, now, { id: `${'B'.repeat(21)}A` })).toEqual(ends())
  })

  test('with the token of a session that does not exist ends none', async () => {
    expect(await find(start(ada).refreshToken)).toEqual(nothing)
  })

  test.each(['', 'no token'])('with %j reads nothing', async (token) => {
    const aws = () => Promise.reject(new Error('a call'))
    const signing = { user: ada, graceSeconds: GRACE_SECONDS, act: testAct(now) }
    expect(await findReplaced({ ...table, aws }, parseRefreshToken(token), signing)).toEqual(nothing)
  })
})

/** Finds what becomes of the session of a token, if the test's user signs in. */
const find = (
  token: string,
  at = now,
  user: Partial<User> = {},
  graceSeconds = GRACE_SECONDS,
  presentedAtMs?: number,
) =>
  findReplaced(table, parseRefreshToken(token), {
    user: { ...ada, ...user },
    graceSeconds,
    presentedAtMs,
    act: testAct(at),
  })

/** The tombstone stays a year, as long as a grant of the session can last. */
const endsForReuse = (at: Date) =>
  endsBy({ type: { S: 'session.reused' } }, { ':end': { N: String(secondOf(at) + 31_536_000) } })

/** Rotates the test's session. Returns its next token. */
async function rotate(token: string, before: Session, at: Date): Promise<{ token: string; after: Session }> {
  const next = nextSecret(before, readRefreshToken(token).secret)
  const after = rotated(before, next, policy, at)
  await replaceSecret(table, before, after)
  return { token: withSecret(token, next), after }
}
