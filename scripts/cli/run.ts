import { Command, CommanderError } from 'commander'
import { EXIT_STATUS, Refusal, refusalOf } from './refusal.ts'

/** Prints a result. */
export const say = (text: string): void => {
  process.stdout.write(text)
}

/** An operator's command with nothing in it yet, for {@link run}. */
export const program = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .exitOverride()
    // Refusals of the parser are told as all others are.
    .configureOutput({ writeErr() {}, outputError() {} })
    .configureHelp({ showGlobalOptions: true })

/** Does what the command line says. Whatever goes wrong is one line on standard error and the exit status. */
export function run(command: Command): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // Whoever reads may have read enough, as `head` does.
    if (code !== 'EPIPE') process.stderr.write(`Cannot write the output: ${code}.\n`)
    process.exit(EXIT_STATUS.failed)
  })
  // Not awaited: where a terminal is closed at a prompt, node would warn of it.
  command.parseAsync().catch((error: unknown) => {
    if (error instanceof CommanderError && error.exitCode === 0) return
    const { message, outcome } = error instanceof CommanderError ? usageRefusal(error) : refusalOf(error)
    process.stderr.write(`${message}\n`)
    process.exitCode = EXIT_STATUS[outcome]
  })
}

/** A refusal of the argument parser, in one line, without the values of options: one may be a password. */
function usageRefusal({ message }: CommanderError): Refusal {
  const [line = ''] = message.replace(/^error: /, '').split('\n')
  if (line === '(outputHelp)') return new Refusal('usage', 'Give a command; --help lists them.')
  return new Refusal('usage', line.replace(/^(unknown option '[^=]*)=.*$/, "$1'"))
}
