import cliProgress from 'cli-progress'
import type { Io } from '../io.ts'

/** Output of a command while it works on many things. */
export interface Progress {
  /** Counts one as finished. `position` is how far the command is then, on the way to its total. */
  advance(position: number): void
  print(line: string): void
  stop(): void
}

const COUNT_PER_MESSAGE = 1_000

/**
 * Shows a progress bar on a terminal, and plain lines elsewhere.
 *
 * @param total - Position at the end, or `undefined` if it is unknown.
 * @param what - What is counted.
 */
export const startProgress = (output: Io['stderr'], total: number | undefined, what = 'lines'): Progress =>
  output.isTTY && total !== undefined ? bar(output, total, what) : plainLines(output, what)

function plainLines(output: NodeJS.WritableStream, what: string): Progress {
  let count = 0
  return {
    advance() {
      count += 1
      if (count % COUNT_PER_MESSAGE === 0) output.write(`${count.toLocaleString('en')} ${what}\n`)
    },
    print: (line) => output.write(`${line}\n`),
    stop() {},
  }
}

function bar(output: NodeJS.WritableStream, total: number, what: string): Progress {
  const bars = new cliProgress.MultiBar({
    stream: output,
    format: `{bar} {percentage}% | {count} ${what} | {duration_formatted}`,
    clearOnComplete: true,
    // Ctrl-C ends the command, which stops the bar.
    gracefulExit: false,
  })
  let count = 0
  const shown = bars.create(total, 0, { count })
  let farthest = 0
  return {
    advance(position) {
      count += 1
      farthest = Math.max(farthest, position)
      shown.update(farthest, { count })
    },
    print: (line) => bars.log(`${line}\n`),
    stop() {
      // Draws the lines that were printed since the last drawing.
      bars.update()
      bars.stop()
    },
  }
}
