import { type Item, type Key, type Table, text } from '../../lib/aws/dynamodb.ts'
import { valuesOf } from '../../lib/aws/item.ts'
import { allItems, readItems } from '../../lib/aws/pages.ts'
import { API, type Api } from '../../lib/oauth/apis/api.ts'
import { type ClientWithSecrets, clientIn } from '../../lib/oauth/clients/store.ts'
import { URL_CLIENT, type UrlClient } from '../../lib/oauth/clients/url-client.ts'
import { directoryOf, type Kind } from '../../lib/oauth/directory.ts'

/** Reads the keys of all items of a kind. */
export async function keysOf(table: Table, kind: Kind): Promise<Key[]> {
  const entries = await allItems(table, 'Query', {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': directoryOf(kind) },
  })
  return entries.map((entry) => ({ pk: { S: text(entry, 'sk') }, sk: { S: kind } }))
}

/** Reads all items of the directory. One that was deleted concurrently is left out. */
const itemsOf = async (table: Table, kind: Kind): Promise<Item[]> =>
  readItems(table, await keysOf(table, kind))

/** Reads all clients, sorted by id. */
export const allClients = async (table: Table): Promise<ClientWithSecrets[]> =>
  (await itemsOf(table, 'client')).map(clientIn).sort((a, b) => (a.id < b.id ? -1 : 1))

/** Reads all APIs, sorted by identifier. */
export const allApis = async (table: Table): Promise<Api[]> =>
  (await itemsOf(table, 'api'))
    .map((item) => valuesOf(API, item))
    .sort((a, b) => (a.identifier < b.identifier ? -1 : 1))

/** Reads what operators have decided about clients that are URLs, sorted by URL and host. */
export const allDecisions = async (table: Table): Promise<UrlClient[]> =>
  (await itemsOf(table, 'url-client'))
    .map((item: Item) => valuesOf(URL_CLIENT, item))
    .sort((a, b) => (a.target < b.target ? -1 : 1))
