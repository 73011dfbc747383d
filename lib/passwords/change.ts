import { randomBytes, randomUUID } from 'node:crypto'
import type { TransactWrite } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { byUser } from '../events/event.ts'
import { type Session, survivorOf } from '../sessions/session.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser, type UserChange } from '../users/store.ts'
import type { Principal, User, UserState } from '../users/user.ts'
import { hashPassword, SALT_BYTES } from './hash.ts'

/**
 * Changes the password of a caller, and revokes all access tokens and all other sessions.
 *
 * @param found - The user and the caller's session, read after the current password was verified.
 * @throws {@link ServiceError} `conflict`, if the user changed since the token was issued; `unavailable`.
 */
export async function changePassword(
  at: At,
  principal: Principal,
  { session, user }: { session?: Session | undefined; user?: UserState | undefined },
  newPassword: string,
): Promise<void> {
  const changed = () => new ServiceError('conflict', 'the user changed')
  if (user?.generation !== principal.generation) throw changed()
  const passwordHash = await hashPassword(newPassword, randomBytes(SALT_BYTES))
  // The caller's session may have ended, or been renewed, while its token was still accepted. Then it must
  // not survive.
  const survivor = survivorOf(session, user, principal, at.now)
  const changes = { passwordHash, changedAt: new Date().toISOString(), ...revokeSessions(user, survivor) }
  const change = { changes, changeId: randomUUID() }
  if (!(await changeUser(at.table, user, change, byUser(at, user.id)))) throw changed()
}

/** A new password of a user who has read a mail. */
interface Reset extends Pick<UserChange, 'moreChanges' | 'readChangeId'> {
  passwordHash: string
  /** Writes of the transaction: one spends the mail. */
  more: readonly TransactWrite[]
}

/**
 * Sets the password of a user who has read a mail, ends all sessions and revokes all tokens.
 *
 * @returns Whether the password is stored: the mail was not spent, and the user did not change.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function resetPassword(at: At, user: User, { passwordHash, ...reset }: Reset): Promise<boolean> {
  const changes = {
    passwordHash,
    // The mail went to this address, and its recipient has read it.
    emailVerified: user.email !== undefined,
    changedAt: new Date().toISOString(),
    ...revokeSessions(user),
  }
  const change = { changes, changeId: randomUUID(), detail: 'reset', ...reset } as const
  return await changeUser(at.table, user, change, byUser(at, user.id))
}
