import { setTimeout as sleep } from 'node:timers/promises'
import cliProgress from 'cli-progress'

const TICK_MS = 1_000
const LINE_EVERY_MINUTES = 5

/**
 * Waits until an instant, with a bar on a terminal and plain lines elsewhere.
 *
 * @param signal - Ends the waiting early, without an error.
 */
export async function waitUntil(
  until: Date,
  why: string,
  output: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<void> {
  const leftMs = () => until.getTime() - Date.now()
  const totalMs = leftMs()
  output.write(`Waiting until ${until.toISOString()} (${inMinutes(totalMs)}): ${why}.\n`)
  const show = output.isTTY ? bar(output, totalMs) : plainLines(output, totalMs)
  while (leftMs() > 0 && !signal.aborted) {
    show.left(leftMs())
    await sleep(Math.min(TICK_MS, leftMs()), undefined, { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error
    })
  }
  show.stop()
}

const minutesOf = (ms: number) => Math.ceil(ms / 60_000)
const inMinutes = (ms: number) => `${minutesOf(ms)} min`

function plainLines(output: NodeJS.WritableStream, totalMs: number) {
  let told = minutesOf(totalMs)
  return {
    left(ms: number) {
      const minutes = minutesOf(ms)
      if (minutes === told || minutes % LINE_EVERY_MINUTES !== 0) return
      told = minutes
      output.write(`${inMinutes(ms)} left\n`)
    },
    stop() {},
  }
}

function bar(output: NodeJS.WriteStream, totalMs: number) {
  const shown = new cliProgress.SingleBar({
    stream: output,
    format: '{bar} {left} left',
    clearOnComplete: true,
    // Ctrl-C ends the waiting, and the bar with it.
    gracefulExit: false,
  })
  shown.start(totalMs, 0, { left: inMinutes(totalMs) })
  return {
    left: (ms: number) => shown.update(totalMs - ms, { left: inMinutes(ms) }),
    stop: () => shown.stop(),
  }
}
