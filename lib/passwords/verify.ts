import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { type Counter, countersFor, type Limits, refuseIfThrottled, sourceOf } from '../throttling/limits.ts'
import { clearFailures, countFailure, findForLogin } from '../throttling/store.ts'
import { changeUser } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './hash.ts'

/** Somebody claiming to be a user, and from where. */
export interface Claimant {
  username: string
  password: string
  sourceIp: string
}

/** A password that was right when it was looked at. Not to be acted on before {@link confirmPassword}. */
export interface UnconfirmedPassword {
  user: User
  password: string
  counters: readonly Counter[]
}

/**
 * Finds out whether a password is a user's: the one way in this service to do so, with {@link confirmPassword}.
 *
 * Guessing is slow: past the limits an attempt is refused before any hashing, whether the user exists or not. An
 * unknown name pays for a hash too, or response times would tell which names exist.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns `undefined` if there is no user of that name, the password is another, or the user is disabled.
 * @throws ServiceError `too_many_attempts` or `unavailable`.
 */
export async function checkPassword(
  table: Table,
  limits: Limits,
  { username, password, sourceIp }: Claimant,
  deadlineMs: number,
): Promise<UnconfirmedPassword | undefined> {
  const empty = countersFor(username, sourceOf(sourceIp), limits)
  const { user, counters } = await findForLogin(table, username, empty, deadlineMs)
  refuseIfThrottled(counters, new Date())

  const matches = matchesHash(password, user?.passwordHash ?? DECOY_HASH)
  if (user && matches && !user.disabled) return { user, password, counters: empty }
  await Promise.all(counters.map((counter) => countFailure(table, counter, new Date(), deadlineMs)))
  return undefined
}

/**
 * Looks again, after the time that hashing took. Many guesses sent at once all pass the first look; the right one
 * among them does not pass this. Nor does whoever was disabled, removed or given another password or role meanwhile.
 *
 * Forgets the failures of user and source, and hashes the password again if its hash is weaker than today's.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns The user, or `undefined` if it is not any more what it was.
 * @throws ServiceError `too_many_attempts` or `unavailable`.
 */
export async function confirmPassword(
  table: Table,
  { user: before, password, counters }: UnconfirmedPassword,
  deadlineMs: number,
): Promise<User | undefined> {
  const { user, counters: counted } = await findForLogin(table, before.username, counters, deadlineMs)
  refuseIfThrottled(counted, new Date())
  const isSame = user?.createdAt === before.createdAt && user.validAfter === before.validAfter
  if (!user || !isSame || user.disabled) return undefined
  const [pair] = counted
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
