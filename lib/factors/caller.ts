import type { Table } from '../aws/dynamodb.ts'
import { survivorOf } from '../sessions/session.ts'
import { findSession } from '../sessions/store.ts'
import type { Principal, User } from '../users/user.ts'

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
