import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { type Act, updateEventOf } from '../events/event.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeIfUnchanged } from '../users/store.ts'
import type { User } from '../users/user.ts'
import {
  findIdentityIds,
  type Identity,
  identityIdOf,
  identityKey,
  linkWrites,
  MAX_IDENTITIES,
  ownIdentityKey,
  unlinkWrites,
} from './identity.ts'
import { identityRefusal } from './identity-refusals.ts'
import { type Pending, spendPending } from './pending.ts'

/**
 * Links the identity of a token to the user who began the link and has just proved the account, and spends the token. Sessions stay.
 *
 * @param user - The profile that was read.
 * @param changeId - Random id of this change.
 * @throws {@link ServiceError} `invalid_credentials` with `identity_expired`, also if another user began the link; `conflict` with
 *   `identity_added`, if the user has the identity; with `identity_taken`, if another account has it; `conflict`, if the user changed or
 *   has too many; `unavailable`.
 */
export async function linkIdentity(
  table: Table,
  user: User,
  { pending, changeId, spends = [] }: { pending: Pending } & Pick<Unlinking, 'changeId' | 'spends'>,
  act: Act,
): Promise<void> {
  if (pending.userId !== user.id) throw identityRefusal('identity_expired', 'another user began it')
  // A link that comes between moves `changeId`.
  const ids = await findIdentityIds(table, user.id)
  if (ids.includes(identityIdOf(pending))) throw identityRefusal('identity_added', 'the user has it')
  if (ids.length >= MAX_IDENTITIES) throw identityRefusal('too_many_identities', 'too many')
  const decision = spendPending(pending, act.now)
  const change = changeIfUnchanged(user, { changeId, changedAt: act.now.toISOString() })
  const refused = await transact(table, [
    ...decision,
    change,
    ...spends,
    ...linkWrites(user.id, identityOf(pending, act.now)),
    updateEventOf(table, act, user.id, { changes: ['identities'], detail: 'added', ref: pending.provider }),
  ])
  if (!refused) return
  if (refused.slice(0, decision.length).includes(true))
    throw identityRefusal('identity_expired', 'spent, or the provider changed')
  // The user's own link of the same identity may have come between, or another use of the proof.
  const ofUser = refused.slice(decision.length, decision.length + 1 + spends.length)
  if (ofUser.includes(true)) throw new ServiceError('conflict', 'the user changed')
  throw identityRefusal('identity_taken', 'another account has it')
}

/** Returns the identity of a token, as it is stored. */
export const identityOf = (
  { provider, issuer, subject, label }: Pending,
  now: Date,
): Omit<Identity, 'id'> => ({ provider, issuer, subject, label, createdAt: now.toISOString() })

/**
 * Unlinks an identity, ends all other sessions and revokes all access tokens: one of the sessions may have begun with the identity.
 *
 * @param user - The profile that was read before the identity.
 * @param survivingSession - The caller's sign-in, if it is live.
 * @returns Whether it is stored: the user and the identity have not changed since the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function unlinkIdentity(
  table: Table,
  user: Pick<User, 'id' | 'generation' | 'sessionGeneration' | 'changeId'>,
  { identity, changeId, spends = [], survivingSession }: Unlinking,
  act: Act,
): Promise<boolean> {
  const changes = { changeId, changedAt: act.now.toISOString(), ...revokeSessions(user, survivingSession) }
  return !(await transact(table, [
    changeIfUnchanged(user, changes),
    ...unlinkWrites(user.id, identity.id),
    ...spends,
    updateEventOf(table, act, user.id, {
      changes: ['identities'],
      detail: 'removed',
      ref: identity.provider,
    }),
  ]))
}

/** A removal of one identity. */
interface Unlinking {
  identity: Pick<Identity, 'id' | 'provider'>
  /** Random id of this change. */
  changeId: string
  /** Writes that spend the proof of the user, if it was no password. */
  spends?: readonly TransactWrite[]
  survivingSession?: string | undefined
}

/**
 * Returns the writes that remove all identities of a user: at most 20, for a transaction with a change of the profile.
 *
 * That change must have the condition that `changeId` is the one that was read. Then no identity was linked or unlinked since. Read the
 * profile before calling this function.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export const removalOfIdentities = async (table: Table, userId: string): Promise<TransactWrite[]> =>
  identityRemovals(userId, await findIdentityIds(table, userId))

/** Returns the writes of {@link removalOfIdentities} for identities that were read. */
export const identityRemovals = (userId: string, ids: readonly string[]): TransactWrite[] =>
  ids.flatMap((id) => [{ Delete: { Key: identityKey(id) } }, { Delete: { Key: ownIdentityKey(userId, id) } }])
