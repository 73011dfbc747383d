import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { logEvent, logFailure } from '../log.ts'
import type { Attempt } from '../throttling/attempt.ts'
import { replaceHash } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { DECOY_HASH, hashPassword, needsRehash, SALT_BYTES, verifyPassword } from './hash.ts'

/**
 * Verifies the password of an admitted attempt. For an unknown user, it computes a hash too: otherwise
 * response times would show which names exist.
 *
 * @returns The user, or `undefined` if the name is unknown, the password is wrong or the user is disabled.
 */
export async function verifyUserPassword(
  { user }: Pick<Attempt, 'user'>,
  password: string,
): Promise<User | undefined> {
  const matches = await matchesHash(password, user?.passwordHash ?? DECOY_HASH)
  return matches && !user?.disabled ? user : undefined
}

/**
 * Verifies the password of an admitted attempt to sign in.
 *
 * @throws {@link ServiceError} `invalid_credentials`, if {@link verifyUserPassword} returns no user.
 */
export async function verifyAttempt(attempt: Attempt, password: string): Promise<User> {
  const user = await verifyUserPassword(attempt, password)
  if (user) return user
  throw refuseAttempt(attempt)
}

/** Returns the error of a wrong password, which is that of an unknown name. */
export const refuseAttempt = ({ log }: Pick<Attempt, 'log'>) =>
  new ServiceError('invalid_credentials', 'wrong username or password', { log })

/**
 * Hashes a verified password again if its hash is of another kind or costs less than a current one. Does not
 * throw: the next sign-in tries again.
 */
export async function upgradeHash(table: Table, user: User, password: string): Promise<void> {
  if (!needsRehash(user.passwordHash, password)) return
  try {
    await replaceHash(table, user, {
      passwordHash: await hashPassword(password, randomBytes(SALT_BYTES)),
    })
  } catch (error) {
    logFailure(error)
  }
}

/**
 * Whether a password matches a hash. If a hash cannot be verified, time and response are those of a wrong
 * password, and the fault is logged.
 */
async function matchesHash(password: string, storedHash: string): Promise<boolean> {
  try {
    return await verifyPassword(password, storedHash)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    logEvent('error', { event: 'hash.refused', reason: error.message })
    await verifyPassword(password, DECOY_HASH)
    return false
  }
}
