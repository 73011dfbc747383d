import { type Item, type Table, text, texts } from '../../../lib/aws/dynamodb.ts'
import { allItems, pagesOf } from '../../../lib/aws/pages.ts'
import {
  type AuditEvent,
  dayOf,
  EVENT_CLASSES,
  eventsTableOf,
  freedPartitionOf,
  SHARDS,
} from '../../../lib/events/event.ts'
import { eventIn } from '../../../lib/events/store.ts'
import type { EventClass } from '../../../lib/events/types.ts'
import { inOrder } from '../../../lib/sequences.ts'

/** A span of time. */
export interface Span {
  /** ISO 8601 time with which it begins. */
  since: string
  /** ISO 8601 time, or position of an event, before which it ends. */
  until: string
}

const DAY_MS = 86_400_000

/** Events of one page of a query. The newest ones are often enough. */
const PAGE = 200

const latestFirst = (a: AuditEvent, b: AuditEvent): number => (a.place < b.place ? 1 : -1)

/** An event for operators. */
export interface FoundEvent extends AuditEvent {
  /** Ids of the users whom a search showed. */
  seen?: string[]
}

/** Reads the events of one partition, such as `user#` and an id, the newest first. */
export const eventsIn = (table: Table, partition: string, span: Span): AsyncGenerator<FoundEvent> =>
  inOrder(
    EVENT_CLASSES.map((kind) =>
      eventsOf(table, kind, span, {
        KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :since AND :until',
        ExpressionAttributeNames: { '#pk': 'pk', '#sk': 'sk' },
        ExpressionAttributeValues: { ':pk': { S: partition } },
      }),
    ),
    latestFirst,
  )

/** Reads all events of a span, the newest first: day by day, and the partitions of a day side by side. */
export async function* eventsWithin(table: Table, span: Span): AsyncGenerator<FoundEvent> {
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
): AsyncGenerator<FoundEvent> {
  // DynamoDB refuses a span that ends before it begins.
  if (since >= until) return
  const events = { ...table, name: eventsTableOf(table) }
  const values = {
    ...ExpressionAttributeValues,
    ':since': { S: `${kind}#${since}` },
    ':until': { S: `${kind}#${until}` },
  }
  const input = { ScanIndexForward: false, Limit: PAGE, ExpressionAttributeValues: values, ...query }
  for await (const { items } of pagesOf(events, 'Query', input)) {
    // `BETWEEN` has both ends, and a page ends before the place that it is given.
    yield* items.map(foundIn).filter(({ place }) => place < until)
  }
}

function foundIn(item: Item): FoundEvent {
  const seen = texts(item, 'seen')
  return { ...eventIn(item), ...(seen.length > 0 && { seen }) }
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
