import { randomUUID } from 'node:crypto'
import { batchesOf } from '../../aws/batches.ts'
import {
  attribute,
  attributesOf,
  getItems,
  type Item,
  type Table,
  type TransactWrite,
  text,
  transact,
  updateOf,
} from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { together } from '../../aws/together.ts'
import { type Act, eventOf } from '../../events/event.ts'
import type { DetailOf } from '../../events/types.ts'
import { ownerKey } from '../apis/store.ts'
import { listed, unlisted } from '../directory.ts'
import { scopeIn } from '../scopes.ts'
import { CLIENT, type Client, isClientId } from './client.ts'
import { CLIENT_SECRETS, type ClientSecrets } from './secret.ts'
import { DECISION, decisionKeys, hostOf, isClientUrl, urlClientKey, urlClientOf } from './url-client.ts'

/** A client with its secrets. */
export type ClientWithSecrets = Client & ClientSecrets

/** Returns the key of a client's item, whose partition is also that of its events. */
export const clientKey = (id: string) => ({ pk: { S: `client#${id}` }, sk: { S: 'client' } })

/**
 * Finds a client with a consistent read, without its secrets. Nothing caches it, so removing a client has an
 * effect at once. A client that is a URL comes without its document; see {@link urlClientOf}.
 *
 * @param id - As a request has it.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findClient(table: Table, id: string): Promise<Client | undefined> {
  if (isClientUrl(id)) return findUrlClient(table, id)
  if (!isClientId(id)) return undefined
  const [item] = await getItems(table, [clientKey(id)], namesOf(CLIENT))
  return item && { id, ...valuesOf(CLIENT, item) }
}

/**
 * Finds clients, as {@link findClient} does.
 *
 * @returns Those that exist.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findClients(table: Table, ids: readonly string[]): Promise<Client[]> {
  const read = batchesOf(ids.filter(isClientId)).map(async (batch) => {
    const items = await getItems(table, batch.map(clientKey), namesOf(CLIENT))
    return batch.flatMap((id, at) => (items[at] ? [{ id, ...valuesOf(CLIENT, items[at]) }] : []))
  })
  return (await together([...read, findUrlClients(table, ids.filter(isClientUrl))])).flat()
}

/** Finds clients that are URLs. Those of one host share the decisions about it, which are read once. */
async function findUrlClients(table: Table, urls: readonly string[]): Promise<Client[]> {
  const targets = [...new Set(urls.flatMap((url) => [url, hostOf(url)]))]
  const read = batchesOf(targets).map(async (batch) => {
    const items = await getItems(table, batch.map(urlClientKey), DECISION)
    return batch.map((target, at) => [target, items[at]] as const)
  })
  const decisions = new Map((await together(read)).flat())
  return urls.map((url) => urlClientOf(url, [decisions.get(url), decisions.get(hostOf(url))]))
}

/**
 * Every URL of the form is a client. Only approvals check that its host is allowed, and read its document.
 */
const findUrlClient = async (table: Table, url: string): Promise<Client> =>
  urlClientOf(url, await getItems(table, decisionKeys(url), DECISION))

