import { type Table, text } from '../../../lib/aws/dynamodb.ts'
import { readItems } from '../../../lib/aws/pages.ts'
import type { AuditEvent } from '../../../lib/events/event.ts'
import { apiKey } from '../../../lib/oauth/apis/api.ts'
import { urlClientKey } from '../../../lib/oauth/clients/url-client.ts'
import { profileKey } from '../../../lib/users/store.ts'
import { allApis, allDecisions } from '../directory.ts'
import { type Io, widthOf } from '../io.ts'
import { Refusal } from '../refusal.ts'
import { asJson } from '../terminal/table.ts'
import { type EventFilter, isShown } from './filter.ts'
import { eventsIn, eventsWithin } from './find.ts'
import { shownEvents } from './rows.ts'

/** Options of `events`. Times are ISO 8601. */
export interface EventsOptions extends EventFilter {
  since?: string
  until?: string
  before?: string
  limit: number
  json?: boolean
}

/** How far back a command looks that names neither a user nor a time. */
const DEFAULT_DAYS = 7

/** No event is older: DynamoDB deletes those that expire within two days. */
const MAX_DAYS = 368
const DAY_MS = 86_400_000

/** Sorts after every ISO 8601 time. */
const NO_END = '~'

/** Prints events of a source that match, the newest first. Standard error shows how to get the next page. */
export async function printEvents(
  table: Table,
  source: AsyncGenerator<AuditEvent>,
  options: EventsOptions,
  io: Io,
): Promise<void> {
  const found = await take(source, options)
  const shown = found.slice(0, options.limit)
  const names = await namesOf(table, shown)
  if (options.json) io.stdout.write(asJson(shown.map((event) => withUsername(event, names))))
  else if (shown.length === 0) io.stdout.write('No events.\n')
  else io.stdout.write(shownEvents(shown, names, widthOf(io.stdout)))
  const last = shown.at(-1)
  if (found.length > shown.length && last) {
    io.stderr.write(`There are more events. Next page: --before ${last.place}\n`)
  }
}

/** Refuses what no event can match. */
export function requireSpan({ since, until }: EventsOptions): void {
  if (since !== undefined && until !== undefined && since >= until) {
    throw new Refusal('usage', '--since must be before --until.')
  }
}

const endOf = ({ until, before }: EventsOptions): string | undefined =>
  [until, before].filter((time) => time !== undefined).sort()[0]

/** Returns the events of one partition, such as `user#` and an id. */
export const eventsOfOne = (table: Table, partition: string, options: EventsOptions) =>
  eventsIn(table, partition, { since: options.since ?? '', until: endOf(options) ?? NO_END })

/** Returns the events of all partitions, of the last days unless the options say more. */
export function eventsOfAll(table: Table, options: EventsOptions, io: Io): AsyncGenerator<AuditEvent> {
  const { since } = options
  const daysFrom = (days: number) => new Date(io.now().getTime() + days * DAY_MS).toISOString()
  if (since === undefined) io.stderr.write(`Events of the last ${DEFAULT_DAYS} days. Use --since for more.\n`)
  // Each day costs eight queries, so days without events are left out. Clocks of functions may be ahead of this one.
  const [earliest, latest] = [daysFrom(-MAX_DAYS), daysFrom(1)]
  const [begin, end] = [since ?? daysFrom(-DEFAULT_DAYS), endOf(options) ?? latest]
  return eventsWithin(table, {
    since: [begin, earliest].sort()[1] ?? begin,
    until: [end, latest].sort()[0] ?? end,
  })
}

/** Takes events that match, and one more, which shows that there are more. */
async function take(source: AsyncGenerator<AuditEvent>, options: EventsOptions): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  for await (const event of source) {
    if (!isShown(event, options)) continue
    found.push(event)
    if (found.length > options.limit) break
  }
  return found
}

/** Reads the usernames of users by their ids, as far as the users exist. */
async function usernamesById(table: Table, ids: Iterable<string>): Promise<Map<string, string>> {
  const items = await readItems(table, [...new Set(ids)].map(profileKey), ['username'])
  return new Map(items.map((item) => [text(item, 'pk').replace(/^user#/, ''), text(item, 'username')]))
}

/** Returns an event with the name that its user has now. A user who was removed has none. */
const withUsername = (event: AuditEvent, names: ReadonlyMap<string, string>) => ({
  ...event,
  username: names.get(event.subject.replace(/^user#/, '')),
})

/** Returns the usernames of all users in events, and the identifiers of all APIs and of clients that are URLs, as far as they exist. */
async function namesOf(table: Table, shown: readonly AuditEvent[]): Promise<Map<string, string>> {
  const mentioned = shown.flatMap(({ subject, actor, actorId = '' }) => [
    ...(subject.startsWith('user#') ? [subject.slice('user#'.length)] : []),
    ...(actor === 'user' || actor === 'administrator' ? [actorId] : []),
  ])
  const hasApis = shown.some(({ subject }) => subject.startsWith('api#'))
  const apis = hasApis ? await allApis(table) : []
  const hasUrls = shown.some(({ subject }) => subject.startsWith('url-client#'))
  const urls = hasUrls ? await allDecisions(table) : []
  return new Map([
    ...(await usernamesById(table, mentioned)),
    ...apis.map(({ identifier }) => [apiKey(identifier).pk.S, identifier] as const),
    ...urls.map(({ target }) => [urlClientKey(target).pk.S, target] as const),
  ])
}
