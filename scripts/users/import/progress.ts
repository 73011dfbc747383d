import cliProgress from 'cli-progress'
import type { Io } from '../../cli/io.ts'

/** Output of an import while it runs. */
export interface Progress {
  /** Counts a line as finished. `endByte` is where it ends in the file. */
  advance(endByte: number): void
  print(line: string): void
  stop(): void
}

const LINES_PER_MESSAGE = 1_000

/**
 * Shows a progress bar on a terminal, and plain lines elsewhere.
 *
 * @param totalBytes - Size of the file, or `undefined` if it is unknown.
 */
export const startProgress = (output: Io['stderr'], totalBytes: number | undefined): Progress =>
  output.isTTY && totalBytes !== undefined ? bar(output, totalBytes) : plainLines(output)

function plainLines(output: NodeJS.WritableStream): Progress {
  let lines = 0
  return {
    advance() {
      lines += 1
      if (lines % LINES_PER_MESSAGE === 0) output.write(`${lines.toLocaleString('en')} lines\n`)
    },
    print: (line) => output.write(`${line}\n`),
    stop() {},
  }
}

function bar(output: NodeJS.WritableStream, totalBytes: number): Progress {
  const bars = new cliProgress.MultiBar({
    stream: output,
    format: '{bar} {percentage}% | {lines} lines | {duration_formatted}',
    clearOnComplete: true,
    // Ctrl-C ends the import, which stops the bar.
    gracefulExit: false,
  })
  let lines = 0
  const shown = bars.create(totalBytes, 0, { lines })
  let farthest = 0
  return {
    advance(endByte) {
      lines += 1
      farthest = Math.max(farthest, endByte)
      shown.update(farthest, { lines })
    },
    print: (line) => bars.log(`${line}\n`),
    stop() {
      // Draws the lines that were printed since the last drawing.
      bars.update()
      bars.stop()
    },
  }
}
