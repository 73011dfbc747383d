import { randomUUID } from 'node:crypto'
import {
  attribute,
  attributesOf,
  getItems,
  optionalText,
  type Table,
  type TransactWrite,
  transact,
  updateOf,
} from '../../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../../aws/item.ts'
import { type Act, eventOf } from '../../events/event.ts'
import { listed, unlisted } from '../directory.ts'
import { API, type Api, apiKey, linesOf, normalForm } from './api.ts'

/** Returns the key of the item that says which API a scope's name belongs to. */
export const ownerKey = (scope: string) => ({ pk: { S: `scope#${scope}` }, sk: { S: 'owner' } })

/**
 * Finds APIs with one consistent read. Nothing caches them.
 *
 * @param identifiers - See `isApiIdentifier` in `api.ts`. At most 100, in any spelling of the same normal form.
 * @returns Those that exist, each once.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findApis(table: Table, identifiers: readonly string[]): Promise<Api[]> {
  if (identifiers.length === 0) return []
  // A batch must not have a key twice.
  const keys = new Map(identifiers.map((identifier) => [normalForm(identifier), apiKey(identifier)]))
  const items = await getItems(table, [...keys.values()], namesOf(API))
  return items.flatMap((item) => (item ? [valuesOf(API, item)] : []))
}

/**
 * Finds the identifiers of the APIs that scopes belong to, with one consistent read.
 *
 * @param scopes - Names, at most 100.
 * @returns For each name the identifier, or `undefined`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findOwners(
  table: Table,
  scopes: readonly string[],
): Promise<Map<string, string | undefined>> {
  if (scopes.length === 0) return new Map()
  const names = [...new Set(scopes)]
  const items = await getItems(table, names.map(ownerKey), ['identifier'])
  return new Map(names.map((scope, at) => [scope, items[at] && optionalText(items[at], 'identifier')]))
}

/**
 * The outcome of a write. `changed`: the API has changed since it was read. `taken`: another API has one of
 * the scopes' names.
 */
export type ApiOutcome = 'done' | 'changed' | 'taken'

/**
 * Stores a new API and claims the names of its scopes in one transaction, so that a name belongs to one API.
 * Only operators call this function and those below.
 *
 * @returns `changed` if an API has an identifier with the same normal form.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function createApi(table: Table, api: Api, act: Act): Promise<ApiOutcome> {
  const put = {
    Item: { ...apiKey(api.identifier), ...attributesOf(valuesIn(api)) },
    ConditionExpression: 'attribute_not_exists(pk)',
  }
  const refused = await transact(table, [
    { Put: put },
    ...api.scopes.map(({ name }) => claim(name, api.identifier)),
    listed(apiKey(api.identifier)),
    eventOf(table, act, { type: 'api.created', subject: subjectOf(api) }),
  ])
  return refused ? outcomeOf(refused) : 'done'
}

/**
 * Changes an API, on condition that it has not changed since it was read.
 *
 * @param api - The stored API, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeApi(
  table: Table,
  api: Api,
  changes: Partial<Pick<Api, 'name' | 'scopes' | 'urlClients'>>,
  act: Act,
): Promise<ApiOutcome> {
  const { identifier } = api
  const changeId = randomUUID()
  const before = api.scopes.map(({ name }) => name)
  const after = (changes.scopes ?? api.scopes).map(({ name }) => name)
  const update = {
    Key: apiKey(identifier),
    ConditionExpression: AS_READ,
    ...updateOf(valuesIn({ ...changes, changeId, changedAt: act.now.toISOString() }), {
      ':readChangeId': attribute(api.changeId),
    }),
  }
  const refused = await transact(table, [
    { Update: update },
    ...after.filter((name) => !before.includes(name)).map((name) => claim(name, identifier)),
    ...before.filter((name) => !after.includes(name)).map((name) => free(name, identifier)),
    eventOf(table, act, { type: 'api.updated', subject: subjectOf(api), changes: Object.keys(changes) }),
  ])
  return refused ? outcomeOf(refused) : 'done'
}

/**
 * Removes an API and frees the names of its scopes, on condition that it has not changed since it was read.
 *
 * @param api - The stored API, from a read before.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function removeApi(table: Table, api: Api, act: Act): Promise<ApiOutcome> {
  const remove = {
    Key: apiKey(api.identifier),
    ConditionExpression: AS_READ,
    ExpressionAttributeValues: { ':readChangeId': attribute(api.changeId) },
  }
  const refused = await transact(table, [
    { Delete: remove },
    ...api.scopes.map(({ name }) => free(name, api.identifier)),
    unlisted(apiKey(api.identifier)),
    eventOf(table, act, { type: 'api.deleted', subject: subjectOf(api) }),
  ])
  return refused ? 'changed' : 'done'
}

const AS_READ = 'changeId = :readChangeId'

const valuesIn = ({ scopes, ...values }: Partial<Api>) => ({
  ...values,
  ...(scopes && { scopes: scopes.flatMap(linesOf) }),
})

const claim = (scope: string, identifier: string): TransactWrite => ({
  Put: {
    Item: { ...ownerKey(scope), identifier: attribute(identifier) },
    ConditionExpression: 'attribute_not_exists(pk)',
  },
})

const free = (scope: string, identifier: string): TransactWrite => ({
  Delete: {
    Key: ownerKey(scope),
    ConditionExpression: 'identifier = :identifier',
    ExpressionAttributeValues: { ':identifier': attribute(identifier) },
  },
})

/** Returns the partition of an API's events. */
const subjectOf = ({ identifier }: Pick<Api, 'identifier'>): string => apiKey(identifier).pk.S

/** Returns why a transaction was refused. Its first write is that of an API. */
const outcomeOf = ([isChanged]: readonly boolean[]): ApiOutcome => (isChanged ? 'changed' : 'taken')
