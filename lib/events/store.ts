import { type Item, queryProjectionOf, type Table, text } from '../aws/dynamodb.ts'
import { namesOf, valuesOf } from '../aws/item.ts'
import {
  type AuditEvent,
  EVENT,
  EVENT_CLASSES,
  eventsTableOf,
  partitionOf,
  SIGN_IN_SECONDS,
} from './event.ts'
import type { EventClass } from './types.ts'

/** Attributes that are read of an event. */
export const STORED_EVENT = namesOf(EVENT)

/** One page of events, the newest first. */
export interface EventPage {
  events: AuditEvent[]
  /** Start of the next page; `undefined` on the last page. */
  next?: string | undefined
}

/** The selection of a page's events. */
export interface PageRequest {
  limit: number
  /** Place of the event before which the page begins: `next` of the page before. It need not exist. */
  before?: string | undefined
}

/**
 * Finds the events of an account, with one consistent query for each class of events.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function eventsOfUser(
  table: Table,
  userId: string,
  { limit, before }: PageRequest,
): Promise<EventPage> {
  const queries = EVENT_CLASSES.map((kind) => newestOf(table, userId, kind, { limit: limit + 1, before }))
  const found = (await Promise.all(queries)).flat().sort(newestFirst)
  const events = found.slice(0, limit)
  const last = events.at(-1)
  return { events, next: found.length > limit && last ? last.place : undefined }
}

/**
 * Finds the sign-ins that were completed after a place in the order of events. It reads as long as a sign-in
 * from before that place could still be completed.
 *
 * @returns The `loginId` of each.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function loginsCompletedAfter(table: Table, userId: string, place: string): Promise<string[]> {
  const end = Date.parse(place.split('#')[0] ?? '') + SIGN_IN_SECONDS * 1_000
  const { Items } = await table.aws('dynamodb', 'Query', {
    TableName: eventsTableOf(table),
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
    ...queryProjectionOf(STORED_EVENT),
    ExpressionAttributeValues: {
      ':pk': { S: partitionOf(userId) },
      ':from': { S: `session#${place}` },
      ':to': { S: `session#${new Date(end).toISOString()}` },
    },
  })
  return completedIn(eventsIn(Items))
}

/** Returns the `loginId` of each sign-in that events complete. */
export const completedIn = (events: readonly AuditEvent[]): string[] =>
  events.flatMap(({ session, loginId }) => (session !== undefined && loginId !== undefined ? [loginId] : []))

/**
 * Whether an account was created or deleted at a place in the order of events, or after it.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function isReplacedSince(table: Table, userId: string, place: string): Promise<boolean> {
  let from: object = {}
  do {
    const { Items, LastEvaluatedKey } = await table.aws('dynamodb', 'Query', {
      TableName: eventsTableOf(table),
      ConsistentRead: true,
      KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
      FilterExpression: '#type IN (:created, :deleted)',
      ...queryProjectionOf(STORED_EVENT),
      ExpressionAttributeValues: {
        ':pk': { S: partitionOf(userId) },
        ':from': { S: `change#${place}` },
        // Sorts after every place.
        ':to': { S: 'change#~' },
        ':created': { S: 'user.created' },
        ':deleted': { S: 'user.deleted' },
      },
      ...from,
    })
    if (Array.isArray(Items) && Items.length > 0) return true
    from = LastEvaluatedKey === undefined ? {} : { ExclusiveStartKey: LastEvaluatedKey }
  } while ('ExclusiveStartKey' in from)
  return false
}

/** Orders events, the newest first. Events of one instant have a stable order. */
const newestFirst = (a: AuditEvent, b: AuditEvent): number => (a.place < b.place ? 1 : -1)

async function newestOf(
  table: Table,
  userId: string,
  kind: EventClass,
  { limit, before }: PageRequest,
): Promise<AuditEvent[]> {
  const pk = { S: partitionOf(userId) }
  const { Items } = await table.aws('dynamodb', 'Query', {
    TableName: eventsTableOf(table),
    ConsistentRead: true,
    KeyConditionExpression: '#pk = :pk AND begins_with(#sk, :kind)',
    ...queryProjectionOf(STORED_EVENT),
    ExpressionAttributeValues: { ':pk': pk, ':kind': { S: `${kind}#` } },
    ScanIndexForward: false,
    Limit: limit,
    ...(before !== undefined && { ExclusiveStartKey: { pk, sk: { S: `${kind}#${before}` } } }),
  })
  return eventsIn(Items)
}

/** Returns the events of the items of a query. */
const eventsIn = (items: unknown): AuditEvent[] => ((items as Item[] | undefined) ?? []).map(eventIn)

/** Returns the event of an item. */
export const eventIn = (item: Item): AuditEvent => ({
  subject: text(item, 'pk'),
  place: text(item, 'sk').replace(/^\w+#/, ''),
  ...valuesOf(EVENT, item),
})
