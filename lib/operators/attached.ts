import { type Key, queryProjectionOf, type Table, text } from '../aws/dynamodb.ts'
import { allItems } from '../aws/pages.ts'
import { grantsOf } from '../oauth/grants/app.ts'
import { eachOf, inParallel } from '../sequences.ts'
import { nameKey, profileKey } from '../users/store.ts'
import { loginNamesOf, type User } from '../users/user.ts'

const DELETIONS_IN_FLIGHT = 8

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

/**
 * Finds sessions, counters and marks, but no profile and no name: a new user may claim the name.
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
    attached.push(...keys.filter(({ sk }) => sk.S !== 'profile' && sk.S !== 'name'))
  }
  return attached
}

/** Deletes items, several at a time. */
export async function deleteItems({ aws, name }: Table, keys: readonly Key[]): Promise<void> {
  await inParallel(DELETIONS_IN_FLIGHT, eachOf(keys), async (Key) => {
    await aws('dynamodb', 'DeleteItem', { TableName: name, Key })
  })
}
