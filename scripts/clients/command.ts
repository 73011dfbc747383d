import type { Command } from 'commander'
import type { Io } from '../cli/io.ts'
import { type Subcommand, tableProgram } from '../cli/operator.ts'
import { addCommand } from './add.ts'
import { addApiCommand, removeApiCommand, setApiCommand } from './apis.ts'
import { disableCommands, newSecretCommand, removeCommand } from './changes.ts'
import { eventsCommand } from './events.ts'
import { setCommand } from './set.ts'
import { listApisCommand, listCommand, showApiCommand, showCommand } from './show.ts'

/** The subcommands, in the order in which the help lists them. */
const SUBCOMMANDS: readonly Subcommand[] = [
  addCommand,
  listCommand,
  showCommand,
  setCommand,
  newSecretCommand,
  disableCommands,
  removeCommand,
  addApiCommand,
  listApisCommand,
  showApiCommand,
  setApiCommand,
  removeApiCommand,
  eventsCommand,
]

/** Creates the command `npm run clients`. */
export function clientsCommand(io: Io): Command {
  const program = tableProgram('clients', io)
  for (const add of SUBCOMMANDS) add(program)
  return program.command
}
