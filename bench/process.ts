import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { HeldCpu } from './held-cpu.ts'

/** Runs a script in a fresh process, and reads the JSON that it writes to file descriptor 3. */
export async function run<T>(
  script: URL,
  args: string[],
  env: Record<string, string>,
  held: HeldCpu | undefined,
): Promise<T> {
  const command = [process.execPath, fileURLToPath(script), ...args]
  // The shell enters the control group and then becomes the command, so the limit holds from its first instruction on.
  const shell = held && ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', held.procsFile]
  const [file = '', ...rest] = [...(shell ?? []), ...command]
  const child = spawn(file, rest, { env, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const exit = once(child, 'exit')
  const output = await text(child.stdio[3] as NodeJS.ReadableStream)
  const [code] = await exit
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`)
  return JSON.parse(output)
}

/** The same measures of every round. */
export type Rounds<Measure extends string> = readonly Record<Measure, number>[]

/** Returns the median of each measure. */
export function mediansOf<Measure extends string>(rounds: Rounds<Measure>): Record<Measure, number> {
  const measures = Object.keys(rounds[0] ?? {}) as Measure[]
  const medians = measures.map((measure) => [measure, median(rounds.map((round) => round[measure]))])
  return Object.fromEntries(medians)
}

/** Returns the median, or `NaN` of no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]]
  return (low + high) / 2
}
