import { randomBytes } from 'node:crypto'
import { clearFailures, countFailure, findForLogin } from './attempt-store.ts'
import { countersFor, type Limits, refuseIfThrottled, sourceOf } from './attempts.ts'
import type { Table } from './dynamo.ts'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './passwords.ts'
import { changeUser } from './user-store.ts'
import type { User } from './users.ts'

/** Somebody claiming to be a user, and from where. */
export interface Claimant {
  username: string
  password: string
  sourceIp: string
}

/**
 * Finds out whether a password is a user's: the one way in this service to do so.
 *
 * Guessing is slow: past the limits an attempt is refused before any hashing, whether the user exists or not. An
 * unknown name pays for a hash too, or response times would tell which names exist.
 *
 * A right password is hashed again if its hash is weaker than today's.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns The user, or `undefined` if there is none of that name, the password is another, or the user is disabled.
 * @throws ServiceError `too_many_attempts` or `unavailable`.
 */
export async function checkPassword(
  table: Table,
  limits: Limits,
  { username, password, sourceIp }: Claimant,
  deadlineMs: number,
): Promise<User | undefined> {
  const empty = countersFor(username, sourceOf(sourceIp), limits)
  const { user, counters } = await findForLogin(table, username, empty, deadlineMs)
  refuseIfThrottled(counters, new Date())

  const matches = matchesHash(password, user?.passwordHash ?? DECOY_HASH)
  if (!user || !matches || user.disabled) {
    await Promise.all(counters.map((counter) => countFailure(table, counter, new Date(), deadlineMs)))
    return undefined
  }

  // Many guesses sent at once all pass the first look; the right one among them does not pass this.
  const after = await findForLogin(table, username, empty, deadlineMs)
  refuseIfThrottled(after.counters, new Date())
  const [pair] = after.counters
  if (pair && pair.failures > 0) await clearFailures(table, pair, deadlineMs)
  return needsRehash(user.passwordHash) ? await rehash(table, user, password, deadlineMs) : user
}

/** A hash that cannot be run is nobody's, and costs and looks like any wrong password; that it is there is logged. */
function matchesHash(password: string, storedHash: string): boolean {
  try {
    return verifyPassword(password, storedHash)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error({ event: 'hash.refused', detail: error.message })
    verifyPassword(password, DECOY_HASH)
    return false
  }
}

async function rehash(table: Table, user: User, password: string, deadlineMs: number): Promise<User> {
  const passwordHash = hashPassword(password, randomBytes(SALT_BYTES))
  // A hash that has changed meanwhile is newer than ours, and stays.
  const changed = await changeUser(table, user, { passwordHash }, deadlineMs)
  return changed ? { ...user, passwordHash } : user
}
