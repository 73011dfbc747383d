import type { Table } from '../../lib/aws/dynamodb.ts'
import { type AuditEvent, partitionOf } from '../../lib/events/event.ts'
import { findByName } from '../../lib/operators/accounts.ts'
import { isLoginName } from '../../lib/users/login-name.ts'
import { isUserId } from '../../lib/users/user.ts'
import { formerHolders } from '../cli/events/find.ts'
import { addEventsOptions } from '../cli/events/options.ts'
import {
  type EventsOptions,
  eventsOfAll,
  eventsOfOne,
  printEvents,
  requireSpan,
} from '../cli/events/print.ts'
import type { Io } from '../cli/io.ts'
import type { Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { noSuchUser } from './store.ts'

/** Prints events, the newest first: of one user, or of all. Standard error shows how to get the next page. */
async function events(table: Table, who: string | undefined, options: EventsOptions, io: Io): Promise<void> {
  await printEvents(table, await sourceOf(table, who, options, io), options, io)
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

/** `npm run users -- events` */
export const eventsCommand: Subcommand = ({ command: users, table, io }) => {
  const command = users
    .command('events')
    .description('lists what happened, the newest first')
    .argument('[user]', 'username, e-mail address or id; without it, all users')
  addEventsOptions(command, io).action(async (user: string | undefined, options: EventsOptions) =>
    events(await table(), user, options, io),
  )
}
