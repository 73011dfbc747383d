import { type Key, queryProjectionOf, type Table, type TransactWrite, text } from '../aws/dynamodb.ts'
import { allItems } from '../aws/pages.ts'
import { together } from '../aws/together.ts'
import type { Act } from '../events/event.ts'
import { isFactorItem, removalOfFactors } from '../factors/removal.ts'
import { removalOfIdentities } from '../federation/link.ts'
import { grantsOf } from '../oauth/grants/app.ts'
import { deleteAllowed, keysOfAllowed } from '../oauth/grants/list.ts'
import { eachOf, inParallel } from '../sequences.ts'
import { type Outcome, removeUser } from '../users/names.ts'
import { nameKey, profileKey } from '../users/store.ts'
import { loginNamesOf, type User } from '../users/user.ts'

const DELETIONS_IN_FLIGHT = 8

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

/**
 * Finds the sessions, counters and marks of a user, and what the user allows apps, before the user is removed. After that, an import may have brought
 * the same id back, and the sessions would be those of the new user.
 */
export function attachedTo(table: Table, user: Pick<User, 'id' | 'username' | 'email'>): Promise<Key[]> {
  const names = loginNamesOf(user).map((name) => nameKey(name).pk.S)
  return attachedIn(table, [profileKey(user.id).pk.S, grantsOf(user.id).S, ...names])
}

/** Finds the counters and marks of login names. */
export const attachedToNames = (table: Table, loginNames: readonly string[]): Promise<Key[]> =>
  attachedIn(
    table,
    loginNames.map((name) => nameKey(name).pk.S),
  )

/** Whether an item goes in the transaction of the profile. Later it may be that of a new user with the same id or name. */
const isOfProfile = (sk: string): boolean =>
  sk === 'profile' || sk === 'name' || sk.startsWith('identity#') || isFactorItem(sk)

/**
 * Finds sessions, counters and marks.
 *
 * @param partitions - Partition keys of users and names.
 */
async function attachedIn(table: Table, partitions: readonly string[]): Promise<Key[]> {
  const attached: Key[] = []
  for (const partition of partitions) {
    const items = await allItems(table, 'Query', {
      KeyConditionExpression: '#pk = :pk',
      ...queryProjectionOf([]),
      ExpressionAttributeValues: { ':pk': { S: partition } },
    })
    const keys = items.map((item): Key => ({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }))
    attached.push(...keys.filter(({ sk }) => !isOfProfile(sk.S)))
  }
  return attached
}

/** Deletes items, several at a time. */
export async function deleteItems({ aws, name }: Table, keys: readonly Key[]): Promise<void> {
  await inParallel(DELETIONS_IN_FLIGHT, eachOf(keys), async (Key) => {
    await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
  })
}
