import { randomBytes } from 'node:crypto'
import { type Table, type TransactWrite, transact } from '../aws/dynamodb.ts'
import type { At } from '../context.ts'
import { byUser, updateEventOf } from '../events/event.ts'
import { logEvent } from '../log.ts'
import type { AskedChange } from '../mail/change.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import { findUser } from '../users/store.ts'
import type { Principal, User } from '../users/user.ts'
import { CHANGE_TOKEN_RANDOM_BYTES, startChangeToken } from './change-token.ts'
import { requireNoPassword } from './refusals.ts'

/** A verified proof of an account, which is not stored yet. */
export interface Proof {
  /** The profile that was read before the proof was verified. */
  user: User
  by: 'mail' | 'passkey'
  proved: AskedChange
  /** Writes that spend it. */
  spends: readonly TransactWrite[]
  /** Creates the error for a proof that another request has spent. */
  refusal: () => Error
}

/**
 * Finds the user of a proof: the caller, who has no password.
 *
 * @throws {@link ServiceError} `invalid_token`; `conflict` with `has_password`; `unavailable`.
 */
export async function findProver(
  table: Table,
  { userId, generation }: Pick<Principal, 'userId' | 'generation'>,
): Promise<User> {
  const user = await findUser(table, userId)
  requireUnrevoked(generation, user)
  requireNoPassword(user)
  return user
}

/**
 * Spends a proof, and stores a change token in its place. Both are in one transaction with the event that names proof and change.
 *
 * @returns The change token.
 * @throws {@link ServiceError} The refusal of the proof; `unavailable`.
 */
export async function completeProof(at: At, { user, by, proved, spends, refusal }: Proof): Promise<string> {
  const { token, write } = startChangeToken(user, proved, at.now, randomBytes(CHANGE_TOKEN_RANDOM_BYTES))
  const happening = { changes: [], detail: `proved-by-${by}`, ref: proved.change } as const
  const event = updateEventOf(at.table, byUser(at, user.id), user.id, happening)
  if (await transact(at.table, [...spends, write, event])) throw refusal()
  logEvent('info', { event: 'account.proved', userId: user.id, by, change: proved.change })
  return token
}
