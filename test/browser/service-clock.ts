import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MINUTE_MS = 60_000

/** A clock for services, which a test moves. */
export interface ServiceClock {
  /** Options of Node.js for the services. */
  options: string[]
  /** Returns the time of the services. */
  now(): number
  move(ms: number): void
  /** Moves on to the beginning of a minute. A limit of `1/60` counts in minutes, so a test then has a whole one. */
  beginMinute(): void
  /** Removes the file that the services read. */
  remove(): void
}

/** Starts a clock that shows the time until a test moves it. */
export function startClock(): ServiceClock {
  const folder = mkdtempSync(join(tmpdir(), 'clock-'))
  const file = join(folder, 'ahead-ms')
  const preload = new URL('./movable-clock.ts', import.meta.url)
  preload.searchParams.set('file', file)
  let aheadMs = 0
  const now = () => Date.now() + aheadMs
  const move = (ms: number) => {
    aheadMs += ms
    // A service that reads a file while it is written reads an empty one, and would go back to the time of the machine.
    writeFileSync(`${file}.next`, String(aheadMs))
    renameSync(`${file}.next`, file)
  }
  move(0)
  return {
    options: ['--import', preload.href],
    now,
    move,
    beginMinute: () => move(MINUTE_MS - (now() % MINUTE_MS)),
    remove: () => rmSync(folder, { recursive: true }),
  }
}
