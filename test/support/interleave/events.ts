import { type Item, type Table, text } from '../../../lib/aws/dynamodb.ts'
import { allItems } from '../../../lib/aws/pages.ts'
import { eventsTableOf } from '../../../lib/events/event.ts'
import { faultsOfEvents } from '../../infrastructure/event-oracle.ts'
import type { Arrival } from './history.ts'

/** Returns the table of events as a table of its own, for scans. */
export const eventsOf = ({ aws, name }: Table): Table => ({ aws, name: eventsTableOf({ name }) })

/** A request that DynamoDB carried out. */
export type Applied = Pick<Arrival, 'operation' | 'input'>

/** Returns the requests that took effect. DynamoDB makes the writes of a request token once. */
export function appliedIn<T extends Applied & Pick<Arrival, 'isDone'>>(arrivals: readonly T[]): T[] {
  const tokens = new Set<string>()
  return arrivals.filter(({ operation, input, isDone }) => {
    if (!isDone || !/^(Put|Update|Delete|Transact)/.test(operation)) return false
    if (operation !== 'TransactWriteItems') return true
    const isFirst = !tokens.has(input.ClientRequestToken)
    tokens.add(input.ClientRequestToken)
    return isFirst
  })
}

/**
 * Returns the violations of *events = changes*: every write that took effect has exactly one event for each account and session that
 * it changed; those events are stored, and no others; no session begins or ends twice, and no account is deleted twice.
 *
 * @param applied - From {@link appliedIn}, in the order in which the requests arrived.
 * @param before - Keys of the events that were there before.
 */
export async function violationsOfEvents(
  table: Table,
  applied: readonly Applied[],
  before: ReadonlySet<string> = new Set(),
): Promise<string[]> {
  const faults = applied.flatMap(({ operation, input }) => faultsOfEvents(operation, JSON.stringify(input)))
  const expected = applied.flatMap(({ input }) => eventsIn(table, input)).filter(isEvent)
  const stored = (await allItems(eventsOf(table), 'Scan', { ConsistentRead: true })).filter(isEvent)
  const found = new Set(stored.map(keyOf).filter((key) => !before.has(key)))
  const keys = new Set(expected.map(keyOf))
  return [
    ...faults,
    ...[...keys].filter((key) => !found.has(key)).map((key) => `the event ${key} is lost`),
    ...[...found].filter((key) => !keys.has(key)).map((key) => `the event ${key} is of no change`),
    ...repeatedOf(expected),
  ]
}

/** Returns the keys of all events of a table. */
export const eventKeys = async (table: Table): Promise<Set<string>> =>
  new Set((await allItems(eventsOf(table), 'Scan', { ConsistentRead: true })).map(keyOf))

const keyOf = (item: Item): string => `${text(item, 'pk')} ${text(item, 'sk')}`

/** Freed names are no events. */
const isEvent = (item: Item): boolean => !text(item, 'pk').startsWith('name#')

const eventsIn = (table: Table, input: Arrival['input']): Item[] =>
  (input.TransactItems ?? []).flatMap(({ Put }: Arrival['input']) =>
    Put?.TableName === eventsTableOf(table) ? [Put.Item] : [],
  )

/**
 * What happens once to a session, or once to an account, a client or an API until it is created again. A sign-in may renew a session, but not
 * after its end.
 */
const ONCE: Record<string, (event: Item) => string> = {
  'session.created': (event) => `session ${text(event, 'session')} begins`,
  'session.renewed': (event) => `session ${text(event, 'session')} ends`,
  'session.ended': (event) => `session ${text(event, 'session')} ends`,
  'session.reused': (event) => `session ${text(event, 'session')} ends`,
  created: (event) => `${text(event, 'pk')} is created`,
  deleted: (event) => `${text(event, 'pk')} is deleted`,
}

/** Returns what happened twice, by the events in the order of their transactions. */
function repeatedOf(events: readonly Item[]): string[] {
  const happened = new Set<string>()
  return events.flatMap((event) => {
    const type = text(event, 'type')
    const [, done = type] = /^(?:user|client|api)\.(created|deleted)$/.exec(type) ?? []
    const what = ONCE[done]?.(event)
    if (what === undefined) return []
    if (type === 'session.renewed')
      return happened.has(what) ? [`${text(event, 'session')} is renewed after its end`] : []
    const isRepeated = happened.has(what)
    happened.add(what)
    if (done === 'deleted') happened.delete(`${text(event, 'pk')} is created`)
    if (done === 'created') happened.delete(`${text(event, 'pk')} is deleted`)
    return isRepeated ? [`${what} twice`] : []
  })
}
