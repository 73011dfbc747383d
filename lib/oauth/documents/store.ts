import { hash } from 'node:crypto'
import { attributesOf, getItems, number, type Table } from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { secondOf } from '../../time.ts'
import { DOCUMENT, type Document } from './document.ts'

/** How long a document is used before it is fetched again. */
const FRESH_SECONDS = 3_600

/** How long a document is used while its host does not respond. */
const KEPT_SECONDS = 86_400

const documentKey = (url: string) => ({
  pk: { S: `document#${hash('sha256', url, 'base64url')}` },
  sk: { S: 'document' },
})

/** Returns the times of a document that has just been fetched. */
export const timesOf = (now: Date): Pick<Document, 'staleAt' | 'expiresAt'> => ({
  staleAt: secondOf(now) + FRESH_SECONDS,
  expiresAt: secondOf(now) + KEPT_SECONDS,
})

/**
 * Finds a metadata document in the cache with a consistent read. It may be stale.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findDocument(table: Table, url: string, now: Date): Promise<Document | undefined> {
  const [item] = await getItems(table, [documentKey(url)], namesOf(DOCUMENT))
  return item && number(item, 'expiresAt') > secondOf(now) ? valuesOf(DOCUMENT, item) : undefined
}

/**
 * Drops a document from the cache. The item stays, without a document, until DynamoDB deletes it. So the
 * function needs no right to delete.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function dropDocument({ aws, name }: Table, url: string, now: Date): Promise<void> {
  const Item = { ...documentKey(url), ...attributesOf({ expiresAt: secondOf(now) }) }
  await aws('dynamodb', 'PutItem', { TableName: name, Item })
}

/**
 * Stores a metadata document in the cache. Two requests at once may store it twice.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function storeDocument({ aws, name }: Table, url: string, document: Document): Promise<void> {
  const Item = { ...documentKey(url), ...attributesOf(document) }
  await aws('dynamodb', 'PutItem', { TableName: name, Item })
}
