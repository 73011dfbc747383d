import type { Table } from '../../lib/aws/dynamodb.ts'
import type { AuditEvent } from '../../lib/events/event.ts'
import { apiKey, isApiIdentifier } from '../../lib/oauth/apis/api.ts'
import { clientKey } from '../../lib/oauth/clients/store.ts'
import { urlClientKey } from '../../lib/oauth/clients/url-client.ts'
import { addEventsOptions } from '../cli/events/options.ts'
import { type EventsOptions, eventsOfAll, eventsOfOne, printEvents } from '../cli/events/print.ts'
import type { Io } from '../cli/io.ts'
import type { Subcommand } from '../cli/operator.ts'
import { readClientId } from './input.ts'
import { findDecision, targetOf } from './urls.ts'

/**
 * Prints what happened to clients and APIs, the newest first: to one of them, or to all.
 *
 * @param which - Id of a client or identifier of an API. One that was removed still has its events.
 */
async function events(
  table: Table,
  which: string | undefined,
  options: EventsOptions,
  io: Io,
): Promise<void> {
  const source =
    which === undefined
      ? ofClients(eventsOfAll(table, options, io))
      : eventsOfOne(table, await partitionOf(table, which), options)
  await printEvents(table, source, options, io)
}

/** A URL may be that of an API, or of a client that operators have decided about. */
async function partitionOf(table: Table, which: string): Promise<string> {
  const target = targetOf(which)
  if (target !== undefined && (await findDecision(table, target))) return urlClientKey(target).pk.S
  return isApiIdentifier(which) ? apiKey(which).pk.S : clientKey(readClientId(which)).pk.S
}

async function* ofClients(all: AsyncGenerator<AuditEvent>): AsyncGenerator<AuditEvent> {
  for await (const event of all) if (/^(client|api|url-client)#/.test(event.subject)) yield event
}

/** `npm run clients -- events` */
export const eventsCommand: Subcommand = ({ command: clients, table, io }) => {
  const listed = clients
    .command('events')
    .description('lists what happened to clients and APIs, the newest first')
    .argument('[which]', 'client_id, or identifier of an API; without it, all')
  addEventsOptions(listed, io).action(async (which: string | undefined, options: EventsOptions) =>
    events(await table(), which, options, io),
  )
}
