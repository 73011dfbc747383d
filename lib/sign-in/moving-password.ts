import { randomBytes } from 'node:crypto'
import type { Table } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { askOldPlace } from '../drain/ask.ts'
import type { Question } from '../drain/verdict.ts'
import { ServiceError } from '../errors.ts'
import { logEvent } from '../log.ts'
import { hashPassword, hasPassword, SALT_BYTES } from '../passwords/hash.ts'
import { refuseAttempt, verifyAttempt, verifyUserPassword } from '../passwords/verify.ts'
import { type Attempt, countForSourceOnly, returnAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { replaceHash } from '../users/store.ts'
import type { User } from '../users/user.ts'

/** A user whose password is still at the old place. */
type Unmoved = User & { passwordFrom: string; externalId: string }

/**
 * Verifies the password of an admitted attempt to sign in, like `verifyAttempt`. If the user was imported without a password, the old place
 * is asked, and the password is stored here.
 *
 * Only a name that was imported so is asked about, and at most as often as the limit of the source allows. So a stranger cannot use up the
 * old place's requests by other names. A user who has a password here is never asked about.
 *
 * @param functionName - Of `drain`. Without it, no user is asked about.
 * @throws {@link ServiceError} `invalid_credentials`; `unavailable`, if there is no verdict. After a question without a verdict, the attempt
 *   counts only for the source. After a correct password of a user who changed in between, it is given back.
 */
export async function verifyOrMove(
  at: At<never, ReservingTable>,
  attempt: Attempt,
  password: string,
  functionName: string | undefined,
): Promise<User> {
  const { user } = attempt
  if (!functionName || !isUnmoved(user)) return verifyAttempt(attempt, password)
  // As long as for an unknown name. The stored hash is that of no password.
  await verifyUserPassword(attempt, password)
  const verdict = await askOldPlace(at.table.aws, functionName, questionOf(user, password, at))
  if (verdict === 'wrong') throw refuseAttempt(attempt)
  const hasFactor = verdict === 'correct-with-factor'
  if (!hasFactor && verdict !== 'correct') {
    countForSourceOnly(at.table, attempt)
    if (verdict === 'exceeded') throw refuseAttempt(attempt)
    throw new ServiceError('unavailable', 'no verdict on the password', { log: attempt.log })
  }
  const moved = await movePassword(at.table, user, password, hasFactor)
  if (moved) return moved
  await returnAttempt(at.table, attempt)
  throw refuseAttempt(attempt)
}

const isUnmoved = (user: User | undefined): user is Unmoved =>
  Boolean(user?.passwordFrom && user.externalId && !user.disabled && !hasPassword(user.passwordHash))

/** The place gets the password as it is stored here: in normalisation form C. */
const questionOf = (user: Unmoved, password: string, { origin }: Pick<At, 'origin'>): Question => ({
  id: user.externalId,
  username: user.passwordFrom,
  password,
  address: origin.sourceIp,
})

/**
 * Stores a password that the old place has verified. If a reset or another sign-in has stored one since the read, that one stays.
 *
 * @returns The user with the new hash, or `undefined` if the user changed.
 */
async function movePassword(
  table: Table,
  user: Unmoved,
  password: string,
  hasFactor: boolean,
): Promise<User | undefined> {
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const changes = { passwordHash, ...(hasFactor && { mustEnrol: true }) }
  if (!(await replaceHash(table, user, changes))) return undefined
  logEvent('info', { event: 'password.moved', userId: user.id })
  return { ...user, ...changes }
}
