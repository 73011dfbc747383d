import { type Item, type Table, text } from '../../../lib/aws/dynamodb.ts'
import {
  type AuditEvent,
  dayOf,
  EVENT_CLASSES,
  type EventClass,
  eventsTableOf,
  freedPartitionOf,
  SHARDS,
} from '../../../lib/events/event.ts'
import { eventIn } from '../../../lib/events/store.ts'
import { allItems, pagesOf } from '../../cli/pages.ts'
import { inOrder } from '../../cli/sequences/in-order.ts'

/** A span of time. */
export interface Span {
  /** ISO 8601 time with which it begins. */
  since: string
  /** ISO 8601 time, or position of an event, before which it ends. */
  until: string
}

const DAY_MS = 86_400_000
const HOUR_CHARACTERS = '2026-01-31T12'.length

/** Events of one page of a query. The newest ones are often enough. */
const PAGE = 200

/**
 * Returns where an event stands in the order of time: its sort key without the class, but for a correct password without the second
 * factor, whose key has the hour only.
 */
export const positionOf = ({ at, id }: AuditEvent): string => `${at}#${id}`

const latestFirst = (a: AuditEvent, b: AuditEvent): number => (positionOf(a) < positionOf(b) ? 1 : -1)

/** Reads the events of one partition, such as `user#` and an id, the newest first. */
export const eventsIn = (table: Table, partition: string, span: Span): AsyncGenerator<AuditEvent> =>
  inOrder(
    EVENT_CLASSES.map((kind) =>
      byTime(
        eventsOf(table, kind, span, {
          KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :since AND :until',
          ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
          ExpressionAttributeValues: { ':pk': { S: partition } },
        }),
      ),
    ),
    latestFirst,
  )

/** Sorts the events of each hour, which come together. */
async function* byTime(events: AsyncGenerator<AuditEvent>): AsyncGenerator<AuditEvent> {
  let ofHour: AuditEvent[] = []
  for await (const event of events) {
    const [first] = ofHour
    if (first && first.at.slice(0, HOUR_CHARACTERS) !== event.at.slice(0, HOUR_CHARACTERS)) {
      yield* ofHour.sort(latestFirst)
      ofHour = []
    }
    ofHour.push(event)
  }
  yield* ofHour.sort(latestFirst)
}

/** Reads all events of a span, the newest first: day by day, and the partitions of a day side by side. */
export async function* eventsWithin(table: Table, span: Span): AsyncGenerator<AuditEvent> {
  const first = Date.parse(span.since.slice(0, 10))
  for (let day = Date.parse(span.until.slice(0, 10)); day >= first; day -= DAY_MS) {
    const date = new Date(day).toISOString().slice(0, 10)
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard)
    yield* inOrder(
      EVENT_CLASSES.flatMap((kind) =>
        shards.map((shard) =>
          eventsOf(table, kind, span, {
            IndexName: 'byDay',
            // An index has no consistent reads.
            ConsistentRead: false,
            KeyConditionExpression: '#day = :day AND #sk BETWEEN :since AND :until',
            ExpressionAttributeNames: { '#day': 'day', '#sk': 'sk' },
            ExpressionAttributeValues: { ':day': { S: dayOf(date, kind, shard) } },
          }),
        ),
      ),
      latestFirst,
    )
  }
}

/** A query of events, without its values for the span. */
interface EventQuery {
  IndexName?: 'byDay'
  ConsistentRead?: boolean
  KeyConditionExpression: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues: Item
}

/** Reads the events of a query page by page. */
async function* eventsOf(
  table: Table,
  kind: EventClass,
  { since, until }: Span,
  { ExpressionAttributeValues, ...query }: EventQuery,
): AsyncGenerator<AuditEvent> {
  // DynamoDB refuses a span that ends before it begins.
  if (since >= until) return
  const events = { ...table, name: eventsTableOf(table) }
  const values = {
    ...ExpressionAttributeValues,
    // Of a correct password without the second factor, the key has the hour only.
    ':since': { S: `${kind}#${since.slice(0, HOUR_CHARACTERS)}` },
    ':until': { S: `${kind}#${until}` },
  }
  const input = { ScanIndexForward: false, Limit: PAGE, ExpressionAttributeValues: values, ...query }
  for await (const { items } of pagesOf(events, 'Query', input)) {
    yield* items
      .map((item: Item) => eventIn(item))
      .filter((event) => event.at >= since && positionOf(event) < until)
  }
}

/** Returns who had a login name that became free, the earliest first, and when it became free. */
export async function formerHolders(
  table: Table,
  loginName: string,
): Promise<{ userId: string; at: string }[]> {
  const events = { ...table, name: eventsTableOf(table) }
  const items = await allItems(events, 'Query', {
    KeyConditionExpression: '#pk = :pk',
    ExpressionAttributeNames: { '#pk': 'pk' },
    ExpressionAttributeValues: { ':pk': { S: freedPartitionOf(loginName) } },
  })
  return items.map((item) => {
    const [at = '', userId = ''] = text(item, 'sk').split('#')
    return { at, userId }
  })
}
