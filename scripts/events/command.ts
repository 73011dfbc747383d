import type { Command } from 'commander'
import type { Io } from '../cli/io.ts'
import { tableProgram } from '../cli/operator.ts'
import { resendCommand } from './resend.ts'

/** Creates the command `npm run events`. */
export function eventsCommand(io: Io): Command {
  const program = tableProgram('events', io)
  resendCommand(program)
  return program.command
}
