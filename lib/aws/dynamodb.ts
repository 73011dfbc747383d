import { randomUUID } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { type AwsCall, awsErrorType, cancellationCodes } from './client.ts'

/** A DynamoDB attribute value, of the types this service stores. */
export type Attribute = { S: string } | { N: string } | { BOOL: boolean } | { SS: string[] } | { M: Item }

/** A single value, also one in a map. */
export type Scalar = string | number | boolean

export interface Item {
  [name: string]: Attribute
}

export interface Key {
  pk: { S: string }
  sk: { S: string }
}

/** A table, with the AWS caller of the request that uses it. */
export interface Table {
  aws: AwsCall
  name: string
}

/** Returns the attribute for a value. A list of strings becomes a set, which must not be empty. An object becomes a map. */
export function attribute(value: Scalar | string[] | Readonly<Record<string, Scalar>>): Attribute {
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'object') return Array.isArray(value) ? { SS: value } : { M: attributesOf(value) }
  return typeof value === 'number' ? { N: String(value) } : { BOOL: value }
}

/** Returns the attributes of all values that are not undefined. */
export const attributesOf = (values: object): Item =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, attribute(value)]],
    ),
  )

/**
 * Returns the expressions of an `UpdateItem` that sets values, and removes those that are `undefined`.
 *
 * @param more - Attributes in the request's condition.
 */
export function updateOf(changes: object, more: Item) {
  const set = attributesOf(changes)
  const names = Object.keys(changes)
  const removed = names.filter((name) => !set[name])
  const remove = removed.length > 0 ? ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}` : ''
  return {
    UpdateExpression: `SET ${Object.keys(set)
      .map((name) => `#${name} = :${name}`)
      .join(', ')}${remove}`,
    // Some names, such as `role`, are reserved words of DynamoDB, so all names are placeholders.
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:${name}`, value])),
      ...more,
    },
  }
}

/**
 * Reads items with one consistent call. The whole call is repeated while DynamoDB leaves some keys
 * unprocessed.
 *
 * @param keys - At most 100.
 * @param attributes - Attributes to read in addition to the keys. Without names, all are read.
 * @returns For each key its item, or `undefined`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function getItems(
  { aws, name }: Table,
  keys: readonly Key[],
  attributes?: readonly string[],
): Promise<(Item | undefined)[]> {
  const request = { Keys: keys, ConsistentRead: true, ...(attributes && projectionOf(attributes)) }
  const { Responses } = await aws('dynamodb', 'BatchGetItem', { RequestItems: { [name]: request } })
  const found = (Responses as Record<string, unknown[]> | undefined)?.[name]
  if (!Array.isArray(found)) throw new ServiceError('unavailable', 'the store returned no items')
  const items: Item[] = found.map(Object)
  return keys.map(({ pk, sk }) =>
    items.find((item) => text(item, 'pk') === pk.S && text(item, 'sk') === sk.S),
  )
}

/** Returns the expression that reads some attributes of items, and their keys. */
function projectionOf(attributes: readonly string[]) {
  const names = [...new Set(['pk', 'sk', ...attributes])]
  return {
    ProjectionExpression: names.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  }
}

/**
 * Returns the expression of {@link projectionOf} for a query. A query without `Select` may count as a read of
 * all attributes, which the permissions deny.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
 */
export const queryProjectionOf = (attributes: readonly string[]) => ({
  ...projectionOf(attributes),
  Select: 'SPECIFIC_ATTRIBUTES',
})

/**
 * Finds the items of a partition whose sort keys begin with a text, with one consistent query. They must fit into one page.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function queryBeginning(
  { aws, name }: Table,
  partition: string,
  beginning: string,
  attributes: readonly string[],
): Promise<Item[]> {
  const { Items } = await aws('dynamodb', 'Query', {
    TableName: name,
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :sk)',
    ...queryProjectionOf(attributes),
    ExpressionAttributeValues: { ':pk': { S: partition }, ':sk': { S: beginning } },
  })
  return (Items as Item[] | undefined) ?? []
}

/**
 * Makes a conditional write.
 *
 * @returns Whether the condition held.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function writeIf(
  { aws, name }: Table,
  operation: 'PutItem' | 'UpdateItem' | 'DeleteItem',
  input: object,
): Promise<boolean> {
  try {
    await aws('dynamodb', operation, { TableName: name, ...input })
    return true
  } catch (error) {
    if (awsErrorType(error) === 'ConditionalCheckFailedException') return false
    throw error
  }
}

/** A condition of a transaction that some of its writes bring along. */
export interface Demand {
  /** The input of a `ConditionCheck`, without `TableName`. */
  check: { Key: Key; ConditionExpression: string; [member: string]: unknown }
  /** Creates the error for a condition that fails. */
  refusal: () => Error
}

