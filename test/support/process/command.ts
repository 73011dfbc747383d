import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { PassThrough } from 'node:stream'
import type { Command } from 'commander'
import type { Io } from '../../../scripts/cli/io.ts'
import { run } from '../../../scripts/cli/run.ts'
import { root } from './service-description.ts'

/** How a command ended, and what it printed. */
export interface Outcome {
  status: number | null
  stdout: string
  /** Without the address of the local table, which every command with `--local` prints first. */
  stderr: string
}

/** The outcome of a command that succeeds. */
export const success = (stdout: string): Outcome => ({ status: 0, stdout, stderr: '' })

/** The outcome of a command that prints nothing but one line on standard error. */
export const refusal = (status: number, line: string): Outcome => ({
  status,
  stdout: '',
  stderr: `${line}\n`,
})

const withoutAddress = (stderr: string) =>
  stderr.replace(/^Using the table at http:\/\/127\.0\.0\.1:\d+\.\n/, '')

/** Without the AWS account of the developer, and without a call of another service. */
const ENVIRONMENT = {
  HOME: tmpdir(),
  AWS_CONFIG_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
  BREACHED_PASSWORDS: 'off',
}

/** Starts an operator's command as a process, in a folder. */
export function begin(script: string, args: string[], env: Record<string, string> = {}, cwd = root) {
  const child = spawn(process.execPath, [script, ...args], { cwd, env: { ...ENVIRONMENT, ...env } })
  // A command that refuses at once reads nothing.
  child.stdin.on('error', () => {})
  const stdout = collect(child.stdout)
  const stderr = collect(child.stderr)
  const outcome = once(child, 'close').then(
    ([status]): Outcome => ({ status, stdout: stdout.text(), stderr: withoutAddress(stderr.text()) }),
  )
  return { child, outcome, printed: stderr.printed }
}

/**
 * Starts an operator's command in this process, with its own streams, environment and signals.
 *
 * @param options - `columns`: width of a terminal that shows both outputs. Without it they are piped.
 */
export function beginInProcess(
  commandOf: (io: Io) => Command,
  args: string[],
  env: Record<string, string> = {},
  { columns }: { columns?: number } = {},
) {
  const interruption = new AbortController()
  const terminal = columns === undefined ? {} : { isTTY: true, columns }
  const io = {
    stdin: new PassThrough(),
    stdout: Object.assign(new PassThrough(), terminal),
    stderr: Object.assign(new PassThrough(), terminal),
    env: { ...ENVIRONMENT, ...env },
    now: () => new Date(),
    interruption: () => interruption.signal,
  }
  const stdout = collect(io.stdout)
  const stderr = collect(io.stderr)
  const outcome = run(commandOf(io), args, io).then(async (status): Promise<Outcome> => {
    await Promise.all([io.stdout, io.stderr].map((stream) => once(stream.end(), 'end')))
    return { status, stdout: stdout.text(), stderr: withoutAddress(stderr.text()) }
  })
  return {
    io,
    stdin: io.stdin,
    outcome,
    printed: stderr.printed,
    /** Everything on standard error. */
    rawStderr: stderr.text,
    /** Interrupts the command as Ctrl-C does. */
    interrupt: () => interruption.abort(),
  }
}

function collect(stream: NodeJS.ReadableStream) {
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  return {
    text: () => text,
    /** Waits until the stream contains some words. */
    printed: async (words: string) => {
      while (!text.includes(words)) await once(stream, 'data')
    },
  }
}

/** Returns the words of a command line, as a shell does. */
export const wordsOf = (command: string) =>
  (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''))
