import { expect, test } from 'vitest'
import { hashes } from '../support/process/cheap-argon2.ts'
import { begin, NEW_PASSWORD, PASSWORD } from '../support/users/sessions.ts'
import { among, atOnce, functions, furtherAttempts, newSource, stores, WRONG } from './bursts.ts'

const one = newSource()

type Row = [
  from: 'one source' | 'many sources',
  places: readonly number[],
  limit: number,
  sourceOf: () => string,
]

const REPRESENTATIVES: Row[] = [['one source', [], 10, () => one]]
const OTHERS: Row[] = [
  ['many sources', [0, 199], 100, newSource],
  ['one source', [0], 10, () => one],
  ['one source', [199], 10, () => one],
  ['many sources', [], 100, newSource],
]

/**
 * Tests bursts of changes of a password.
 *
 * @param mass - Whether a burst has the correct password at every place, or at some.
 */
export function testPasswordBursts(mass: 'representatives' | 'all'): void {
  const rows = mass === 'all' ? [...REPRESENTATIVES, ...OTHERS] : REPRESENTATIVES
  test.each(rows)(
    '200 changes of a password at once from %s, correct at %j, get %i wrong verdicts',
    async (_, places, limit, sourceOf) => {
      const username = await stores.add()
      const { id: userId } = await stores.user(username)
      const { authToken: token } = await begin(stores, functions, username)
      hashes.count = 0
      const counts = await atOnce(
        among(200, places, () => ({ sourceIp: sourceOf() })),
        ({ sourceIp, isCorrect }) => {
          const body = { currentPassword: isCorrect ? PASSWORD : WRONG, newPassword: NEW_PASSWORD }
          return functions.ask('password', { token, sourceIp, body })
        },
      )
      // After a change the token is revoked: 401, or 409 if the change came between two reads.
      const {
        204: changed = 0,
        401: revoked = 0,
        409: overtaken = 0,
        422: wrong = 0,
        429: refused = 0,
      } = counts
      expect(changed + revoked + overtaken + wrong + refused).toBe(200)
      expect(wrong).toBeLessThanOrEqual(limit)
      expect(changed).toBeLessThanOrEqual(1)
      // A correct password is followed by the hash of the new one.
      expect(hashes.count).toBe(wrong + 2 * (changed + overtaken))
      if (places.length === 0) expect([wrong, refused]).toEqual([limit, 200 - limit])
      expect((await furtherAttempts({ userId }, one)).ofSubject).toBe(wrong)
    },
  )
  test.for(mass === 'all' ? [[], [0], [49]] : [[25]])(
    '50 deletions of an account at once, correct at %j, get at most 10 wrong verdicts',
    async (places) => {
      const username = await stores.add()
      const { id: userId } = await stores.user(username)
      const { authToken: token } = await begin(stores, functions, username)
      const sourceIp = newSource()
      hashes.count = 0
      const counts = await atOnce(
        among(50, places, () => ({ sourceIp })),
        ({ isCorrect }) => {
          const body = { currentPassword: isCorrect ? PASSWORD : WRONG }
          return functions.ask('delete-me', { token, sourceIp, body })
        },
      )
      const { 204: deleted = 0, 401: revoked = 0, 422: wrong = 0, 429: refused = 0 } = counts
      expect(deleted + revoked + wrong + refused).toBe(50)
      expect(wrong).toBeLessThanOrEqual(10)
      expect(deleted).toBeLessThanOrEqual(places.length)
      expect(hashes.count).toBe(wrong + deleted)
      if (places.length === 0) expect([wrong, refused]).toEqual([10, 40])
      expect((await furtherAttempts({ userId }, sourceIp)).ofSubject).toBe(wrong)
    },
  )
}
