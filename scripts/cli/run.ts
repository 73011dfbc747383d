import { Command, CommanderError } from 'commander'
import { commandName } from '../../project/commands.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import { type Io, processIo, widthOf } from './io.ts'
import { EXIT_STATUS, Refusal, refusalOf } from './refusal.ts'
import { otherNameOf } from './synonyms.ts'

/** Creates an operator's command without subcommands, for {@link run}. */
export const program = (name: string, description: string, io: Io): Command =>
  new Command(commandName(name))
    .description(description)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      getOutHelpWidth: () => widthOf(io.stdout),
      // `run` prints the parser's errors as it prints all others.
      writeErr() {},
      outputError() {},
    })
    .configureHelp({ showGlobalOptions: true })

/**
 * Runs a command line. An error becomes one line on standard error.
 *
 * @param args - Arguments after the name of the command.
 * @returns The exit status; see {@link EXIT_STATUS}.
 */
export async function run(command: Command, args: readonly string[], io: Io): Promise<number> {
  try {
    await command.parseAsync(args, { from: 'user' })
    return EXIT_STATUS.done
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT_STATUS.done
    const { message, outcome } =
      error instanceof CommanderError ? usageRefusal(error, command) : refusalOf(error)
    io.stderr.write(`${message}\n`)
    return EXIT_STATUS[outcome]
  }
}

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

/**
 * Returns a command line as far as it can be shown: its command and plain arguments, up to the first option. An option
 * may have a secret as its value. `…` stands for the rest.
 */
export function shownWords(typed: readonly string[]): string {
  const end = typed.findIndex((word) => !/^(?:[\w./][\w./-]*|-)$/.test(word))
  return end === -1 ? typed.join(' ') : [...typed.slice(0, end), '…'].join(' ')
}

/**
 * Turns an error of the argument parser into one line. The line repeats no value of an option or argument: it may be a
 * password.
 */
function usageRefusal({ code, message }: CommanderError, { commands }: Command): Refusal {
  const text = message.replace(/^error: /, '').replace(/\s+/g, ' ')
  const suggestion = /\((Did you mean .*\?)\)$/.exec(text)?.[1]
  const unknown = /^unknown (option|command) '([^=']*)/.exec(text)
  if (unknown) {
    const [, what, name = ''] = unknown
    const other = what === 'command' && otherNameOf(name, commands)
    const meant = other ? `Did you mean ${other}?` : suggestion
    return usage(`Unknown ${what} ${name}.`, meant ?? 'Use --help for a list.')
  }
  const invalid = /(?:option '(--[\w-]+)|argument '([\w-]+)' ?\.? ?).*Allowed choices are (.*)\.$/.exec(text)
  if (invalid) {
    const [, option, argument, choices = ''] = invalid
    const typed = /argument '([^']*)' is invalid/.exec(text)?.[1] ?? ''
    return usage(
      `Invalid ${option ?? argument}. Use one of ${choices}.${didYouMean(typed, choices.split(', '))}`,
    )
  }
  const missing = /^(?:missing required argument|required option) '([\w<> -]+)'/.exec(text)
  if (missing) return usage(`Missing ${missing[1]}.`)
  if (code === 'commander.help') return usage('Missing command.', 'Use --help for a list.')
  return usage(`${text.charAt(0).toUpperCase()}${text.slice(1)}`)
}

const usage = (...sentences: string[]) => new Refusal('usage', sentences.join(' '))
