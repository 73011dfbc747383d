import { requireStepUp } from '../authorization/step-up.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import type { LimitSetting } from '../settings.ts'
import { type Attempt, admitAttempt, returnAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import type { Principal, User } from '../users/user.ts'
import { hasPassword } from './hash.ts'
import { noPassword } from './refusals.ts'
import { verifyUserPassword } from './verify.ts'

const WRONG_PASSWORD = {
  fields: [{ pointer: '#/currentPassword', detail: 'Incorrect password.', rule: 'incorrect' }],
  event: 'password.refused',
}

/** The settings of {@link verifyCurrentPassword}. */
export type OwnerSetting = LimitSetting | 'MAIL_SIGN_IN' | 'REQUIRE_SECOND_FACTOR'

/**
 * Verifies the caller's current password, before a change of the account, within the limits. A wrong one stays counted.
 *
 * A user with second factors also needs a recent sign-in with two factors. This is checked before the
 * password: with an old token, an attacker learns nothing about the password. The same holds for a revoked
 * token that the gateway's cache still accepts. Neither counts an attempt, nor does a user without a password.
 *
 * After a correct password, the handler gives the attempt back with {@link returnAttempt}, in parallel with
 * its next calls.
 *
 * @returns The attempt, and the user that it read.
 * @throws {@link ServiceError} `invalid_token`, with a challenge if the caller must sign in again, or `invalid_fields` at
 *   `#/currentPassword`; or as {@link admitAttempt}.
 * @example
 * const { user, attempt } = await verifyCurrentPassword(at, principal, currentPassword)
 */
export async function verifyCurrentPassword(
  at: At<OwnerSetting, ReservingTable>,
  principal: Pick<Principal, 'userId' | 'generation' | 'acr' | 'authTime'>,
  password: string,
): Promise<{ user: User; attempt: Attempt }> {
  const attempt = await admitAttempt(at, { userId: principal.userId })
  try {
    requireUnrevoked(principal.generation, attempt.user)
    requireStepUp(principal, attempt.user, at.config.REQUIRE_SECOND_FACTOR, at.now)
    if (!hasPassword(attempt.user.passwordHash)) throw noPassword(at.config)
  } catch (error) {
    await returnAttempt(at.table, attempt)
    throw error
  }
  const user = await verifyUserPassword(attempt, password)
  if (user) return { user, attempt }
  throw new ServiceError('invalid_fields', 'wrong current password', { ...WRONG_PASSWORD, log: attempt.log })
}