/** A write or a condition of a transaction: the input of its operation, without `TableName`. It may come with demands. */
export type TransactWrite = (
  | { Put: object }
  | { Update: object }
  | { Delete: object }
  | { ConditionCheck: object }
) & { demands?: readonly Demand[] | undefined }

/**
 * Makes all writes, or none of them.
 *
 * The client retries conflicts with other transactions. The request token makes that safe: within ten
 * minutes, DynamoDB executes the writes of one token only once, even if a response was lost.
 *
 * @param writes - At most 100, each of a different item.
 * @returns `undefined` if the writes were made; else for each write whether its condition failed.
 * @throws {@link ServiceError} `unavailable`, or the refusal of a demand.
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
 */
export async function transact(
  { aws, name }: Table,
  writes: readonly TransactWrite[],
): Promise<readonly boolean[] | undefined> {
  // Two events of one act have the same demands, and a transaction takes an item once.
  const demands = [...new Set(writes.flatMap(({ demands }) => demands ?? []))]
  const TransactItems = [
    ...writes.map(({ demands: _, ...write }) => write),
    ...demands.map(({ check }) => ({ ConditionCheck: check })),
  ].map((write) =>
    Object.fromEntries(Object.entries(write).map(([kind, input]) => [kind, { TableName: name, ...input }])),
  )
  try {
    await aws('dynamodb', 'TransactWriteItems', { TransactItems, ClientRequestToken: randomUUID() })
    return undefined
  } catch (error) {
    const failed = cancellationCodes(error).map((code) => code === 'ConditionalCheckFailed')
    const unmet = demands.find((_, index) => failed[writes.length + index])
    if (unmet) throw unmet.refusal()
    if (failed.includes(true)) return failed.slice(0, writes.length)
    throw error
  }
}

/** Returns a required string of an item. */
export const text = (item: Item, name: string): string => required(optionalText(item, name), name)

/** Returns an optional string of an item. */
export function optionalText(item: Item, name: string): string | undefined {
  const value = (item[name] as { S?: unknown } | undefined)?.S
  return typeof value === 'string' ? value : undefined
}

/** Returns a set of strings of an item; an empty one if it is missing. */
export const texts = (item: Item, name: string): string[] =>
  (item[name] as { SS?: string[] } | undefined)?.SS ?? []

/** Returns an optional map of an item. */
export const optionalMap = (item: Item, name: string): Record<string, Scalar> | undefined => {
  const map = (item[name] as { M?: Item } | undefined)?.M
  return map && Object.fromEntries(Object.entries(map).map(([key, value]) => [key, scalarOf(value)]))
}

const scalarOf = (value: Attribute): Scalar => {
  const { S, N, BOOL } = value as { S?: string; N?: string; BOOL?: boolean }
  return S ?? BOOL ?? Number(N)
}

/** Returns a required number of an item. */
export function number(item: Item, name: string): number {
  const value = (item[name] as { N?: unknown } | undefined)?.N
  return required(typeof value === 'string' ? Number(value) : undefined, name)
}

/** Returns an optional number of an item. */
export const optionalNumber = (item: Item, name: string): number | undefined =>
  item[name] && number(item, name)

/** Returns a required boolean of an item. */
export function flag(item: Item, name: string): boolean {
  const value = (item[name] as { BOOL?: unknown } | undefined)?.BOOL
  return required(typeof value === 'boolean' ? value : undefined, name)
}

/** Returns an optional boolean of an item. */
export const optionalFlag = (item: Item, name: string): boolean | undefined => item[name] && flag(item, name)

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new ServiceError('unavailable', `the store holds an item without ${name}`)
  return value
}
