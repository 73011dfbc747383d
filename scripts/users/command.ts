import type { Command } from 'commander'
import type { Io } from '../cli/io.ts'
import { type Subcommand, tableProgram } from '../cli/operator.ts'
import { setCommand } from './attributes.ts'
import { addCommand, disableCommands, setPasswordCommand, setRoleCommand } from './changes.ts'
import { eventsCommand } from './events.ts'
import { exportCommand } from './export/export-file.ts'
import { resetFactorsCommand, startEnrolmentCommand } from './factors/factors.ts'
import { endSessionsCommand } from './identities/end-sessions.ts'
import { unlinkCommand } from './identities/identities.ts'
import { importCommand } from './import/import-file.ts'
import { listCommand } from './list/list.ts'
import { sessionsCommand } from './list/sessions.ts'
import { setLocaleCommand } from './locale.ts'
import { inviteCommand } from './mail.ts'
import { renameCommand, setEmailCommand } from './names.ts'
import { sealSecretCommand } from './passwords/seal-secret.ts'
import { startResetCommand } from './passwords/start-reset.ts'
import { removeCommand } from './remove.ts'
import { showCommand } from './show.ts'

/** The subcommands, in the order in which the help lists them. */
const SUBCOMMANDS: readonly Subcommand[] = [
  addCommand,
  listCommand,
  showCommand,
  renameCommand,
  setEmailCommand,
  setRoleCommand,
  setCommand,
  setPasswordCommand,
  startResetCommand,
  startEnrolmentCommand,
  resetFactorsCommand,
  setLocaleCommand,
  inviteCommand,
  disableCommands,
  removeCommand,
  sessionsCommand,
  endSessionsCommand,
  unlinkCommand,
  eventsCommand,
  importCommand,
  exportCommand,
  sealSecretCommand,
]

/** Creates the command `npm run users`. */
export function usersCommand(io: Io): Command {
  const program = tableProgram('users', io)
  for (const add of SUBCOMMANDS) add(program)
  return program.command
}
