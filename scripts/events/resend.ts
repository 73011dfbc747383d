import type { Table } from '../../lib/aws/dynamodb.ts'
import type { Failure } from '../../lib/aws/failure.ts'
import type { EventBridgeCall } from '../../lib/events/bus.ts'
import type { AuditEvent } from '../../lib/events/event.ts'
import { type Bus, ENTRIES_PER_CALL, entryOf, putEntries } from '../../lib/events/publish.ts'
import { readInstant, readType } from '../cli/events/filter.ts'
import { eventsWithin } from '../cli/events/find.ts'
import type { Io } from '../cli/io.ts'
import type { Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import type { TargetOptions } from '../cli/target.ts'
import { confirmOrRefuse } from '../cli/terminal/prompts.ts'
import { findBus, type Rule, rulesOf } from './bus.ts'

interface ResendOptions {
  since: string
  until?: string
  /** A type, or its first word. */
  type?: string
  yes?: boolean
}

/** `npm run events -- resend`: puts events of the table on the bus again, with their ids. */
export const resendCommand: Subcommand = ({ command: events, table, io }) => {
  const instant = (given: string) => readInstant(given, io.now())
  events
    .command('resend')
    .description('puts the events of a time on the bus again, with the same ids')
    .requiredOption(
      '--since <time>',
      'from this time on: 24h, 7d, or 2026-01-31T12:00 of this machine',
      instant,
    )
    .option('--until <time>', 'before this time; by default now', instant)
    .option('--type <type>', 'events of this type, such as session or user.deleted', readType)
    .option('--yes', 'do not ask for confirmation')
    .action(async (options: ResendOptions) => {
      const found = await table()
      const { bus, call } = await findBus(events.opts<TargetOptions>(), found.name, io.env)
      await resend(found, bus, call, options, io)
    })
}

/**
 * Says how many events there are and which rules get them, asks, and puts them on the bus.
 *
 * @throws {@link Refusal} `failed`, if the bus did not take all of them.
 */
async function resend(
  table: Table,
  bus: Bus,
  call: EventBridgeCall,
  { since, until = '', type, yes }: ResendOptions,
  io: Io,
): Promise<void> {
  const span = { since, until: until || io.now().toISOString() }
  const chosen = bus.types.filter((one) => type === undefined || one === type || one.startsWith(`${type}.`))
  if (chosen.length === 0) throw new Refusal('refused', `Events of type ${type} do not leave this stage.`)
  const events: AuditEvent[] = []
  for await (const event of eventsWithin(table, span)) if (chosen.includes(event.type)) events.push(event)
  const { length } = events
  io.stdout.write(`${length} ${length === 1 ? 'event' : 'events'} from ${span.since} to ${span.until}.\n`)
  if (length === 0) return
  const rules = await rulesOf(call, bus).catch((error: Failure) => {
    throw new Refusal('failed', `EventBridge does not list the rules of ${bus.name}: ${error.name}.`)
  })
  io.stdout.write(`${rules.map((rule) => lineOf(rule, events)).join('')}`)
  if (rules.length === 0) io.stdout.write('No rule of the bus is on, so no function gets them.\n')
  if (!yes) await confirmOrRefuse(`Put ${length === 1 ? 'it' : 'them'} on the bus again?`, io)
  await putAll(call, bus, events, io)
}

/** Returns the line of a rule, with the most events that it may get: its pattern may have more conditions. */
function lineOf({ name, types }: Rule, events: readonly AuditEvent[]): string {
  const count = events.filter(({ type }) => types === undefined || types.includes(type)).length
  return `  ${name} gets ${count === 0 ? 'none' : `at most ${count}`}.\n`
}

async function putAll(call: EventBridgeCall, bus: Bus, events: readonly AuditEvent[], io: Io): Promise<void> {
  let put = 0
  for (let start = 0; start < events.length; start += ENTRIES_PER_CALL) {
    const some = events.slice(start, start + ENTRIES_PER_CALL)
    let reason = ''
    const entries = some.map((event) => entryOf(event, bus))
    const states = await putEntries(call, entries, undefined, (failure) => {
      reason = failure.message
    })
    put += states.filter((state) => state === 'put').length
    const left = some[states.indexOf('left')]
    if (left === undefined) continue
    io.stdout.write(`${put} of ${events.length} events are on the bus.\n`)
    // The events are the newest first, so the rest is before this one. Those of its instant come twice.
    const until = new Date(Date.parse(left.at) + 1).toISOString()
    throw new Refusal('failed', `${reason}. Run the command again with --until ${until}.`)
  }
  io.stdout.write(`${put} of ${events.length} events are on the bus.\n`)
  if (put < events.length) throw new Refusal('failed', 'EventBridge refuses the others.')
}
