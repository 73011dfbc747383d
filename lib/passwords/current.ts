import { requireStepUp } from '../authorization/step-up.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import type { Principal, User } from '../users/user.ts'
import { type Attempt, returnAttempt, verifyUserPassword } from './verify.ts'

const WRONG_PASSWORD = {
  fields: [{ pointer: '#/currentPassword', detail: 'Incorrect password.' }],
  event: 'password.refused',
}

/**
 * Verifies the caller's current password, before a change of the account. A wrong one stays counted.
 *
 * Of a user with second factors, a recent sign-in with two factors is required too. It is required before the password is
 * verified: with an old token, an attacker learns nothing about the password. A token that was revoked while the gateway had
 * the authorizer's result cached learns nothing either. Both count no attempt.
 *
 * After a correct password, the handler gives the attempt back with {@link returnAttempt}, at the same time as its next calls.
 *
 * @param attempt - Admitted for the caller's user id.
 * @returns The user, as the attempt read it.
 * @throws {@link ServiceError} `invalid_token`, with a challenge if the caller must sign in again, or `invalid_fields` at
 *   `#/currentPassword`.
 * @example
 * const attempt = await admitAttempt(table, limitsFrom(config), { subject: { userId }, sourceIp }, now)
 * const user = await verifyCurrentPassword({ table, config, now }, attempt, principal, currentPassword)
 */
export async function verifyCurrentPassword(
  { table, config, now }: Omit<At<'REQUIRE_SECOND_FACTOR', ReservingTable>, 'origin'>,
  attempt: Attempt,
  principal: Pick<Principal, 'generation' | 'acr' | 'authTime'>,
  password: string,
): Promise<User> {
  try {
    requireUnrevoked(principal.generation, attempt.user)
    requireStepUp(principal, attempt.user, config.REQUIRE_SECOND_FACTOR, now)
  } catch (error) {
    await returnAttempt(table, attempt)
    throw error
  }
  const user = await verifyUserPassword(attempt, password)
  if (user) return user
  throw new ServiceError('invalid_fields', 'wrong current password', { ...WRONG_PASSWORD, log: attempt.log })
}
