import cliProgress from 'cli-progress'

/** What the operator sees while an import runs. */
export interface Progress {
  /** A row is done with, and the file up to there. */
  advance(endByte: number): void
  /** Something the operator must know of. */
  tell(line: string): void
  stop(): void
}

const ROWS_A_LINE = 1_000

/**
 * A bar on a terminal, plain lines elsewhere.
 *
 * @param totalBytes - Size of the file, or `undefined` where nobody knows.
 */
export const startProgress = (output: NodeJS.WriteStream, totalBytes: number | undefined): Progress =>
  output.isTTY && totalBytes !== undefined ? bar(output, totalBytes) : plainLines(output)

function plainLines(output: NodeJS.WritableStream): Progress {
  let rows = 0
  return {
    advance() {
      rows += 1
      if (rows % ROWS_A_LINE === 0) output.write(`${rows.toLocaleString('en')} rows\n`)
    },
    tell: (line) => output.write(`${line}\n`),
    stop() {},
  }
}

function bar(output: NodeJS.WritableStream, totalBytes: number): Progress {
  const bars = new cliProgress.MultiBar({
    stream: output,
    format: '{bar} {percentage}% | {rows} rows | {duration_formatted}',
    clearOnComplete: true,
    // Ctrl-C ends the import, and the bar with it.
    gracefulExit: false,
  })
  let rows = 0
  const shown = bars.create(totalBytes, 0, { rows })
  let farthest = 0
  return {
    advance(endByte) {
      rows += 1
      farthest = Math.max(farthest, endByte)
      shown.update(farthest, { rows })
    },
    tell: (line) => bars.log(`${line}\n`),
    stop() {
      // Draws what was told since it last drew.
      bars.update()
      bars.stop()
    },
  }
}
