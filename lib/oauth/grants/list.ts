import { batchesOf } from '../../aws/batches.ts'
import { type Item, type Key, queryProjectionOf, type Table, text, transact } from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { together } from '../../aws/together.ts'
import type { Act } from '../../events/event.ts'
import { secondOf } from '../../time.ts'
import { APP, type App, grantsOf } from './app.ts'
import { GRANT, type Grant } from './grant.ts'
import { endGrant } from './store.ts'

/** Attributes of a grant in a list: no secret. */
const LISTED_GRANT = [
  'clientId',
  'clientGeneration',
  'appGeneration',
  'sessionGeneration',
  'scope',
  'sessionId',
  'offline',
  'createdAt',
  'lastUsedAt',
  'shownUsedAt',
  'expiresAt',
] as const

/** Attributes of apps and grants that a list reads. */
export const LISTED: string[] = [...namesOf(APP), ...LISTED_GRANT, 'endedAt']

/** A grant in a list. */
export type ListedGrant = Pick<Grant, 'userId' | 'id' | (typeof LISTED_GRANT)[number]>

/** Items that one transaction deletes. */
const DELETIONS = 100

/** Grants that end in parallel. */
const ENDINGS_AT_ONCE = 25

/**
 * Finds all apps of a user, and the grants that have not been ended, with consistent reads. Those with `offline_access` have not
 * expired either. The others expire with their session: see `isExpired` in `grant.ts`.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAllowed(
  table: Table,
  userId: string,
  now: Date,
): Promise<{ apps: App[]; grants: ListedGrant[] }> {
  const items = await itemsOf(table, userId, LISTED)
  const isApp = (item: Item) => text(item, 'sk').startsWith('app#')
  const grants = items
    .filter((item) => !isApp(item) && item.endedAt === undefined)
    .map((item) => ({
      userId,
      id: text(item, 'sk').replace(/^grant#/, ''),
      ...valuesOf(GRANT, item, LISTED_GRANT),
    }))
  return {
    apps: items.filter(isApp).map((item) => valuesOf(APP, item)),
    grants: grants.filter(({ offline, expiresAt }) => !offline || expiresAt > secondOf(now)),
  }
}

/**
 * Ends the grants that began in a session and outlive it. The others end with the session.
 *
 * @param session - It has ended before, so no new grant can begin in it after the read.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endGrantsOfSession(
  table: Table,
  { userId, id }: { userId: string; id: string },
  act: Act,
): Promise<void> {
  const { grants } = await findAllowed(table, userId, act.now)
  const born = grants.filter(({ sessionId, offline }) => sessionId === id && offline)
  for (const batch of batchesOf(born, ENDINGS_AT_ONCE)) {
    await together(batch.map((grant) => endGrant(table, grant, 'session-ended', act)))
  }
}

/**
 * Finds the keys of a user's apps and grants, before the user is removed. After that, an import may have
 * added the same id again.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export const keysOfAllowed = async (table: Table, userId: string): Promise<Key[]> =>
  (await itemsOf(table, userId, [])).map(({ pk, sk }) => ({ pk, sk }) as Key)

/**
 * Deletes the apps and grants of a removed user. Apps never expire.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function deleteAllowed(table: Table, keys: readonly Key[]): Promise<void> {
  for (const batch of batchesOf(keys, DELETIONS)) {
    await transact(
      table,
      batch.map((Key) => ({ Delete: { Key } })),
    )
  }
}

async function itemsOf({ aws, name }: Table, userId: string, attributes: readonly string[]): Promise<Item[]> {
  const items: Item[] = []
  let from: object | undefined
  do {
    const { Items, LastEvaluatedKey } = await aws('dynamodb', 'Query', {
      TableName: name,
      ConsistentRead: true,
      KeyConditionExpression: '#pk = :pk',
      ...queryProjectionOf(attributes),
      ExpressionAttributeValues: { ':pk': grantsOf(userId) },
      ...from,
    })
    items.push(...(Items as Item[]))
    from = LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: LastEvaluatedKey }
  } while (from)
  return items
}
