import type { Command } from 'commander'
import type { Io } from '../io.ts'
import { readLimit } from '../operator.ts'
import { readChanges, readInstant, readPosition, readSource, readType } from './filter.ts'

const DEFAULT_LIMIT = 50

/** Adds the options of a command that lists events. */
export function addEventsOptions(command: Command, io: Io): Command {
  const instant = (given: string) => readInstant(given, io.now())
  return command
    .option('--since <time>', 'from this time on: 24h, 7d, or 2026-01-31T12:00 of this machine', instant)
    .option('--until <time>', 'before this time', instant)
    .option('--type <type>', 'events of this type, such as session or user.deleted', readType)
    .option('--changes <values>', 'changes of these values, with commas between them', readChanges)
    .option('--from <address>', 'events from this IP address, or from the /64 of an IPv6 address', readSource)
    .option('--by <text>', 'events with this in the ARN of the operator or the id of the user who acted')
    .option('--limit <count>', 'one page of so many events', readLimit, DEFAULT_LIMIT)
    .option('--before <place>', 'the page before this place, which the page before ended with', readPosition)
    .option('--json', 'print JSON')
}
