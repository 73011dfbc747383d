import type { Role } from '../application/roles.ts'
import type { Table } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { revokeSessions, revokeTokens } from '../users/revocation.ts'
import { changeUser } from '../users/store.ts'
import type { Administered } from './accounts.ts'

// Changes of users by operators, each in one attempt. No change writes a time that decides about a session or token: the operator's
// clock may be wrong.

/**
 * Changes the role of a user. Access tokens carry the role, so those issued before are revoked.
 *
 * @param change - `changeId` is a random id of this change.
 * @returns Whether it is stored: the user has not changed since the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export const setRole = (
  table: Table,
  user: Administered,
  { role, changeId }: { role: Role; changeId: string },
  act: Act,
): Promise<boolean> => {
  const changes = { role, changedAt: act.now.toISOString(), ...revokeTokens(user) }
  return changeUser(table, user, { changes, changeId, detail: role }, act)
}

/**
 * Disables or enables a user, and ends all sessions. A session or token that was issued by mistake while the user was disabled
 * stays invalid. See {@link setRole} for the result.
 */
export const setDisabled = (
  table: Table,
  user: Administered,
  { disabled, changeId }: { disabled: boolean; changeId: string },
  act: Act,
): Promise<boolean> => {
  const changes = { disabled, changedAt: act.now.toISOString(), ...revokeSessions(user) }
  return changeUser(table, user, { changes, changeId, detail: disabled ? 'disabled' : 'enabled' }, act)
}

/**
 * Ends all sessions of a user. See {@link setRole} for the result.
 *
 * @param change - `ref` is the id of the identity provider whose users it is about, for the event.
 */
export const endSessions = (
  table: Table,
  user: Administered,
  { changeId, ref }: { changeId: string; ref?: string | undefined },
  act: Act,
): Promise<boolean> =>
  changeUser(table, user, { changes: revokeSessions(user), changeId, detail: 'sessions-ended', ref }, act)