/**
 * Finds a client and the hashes of its secrets, as {@link findClient} does.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findClientWithSecrets(
  table: Table,
  id: string,
): Promise<ClientWithSecrets | undefined> {
  if (isClientUrl(id)) return findUrlClient(table, id)
  if (!isClientId(id)) return undefined
  const [item] = await getItems(table, [clientKey(id)], [...namesOf(CLIENT), ...namesOf(CLIENT_SECRETS)])
  return item && clientIn(item)
}

/** Returns the client of a whole item. */
export const clientIn = (item: Item): ClientWithSecrets => ({
  id: text(item, 'pk').replace(/^client#/, ''),
  ...valuesOf(CLIENT, item),
  ...valuesOf(CLIENT_SECRETS, item),
})

/**
 * The outcome of a write. `changed`: the client has changed since it was read. `no-scope`: an API gave up a
 * scope that the client gets.
 */
export type ClientOutcome = 'done' | 'changed' | 'no-scope'

/**
 * Stores a new client, on condition that no client has its id. Only operators call this function and those
 * below.
 *
 * @returns `changed` if a client has the id.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function createClient(
  table: Table,
  client: ClientWithSecrets,
  act: Act,
): Promise<ClientOutcome> {
  const { id, ...values } = client
  const put = {
    Item: { ...clientKey(id), ...attributesOf(stored(values)) },
    ConditionExpression: 'attribute_not_exists(pk)',
  }
  const event = { type: 'client.created', subject: subjectOf(client), detail: client.type } as const
  const refused = await transact(table, [
    { Put: put },
    ...scopesExist(client.scopes),
    listed(clientKey(id)),
    eventOf(table, act, event),
  ])
  return refused ? outcomeOf(refused) : 'done'
}

/** A change of a client. */
export interface ClientChange {
  /** New values; `undefined` removes one. */
  changes: Partial<Omit<ClientWithSecrets, 'id' | 'type' | 'changeId' | 'createdAt' | 'changedAt'>>
  detail?: DetailOf<'client.updated'>
}

/**
 * Changes a client, on condition that it has not changed since it was read.
 *
 * @param client - The stored client, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeClient(
  table: Table,
  client: ClientWithSecrets,
  { changes, detail }: ClientChange,
  act: Act,
): Promise<ClientOutcome> {
  const changeId = randomUUID()
  const all = { ...changes, changeId, changedAt: act.now.toISOString() }
  const update = {
    Key: clientKey(client.id),
    ConditionExpression: AS_READ,
    ...updateOf(stored(all), { ':readChangeId': attribute(client.changeId) }),
  }
  const added = changes.scopes?.filter((entry) => !client.scopes.includes(entry)) ?? []
  const names = Object.keys(changes).filter((name) => !IMPLIED.test(name))
  const event = { type: 'client.updated', subject: subjectOf(client), changes: names, detail } as const
  const writes = [{ Update: update }, ...scopesExist(added), eventOf(table, act, event)]
  const refused = await transact(table, writes)
  return refused ? outcomeOf(refused) : 'done'
}

/**
 * Removes a client, on condition that it has not changed since it was read. All its codes and grants are
 * invalid from then on. That also holds if a client with the same id is added: its generation is another one.
 *
 * @param client - The stored client, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeClient(table: Table, client: Client, act: Act): Promise<ClientOutcome> {
  const remove = {
    Key: clientKey(client.id),
    ConditionExpression: AS_READ,
    ExpressionAttributeValues: { ':readChangeId': attribute(client.changeId) },
  }
  const event = { type: 'client.deleted', subject: subjectOf(client) } as const
  const refused = await transact(table, [
    { Delete: remove },
    unlisted(clientKey(client.id)),
    eventOf(table, act, event),
  ])
  return refused ? 'changed' : 'done'
}

const AS_READ = 'changeId = :readChangeId'

/** Values that change together with others. The event names only the others. */
const IMPLIED = /^(generation|earlierSecret\w+)$/

/** DynamoDB has no empty set, so an empty list is a missing attribute. */
const stored = (values: object): object =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      Array.isArray(value) && value.length === 0 ? undefined : value,
    ]),
  )

/** Returns the conditions that the APIs still have scopes that a client gets. */
const scopesExist = (entries: readonly string[]): TransactWrite[] =>
  entries.flatMap((entry) => {
    const { identifier, scope } = scopeIn(entry)
    if (identifier === undefined) return []
    const condition = {
      Key: ownerKey(scope),
      ConditionExpression: 'identifier = :identifier',
      ExpressionAttributeValues: { ':identifier': attribute(identifier) },
    }
    return [{ ConditionCheck: condition }]
  })

/** Returns the partition of a client's events. */
const subjectOf = ({ id }: Pick<Client, 'id'>): string => clientKey(id).pk.S

/** Returns why a transaction was refused. Its first write is that of a client. */
const outcomeOf = ([isChanged]: readonly boolean[]): ClientOutcome => (isChanged ? 'changed' : 'no-scope')
