import { type Item, queryProjectionOf, type Table, text } from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { secondOf } from '../../time.ts'
import { APP, type App, grantsOf } from './app.ts'
import { GRANT, type Grant } from './grant.ts'

/** What a list has of a grant. No secret. */
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

/** What is read of apps and grants for a list. */
export const LISTED: string[] = [...namesOf(APP), ...LISTED_GRANT, 'endedAt']

/** A grant in a list. */
export type ListedGrant = Pick<Grant, 'userId' | 'id' | (typeof LISTED_GRANT)[number]>

/**
 * Finds all apps of a user, and the grants that have neither been ended nor expired, with consistent reads.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findAllowed(
  table: Table,
  userId: string,
  now: Date,
): Promise<{ apps: App[]; grants: ListedGrant[] }> {
  const items: Item[] = []
  let from: object | undefined
  do {
    const { Items, LastEvaluatedKey } = await query(table, userId, LISTED, from)
    items.push(...(Items as Item[]))
    from = LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: LastEvaluatedKey }
  } while (from)
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
    grants: grants.filter(({ expiresAt }) => expiresAt > secondOf(now)),
  }
}

const query = ({ aws, name }: Table, userId: string, attributes: readonly string[], more: object = {}) =>
  aws('dynamodb', 'Query', {
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk',
    ...queryProjectionOf(attributes),
    ExpressionAttributeValues: { ':pk': grantsOf(userId) },
    ...more,
  })
