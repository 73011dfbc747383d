import { ServiceError } from '../errors.ts'
import { type AwsCall, awsErrorType } from './client.ts'

/** A DynamoDB attribute value, of the types this service stores. */
export type Attribute = { S: string } | { N: string } | { BOOL: boolean }

export type Item = Record<string, Attribute>

export interface Key {
  pk: { S: string }
  sk: { S: string }
}

/** A table, with the AWS caller of the request that uses it. */
export interface Table {
  aws: AwsCall
  name: string
}

/** One value for each type that {@link Attribute} knows. */
export function attribute(value: string | number | boolean): Attribute {
  if (typeof value === 'string') return { S: value }
  return typeof value === 'number' ? { N: String(value) } : { BOOL: value }
}

/** Attributes of all values that are there. */
export const attributesOf = (values: object): Item =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, attribute(value)]],
    ),
  )

/**
 * The parts of an `UpdateItem` that sets values, and removes those that are `undefined`.
 *
 * @param more - Attributes that the request's condition speaks of.
 */
export function updateOf(changes: object, more: Item) {
  const set = Object.entries(changes).filter(([, value]) => value !== undefined)
  const removed = Object.keys(changes).filter((name) => !set.some(([kept]) => kept === name))
  const remove = removed.length > 0 ? ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}` : ''
  return {
    UpdateExpression: `SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}${remove}`,
    // Some names are reserved words of DynamoDB, `role` for one, so all go in as placeholders.
    ExpressionAttributeNames: Object.fromEntries(Object.keys(changes).map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, attribute(value)])),
      ...more,
    },
  }
}

/**
 * Reads items, as of this moment, in one call.
 *
 * @param keys - At most 100.
 * @returns For each key its item, or `undefined`.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function getItems({ aws, name }: Table, keys: readonly Key[]): Promise<(Item | undefined)[]> {
  const items: Item[] = []
  for (let wanted: readonly Key[] | undefined = keys; wanted !== undefined; ) {
    const input = { RequestItems: { [name]: { Keys: wanted, ConsistentRead: true } } }
    const output = await aws('dynamodb', 'BatchGetItem', input)
    const found = (output.Responses as Record<string, Item[]> | undefined)?.[name]
    if (!Array.isArray(found)) throw new ServiceError('unavailable', 'the store returned no items')
    items.push(...found.map(Object))
    // DynamoDB leaves over what it is too busy for, and counts the call as a success.
    wanted = (output.UnprocessedKeys as Record<string, { Keys: Key[] }> | undefined)?.[name]?.Keys
  }
  return keys.map(({ pk, sk }) =>
    items.find((item) => text(item, 'pk') === pk.S && text(item, 'sk') === sk.S),
  )
}

/**
 * Writes, on a condition.
 *
 * @returns Whether the condition held.
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

/** A string that an item must have. */
export const text = (item: Item, name: string): string => required(optionalText(item, name), name)

/** A string that an item may have. */
export function optionalText(item: Item, name: string): string | undefined {
  const value = (item[name] as { S?: unknown } | undefined)?.S
  return typeof value === 'string' ? value : undefined
}

/** A number that an item must have. */
export function number(item: Item, name: string): number {
  const value = (item[name] as { N?: unknown } | undefined)?.N
  return required(typeof value === 'string' ? Number(value) : undefined, name)
}

/** A truth value that an item must have. */
export function flag(item: Item, name: string): boolean {
  const value = (item[name] as { BOOL?: unknown } | undefined)?.BOOL
  return required(typeof value === 'boolean' ? value : undefined, name)
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new ServiceError('unavailable', `the store holds an item without ${name}`)
  return value
}
