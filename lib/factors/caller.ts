import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { verifyCurrentPassword } from '../passwords/current.ts'
import { survivorOf } from '../sessions/session.ts'
import { findSession } from '../sessions/store.ts'
import type { LimitSetting } from '../settings.ts'
import { returnAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import type { Principal, User } from '../users/user.ts'

/** The settings of {@link verifyCaller}. */
export type CallerSetting = LimitSetting | 'REQUIRE_SECOND_FACTOR'

/** The caller of a change of second factors. */
export interface Caller {
  /** The profile that was read. The change is refused if another one came after that read. */
  user: User
  /** The caller's sign-in, if it is live. It survives the change. */
  survivingSession: string | undefined
}

/**
 * Verifies that the caller may change second factors, by the current password. If the user has or must have a
 * second factor, the caller also needs a recent sign-in with two factors. A user who must have one enrols at
 * the sign-in, which needs more than the password.
 *
 * @throws {@link ServiceError} as {@link verifyCurrentPassword}.
 * @example
 * const { user, survivingSession } = await verifyCaller(at, principal, currentPassword)
 */
export async function verifyCaller(
  at: At<CallerSetting, ReservingTable>,
  principal: Principal,
  currentPassword: string,
): Promise<Caller> {
  const { table, now } = at
  const { user, attempt } = await verifyCurrentPassword(at, principal, currentPassword)
  const [survivingSession] = await together([
    findSurvivor(table, principal, user, now),
    returnAttempt(table, attempt),
  ])
  return { user, survivingSession }
}

/**
 * Finds the caller's sign-in, if it is live. Its session may have ended, or another sign-in may have renewed it, while its access
 * token was still accepted.
 *
 * @param user - The profile that was read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findSurvivor(
  table: Table,
  caller: Pick<Principal, 'sessionId' | 'authTime'>,
  user: User,
  now: Date,
): Promise<string | undefined> {
  const { session } = await findSession(table, user.id, caller.sessionId)
  return survivorOf(session, user, caller, now)
}
