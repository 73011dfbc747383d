// Refuses a configuration with faults, before the modules of a command read it.
import '../../plugins/config/checked.ts'
import type { Command } from 'commander'
import { type Io, processIo } from './io.ts'
import { EXIT_STATUS } from './refusal.ts'
import { run } from './run.ts'

/**
 * Runs a command as this process: on its streams, environment and exit status.
 *
 * @param args - What follows the name of the command.
 */
export function main(commandOf: (io: Io) => Command, args = process.argv.slice(2)): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader such as `head` closes the pipe when it has read enough.
    if (code !== 'EPIPE') process.stderr.write(`Cannot write the output: ${code}.\n`)
    process.exit(EXIT_STATUS.failed)
  })
  // Stands if nothing keeps the process running before the command ends, as at a prompt whose terminal is gone.
  process.exitCode = EXIT_STATUS.interrupted
  // Not awaited: in that case node would warn of an unsettled top-level await.
  run(commandOf(processIo), args, processIo).then((status) => {
    process.exitCode = status
  })
}
