import type { Key, Table, TransactWrite } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { Act } from '../events/event.ts'
import { removalOfFactors } from '../factors/removal.ts'
import { removalOfIdentities } from '../federation/link.ts'
import { deleteAllowed, keysOfAllowed } from '../oauth/grants/list.ts'
import { type Outcome, removeUser } from '../users/names.ts'

/** What goes with a user. */
export interface Removal {
  /** Writes that remove the factors and identities, in the transaction of the profile. */
  writes: readonly TransactWrite[]
  /** Keys of what the user allows apps. */
  allowed: readonly Key[]
}

/**
 * Finds what goes with a user, with consistent reads. Read the profile before calling this function.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findRemoval(table: Table, userId: string): Promise<Removal> {
  const [factors, identities, allowed] = await together([
    removalOfFactors(table, userId),
    removalOfIdentities(table, userId),
    keysOfAllowed(table, userId),
  ])
  return { writes: [...factors, ...identities], allowed }
}

/**
 * Removes a user. Profile, names, factors and identities go in one transaction: from then on all sessions and tokens are
 * invalid. Then it deletes what the user allowed apps.
 *
 * @param user - The profile that was read.
 * @param removal - What was found after that read.
 * @returns `done` or `changed`, as `removeUser` in `lib/users/names.ts`.
 * @throws {@link ServiceError} `unavailable`. The user may be removed.
 */
export async function removeAccount(
  table: Table,
  user: Parameters<typeof removeUser>[1],
  { writes, allowed }: Removal,
  act: Act,
): Promise<Outcome> {
  const outcome = await removeUser(table, user, writes, act)
  if (outcome === 'done') await deleteAllowed(table, allowed)
  return outcome
}
