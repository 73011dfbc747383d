import type { Table } from '../../../lib/aws/dynamodb.ts'
import { type AuditEvent, partitionOf } from '../../../lib/events/event.ts'
import { apiKey } from '../../../lib/oauth/apis/api.ts'
import { urlClientKey } from '../../../lib/oauth/clients/url-client.ts'
import { isLoginName } from '../../../lib/users/login-name.ts'
import { isUserId } from '../../../lib/users/user.ts'
import { allApis, allDecisions } from '../../cli/directory.ts'
import { type Io, widthOf } from '../../cli/io.ts'
import { Refusal } from '../../cli/refusal.ts'
import { asJson } from '../../cli/terminal/table.ts'
import { findByName, noSuchUser, usernamesById } from '../store.ts'
import { type EventFilter, isShown } from './filter.ts'
import { eventsIn, eventsWithin, formerHolders } from './find.ts'
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

/** Prints events, the newest first: of one user, or of all. Standard error shows how to get the next page. */
export async function events(
  table: Table,
  who: string | undefined,
  options: EventsOptions,
  io: Io,
): Promise<void> {
  await printEvents(table, await sourceOf(table, who, options, io), options, io)
}

/** Prints events of a source that match; see {@link events}. */
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

/** Returns the events to choose from. */
async function sourceOf(
  table: Table,
  who: string | undefined,
  options: EventsOptions,
  io: Io,
): Promise<AsyncGenerator<AuditEvent>> {
  requireSpan(options)
  if (who === undefined) return eventsOfAll(table, options, io)
  return eventsOfOne(table, partitionOf(await userIdOf(table, who, io)), options)
}

/** Refuses what no event can match. */
function requireSpan({ since, until }: EventsOptions): void {
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

/** Returns the id of a user, given as an id or as a login name. A user who was removed has only an id. */
async function userIdOf(table: Table, who: string, io: Io): Promise<string> {
  const isName = isLoginName(who)
  if (!isName && !isUserId(who)) {
    throw new Refusal('usage', 'Use a username, an e-mail address, or the id of a user.')
  }
  // Some usernames have the form of an id.
  const user = isName ? await findByName(table, who) : undefined
  const former = isName ? await formerHolders(table, who) : []
  if (user === undefined && former.length === 0) {
    if (isUserId(who)) return who
    throw noSuchUser(who)
  }
  for (const { userId, at } of former) io.stderr.write(`Until ${at}, ${who} was the user ${userId}.\n`)
  return user?.id ?? String(former.at(-1)?.userId)
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
    ...(actor === 'user' ? [actorId] : []),
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
