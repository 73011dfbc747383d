import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { isTokenRevoked, requireUnrevoked } from '../users/revocation.ts'
import type { User } from '../users/user.ts'
import { type Attempt, returnAttempt, verifyUserPassword } from './verify.ts'

const WRONG_PASSWORD = {
  fields: [{ pointer: '#/currentPassword', detail: 'Incorrect password.' }],
  event: 'password.refused',
}

/**
 * Verifies the caller's current password, before a change of the account. A wrong one stays counted.
 *
 * After a correct one, the handler gives the attempt back with {@link returnAttempt}, at the same time as its next calls.
 * A token that was revoked while the gateway had the authorizer's result cached counts no attempt.
 *
 * @param attempt - Admitted for the caller's user id.
 * @param generation - The `gen` of the caller's access token.
 * @returns The user, as the attempt read it.
 * @throws {@link ServiceError} `invalid_token`, or `invalid_fields` at `#/currentPassword`.
 */
export async function verifyCurrentPassword(
  table: Table,
  attempt: Attempt,
  generation: number,
  password: string,
): Promise<User> {
  if (isTokenRevoked(generation, attempt.user)) await returnAttempt(table, attempt)
  requireUnrevoked(generation, attempt.user)
  const user = await verifyUserPassword(attempt, password)
  if (user) return user
  throw new ServiceError('invalid_fields', 'wrong current password', { ...WRONG_PASSWORD, log: attempt.log })
}
