import type { Readable } from 'node:stream'

export type Environment = Record<string, string | undefined>

/** A stream that may be a terminal. */
type Output = NodeJS.WritableStream & { isTTY?: boolean; columns?: number }

/** What a command reads and writes. The process gives its own; tests give values. */
export interface Io {
  stdin: Readable & { isTTY?: boolean }
  /** Results only. */
  stdout: Output
  /** Prompts, progress and errors. */
  stderr: Output
  env: Environment
  now(): Date
  /**
   * Returns a signal that Ctrl-C or SIGTERM aborts. Only a command that can stop half-way asks for it: until then,
   * Ctrl-C ends the process.
   */
  interruption(): AbortSignal
}

/** The streams, environment, clock and signals of this process. */
export const processIo: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  now: () => new Date(),
  interruption() {
    const controller = new AbortController()
    // The handlers stay: one Ctrl-C may arrive twice, from the terminal and passed on by npm.
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort())
    // In place of `main`'s exit: a command that can stop half-way also does so when the reader of its output is gone.
    process.stdout.removeAllListeners('error').on('error', () => controller.abort())
    return controller.signal
  },
}

/** Returns how many columns a result may take: those of the terminal, or 80 when the output is piped. */
export const widthOf = ({ isTTY, columns }: Output): number => (isTTY && columns ? columns : 80)
