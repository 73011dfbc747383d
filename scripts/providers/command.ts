import type { Command } from 'commander'
import type { Io } from '../cli/io.ts'
import { type Subcommand, tableProgram } from '../cli/operator.ts'
import { addCommandOf } from './add.ts'
import { disableCommands, newSecretCommand, removeCommand } from './changes.ts'
import { checkCommandOf } from './check.ts'
import type { Fetch } from './discovery.ts'
import { setCommandOf } from './set.ts'
import { listCommand, showCommand } from './show.ts'

/** Returns the subcommands, in the order in which the help lists them. */
const subcommandsOf = (fetch: Fetch): readonly Subcommand[] => [
  addCommandOf(fetch),
  listCommand,
  showCommand,
  setCommandOf(fetch),
  newSecretCommand,
  checkCommandOf(fetch),
  disableCommands,
  removeCommand,
]

/**
 * Creates the command `npm run providers`.
 *
 * @param network - Reads discovery documents.
 */
export function providersCommand(io: Io, network: Fetch = fetch): Command {
  const program = tableProgram('providers', io)
  for (const add of subcommandsOf(network)) add(program)
  return program.command
}
