import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { type Counter, countersFor, type Limits, rejectIfThrottled, sourceOf } from '../throttling/limits.ts'
import { clearFailures, countFailure, findUserAndCounters } from '../throttling/store.ts'
import { changeUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './hash.ts'

/** A username and a password to verify, and the address that they came from. */
export interface PasswordAttempt {
  username: string
  password: string
  sourceIp: string
}

/** A correct password that {@link confirmPassword} has not confirmed yet. */
export interface UnconfirmedPassword {
  user: User
  password: string
  counters: readonly Counter[]
}

/**
 * Verifies a password. With {@link confirmPassword}, this is the only way in this service to do so.
 *
 * Slows down guessing: past the limits an attempt is rejected before any hashing, whether the user
 * exists or not. An unknown name costs a hash too, otherwise response times would show which names exist.
 *
 * @returns `undefined`, if there is no such user, the password is wrong or the user is disabled.
 * @throws ServiceError `too_many_attempts` or `unavailable`.
 */
export async function checkPassword(
  table: Table,
  limits: Limits,
  { username, password, sourceIp }: PasswordAttempt,
): Promise<UnconfirmedPassword | undefined> {
  const empty = countersFor(username, sourceOf(sourceIp), limits)
  const { user, counters } = await findUserAndCounters(table, username, empty)
  rejectIfThrottled(counters, new Date())

  const matches = await matchesHash(password, user?.passwordHash ?? DECOY_HASH)
  if (user && matches && !user.disabled) return { user, password, counters: empty }
  await Promise.all(counters.map((counter) => countFailure(table, counter, new Date())))
  return undefined
}

/**
 * Confirms a correct password with a second read, after the time that hashing took.
 *
 * Many guesses that an attacker sends at once all pass the first read. The correct one among them
 * does not pass this one. It also rejects a user that was disabled, removed, or given another
 * password or role in the meantime.
 *
 * Clears the failures of user and source. Hashes the password again if its hash costs less than a current one.
 *
 * @returns The user, or `undefined` if the user has changed.
 * @throws ServiceError `too_many_attempts` or `unavailable`.
 */
export async function confirmPassword(
  table: Table,
  { user: before, password, counters }: UnconfirmedPassword,
): Promise<User | undefined> {
  const { user, counters: counted } = await findUserAndCounters(table, before.username, counters)
  rejectIfThrottled(counted, new Date())
  const isSame = user?.createdAt === before.createdAt && user.validAfter === before.validAfter
  if (!user || !isSame || user.disabled) return undefined
  const [pair] = counted
  if (pair && pair.failures > 0) await clearFailures(table, pair)
  return needsRehash(user.passwordHash) ? await rehash(table, user, password) : user
}

/** Whether a password matches a hash. A hash that cannot be verified costs and looks like a wrong password; it is logged. */
async function matchesHash(password: string, storedHash: string): Promise<boolean> {
  try {
    return await verifyPassword(password, storedHash)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    console.error({ event: 'hash.refused', reason: error.message })
    await verifyPassword(password, DECOY_HASH)
    return false
  }
}

async function rehash(table: Table, user: User, password: string): Promise<User> {
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  // A hash that was changed in the meantime is newer than this one, and remains.
  const changed = await changeUser(table, user, { passwordHash })
  return changed ? { ...user, passwordHash } : user
}
