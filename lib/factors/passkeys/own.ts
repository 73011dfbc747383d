import type { Table } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import { requireUnrevoked } from '../../users/revocation.ts'
import { findRevocationState } from '../../users/store.ts'
import type { Principal } from '../../users/user.ts'
import type { Passkey } from './passkey.ts'
import { findPasskeys } from './store.ts'

/**
 * Finds the caller's passkeys, the oldest first.
 *
 * @throws {@link ServiceError} `invalid_token`, if the caller's token was revoked; `unavailable`.
 */
export async function findOwnPasskeys(
  table: Table,
  { userId, generation }: Pick<Principal, 'userId' | 'generation'>,
): Promise<Passkey[]> {
  const [user, passkeys] = await together([findRevocationState(table, userId), findPasskeys(table, userId)])
  requireUnrevoked(generation, user)
  return passkeys
}
