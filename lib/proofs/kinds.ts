import type { Table } from '../aws/dynamodb.ts'
import { hasPassword } from '../passwords/hash.ts'
import { factorsOf } from '../users/factors.ts'
import { requireUnrevoked } from '../users/revocation.ts'
import { findUser } from '../users/store.ts'
import { type Principal, verifiedMailboxOf } from '../users/user.ts'
import { findProvingPasskeys } from './passkey.ts'

/** What a user proves a change of the account with. */
type ProofKind = 'password' | 'passkey' | 'mail'

/**
 * Finds what the caller proves a change with, the best one first: the password of a user who has one, and nothing else.
 *
 * @throws {@link ServiceError} `invalid_token` or `unavailable`.
 */
export async function findProofs(
  table: Table,
  { userId, generation }: Pick<Principal, 'userId' | 'generation'>,
): Promise<ProofKind[]> {
  const user = await findUser(table, userId)
  requireUnrevoked(generation, user)
  if (hasPassword(user.passwordHash)) return ['password']
  const passkeys = factorsOf(user).includes('passkey') ? await findProvingPasskeys(table, userId) : []
  return [
    ...(passkeys.length > 0 ? (['passkey'] as const) : []),
    ...(verifiedMailboxOf(user) ? (['mail'] as const) : []),
  ]
}
