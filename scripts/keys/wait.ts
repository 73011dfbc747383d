import { setTimeout as sleep } from 'node:timers/promises'
import cliProgress from 'cli-progress'
import type { Io } from '../cli/io.ts'

const TICK_MS = 1_000
const MINUTES_PER_MESSAGE = 5

/**
 * Waits until an instant. It shows a progress bar on a terminal, and plain lines elsewhere.
 *
 * @param signal - Ends the wait early, without an error.
 */
export async function waitUntil(
  until: Date,
  why: string,
  { stderr, now }: Pick<Io, 'stderr' | 'now'>,
  signal: AbortSignal,
): Promise<void> {
  const leftMs = () => until.getTime() - now().getTime()
  const totalMs = leftMs()
  stderr.write(`Waiting until ${until.toISOString()} (${inMinutes(totalMs)}).\n${why}\n`)
  const progress = stderr.isTTY ? bar(stderr, totalMs) : plainLines(stderr, totalMs)
  // One read of the clock for each step: the wait may end between two.
  for (let ms = totalMs; ms > 0 && !signal.aborted; ms = leftMs()) {
    progress.update(ms)
    await sleep(Math.min(TICK_MS, ms), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  progress.stop()
}

const minutesOf = (ms: number) => Math.ceil(ms / 60_000)
const inMinutes = (ms: number) => `${minutesOf(ms)} min`

function plainLines(output: NodeJS.WritableStream, totalMs: number) {
  let printed = minutesOf(totalMs)
  return {
    update(leftMs: number) {
      const minutes = minutesOf(leftMs)
      if (minutes === printed || minutes % MINUTES_PER_MESSAGE !== 0) return
      printed = minutes
      output.write(`${inMinutes(leftMs)} left\n`)
    },
    stop() {},
  }
}

function bar(output: NodeJS.WritableStream, totalMs: number) {
  const shown = new cliProgress.SingleBar({
    stream: output,
    format: '{bar} {left} left',
    clearOnComplete: true,
    // Ctrl-C ends the wait, which stops the bar.
    gracefulExit: false,
  })
  shown.start(totalMs, 0, { left: inMinutes(totalMs) })
  return {
    update: (leftMs: number) => shown.update(totalMs - leftMs, { left: inMinutes(leftMs) }),
    stop: () => shown.stop(),
  }
}
