import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { StandIn } from './aws.ts'
import type { Bundle } from './bundles.ts'
import type { HeldCpu } from './held-cpu.ts'

/** The medians of one run. */
export interface Medians {
  emptyMs: number
  /** By function. */
  coldMs: Record<string, number>
  /** The whole call, with its read of the user. */
  authorizerUs: number
  /** The verification of the token alone. */
  verificationUs: number
  verifyUs: number
  refreshMs: number
  signMs: number
  loginMs: number
  hashMs: number
  /** In the first calls of a process, after its cold start. */
  firstLoginMs: number
  firstHashMs: number
}

/** The bundles to measure, and everything that measuring them takes. */
export interface Bench {
  bundles: readonly Bundle[]
  standIn: StandIn
  timeoutSeconds: number
  /** Folder for the input files of the measured processes. */
  folder: string
}

const scripts = {
  coldStart: new URL('./cold-start.cjs', import.meta.url),
  warmAuthorizer: new URL('./warm-authorizer.ts', import.meta.url),
  warmLogin: new URL('./warm-login.ts', import.meta.url),
  warmRefresh: new URL('./warm-refresh.ts', import.meta.url),
}
const EMPTY_HANDLER = fileURLToPath(new URL('./empty-handler.cjs', import.meta.url))

/**
 * Measures everything once, in fresh processes.
 *
 * @param rounds - Number of measurements of each cold start.
 * @param held - Control group of the measured processes, if they run with a part of a CPU.
 */
export async function measure(bench: Bench, rounds: number, held?: HeldCpu): Promise<Medians> {
  const cold = await measureColdStarts(bench, rounds, held)
  const { events, tokens, publicKey, parties, passwordHash } = bench.standIn
  const warm = <T>(name: string, script: URL, input: object) =>
    runWarm<T>(bench, name, script, { event: events[name], ...input }, held)
  const authorizer = await warm<Rounds<'authorizerUs' | 'verificationUs' | 'verifyUs'>>(
    'authorizer',
    scripts.warmAuthorizer,
    { tokens, publicKey, parties },
  )
  const refresh = await warm<Rounds<'refreshMs' | 'signMs'>>('refresh', scripts.warmRefresh, {})
  const login = await warm<Record<'first' | 'warm', Rounds<'loginMs' | 'hashMs'>>>(
    'login',
    scripts.warmLogin,
    { passwordHash },
  )
  const { loginMs: firstLoginMs, hashMs: firstHashMs } = mediansOf(login.first)
  return {
    ...cold,
    ...mediansOf(authorizer),
    ...mediansOf(refresh),
    ...mediansOf(login.warm),
    firstLoginMs,
    firstHashMs,
  }
}

type Rounds<Measure extends string> = readonly Record<Measure, number>[]

function mediansOf<Measure extends string>(rounds: Rounds<Measure>) {
  const measures = Object.keys(rounds[0] ?? {}) as Measure[]
  const medians = measures.map((measure) => [measure, median(rounds.map((round) => round[measure]))])
  return Object.fromEntries(medians) as Record<Measure, number>
}

async function measureColdStarts(bench: Bench, rounds: number, held: HeldCpu | undefined) {
  const samples = new Map<string, number[]>()
  const contestants = [
    { name: 'empty', path: EMPTY_HANDLER, environment: {}, event: {} },
    ...bench.bundles.map((bundle) => ({ ...bundle, event: bench.standIn.events[bundle.name] })),
  ]
  for (const { name, event } of contestants) {
    samples.set(name, [])
    writeFileSync(eventFile(bench, name), JSON.stringify(event))
  }
  // All take turns, in a new order every round: a disturbance affects all of them, and none always follows the same
  // other one. The first round only fills the machine's file cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, path, environment } of shuffled(contestants)) {
      const timeoutMs = String(bench.timeoutSeconds * 1000)
      const args = [path, eventFile(bench, name), timeoutMs]
      const env = { ...bench.standIn.environment, ...environment }
      // The mailer returns nothing. It would have thrown.
      const { ms, result = { statusCode: 204 } } = await run<{ ms: number; result?: Result }>(
        scripts.coldStart,
        args,
        env,
        held,
      )
      const isRejected =
        // Events contain no challenges and no codes, so the routes that verify them refuse the request.
        result.policyDocument === undefined && (result.statusCode ?? 500) >= 500
      if (isRejected) throw new Error(`${name} returned ${JSON.stringify(result)}`)
      if (round > 0) samples.get(name)?.push(ms)
    }
  }
  const medianOf = (name: string) => median(samples.get(name) ?? [])
  const coldMs = Object.fromEntries(bench.bundles.map(({ name }) => [name, medianOf(name)]))
  return { emptyMs: medianOf('empty'), coldMs }
}

interface Result {
  statusCode?: number
  policyDocument?: object
}

const eventFile = ({ folder }: Bench, name: string) => `${folder}/${name}.json`

function runWarm<T>(bench: Bench, name: string, script: URL, input: object, held?: HeldCpu): Promise<T> {
  const bundle = bench.bundles.find((candidate) => candidate.name === name)
  if (bundle === undefined) throw new Error(`no bundle of ${name}`)
  const inputFile = eventFile(bench, `warm-${name}`)
  writeFileSync(inputFile, JSON.stringify(input))
  return run(script, [bundle.path, inputFile], { ...bench.standIn.environment, ...bundle.environment }, held)
}

/** Runs a script in a fresh process, and reads the JSON that it writes to file descriptor 3. */
async function run<T>(
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

function shuffled<T>(values: readonly T[]): T[] {
  const pairs = values.map((value) => ({ value, at: Math.random() }))
  return pairs.toSorted((a, b) => a.at - b.at).map(({ value }) => value)
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = Number.NaN, high = Number.NaN] = [sorted[middle - 1 + (sorted.length % 2)], sorted[middle]]
  return (low + high) / 2
}
