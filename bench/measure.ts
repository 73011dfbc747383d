import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { StandIn } from './aws.ts'
import { FUNCTION_NAMES, type FunctionName } from './budgets.ts'
import type { Bundle } from './bundles.ts'
import type { HeldCpu } from './held-cpu.ts'

/** Medians of one run. */
export interface Medians {
  emptyMs: number
  coldMs: Record<FunctionName, number>
  authorizerUs: number
  verifyUs: number
  loginMs: number
  hashMs: number
}

/** What is measured, and with what. */
export interface Bench {
  bundles: readonly Bundle[]
  standIn: StandIn
  /** Sample events, with tokens in them. */
  events: Record<FunctionName, object>
  timeoutSeconds: number
  /** Folder for what the measured processes read. */
  folder: string
}

const scripts = {
  coldStart: new URL('./cold-start.cjs', import.meta.url),
  warmAuthorizer: new URL('./warm-authorizer.ts', import.meta.url),
  warmLogin: new URL('./warm-login.ts', import.meta.url),
}
const EMPTY_HANDLER = fileURLToPath(new URL('./empty-handler.cjs', import.meta.url))

/**
 * Measures everything once over, in fresh processes.
 *
 * @param tokens - Not used before; the warm authorizer gets each of them once.
 * @param rounds - How often each cold start and each login is measured.
 * @param held - Where the measured processes are held, if they are.
 */
export async function measure(
  bench: Bench,
  tokens: readonly string[],
  rounds: number,
  held?: HeldCpu,
): Promise<Medians> {
  const cold = await measureColdStarts(bench, rounds, held)
  const { authorizer, login } = bench.events
  const { publicKey, passwordHash } = bench.standIn
  const authorizerRounds = await runWarm<'authorizerUs' | 'verifyUs'>(
    bench,
    'authorizer',
    scripts.warmAuthorizer,
    { event: authorizer, tokens, publicKey },
    held,
  )
  const loginRounds = await runWarm<'loginMs' | 'hashMs'>(
    bench,
    'login',
    scripts.warmLogin,
    { event: login, passwordHash, rounds },
    held,
  )
  return {
    ...cold,
    authorizerUs: median(authorizerRounds.map((round) => round.authorizerUs)),
    verifyUs: median(authorizerRounds.map((round) => round.verifyUs)),
    loginMs: median(loginRounds.map((round) => round.loginMs)),
    hashMs: median(loginRounds.map((round) => round.hashMs)),
  }
}

async function measureColdStarts(bench: Bench, rounds: number, held: HeldCpu | undefined) {
  const samples = new Map<string, number[]>()
  const contestants = [
    { name: 'empty', path: EMPTY_HANDLER, environment: {}, event: {} },
    ...bench.bundles.map((bundle) => ({ ...bundle, event: bench.events[bundle.name] })),
  ]
  for (const { name, event } of contestants) {
    samples.set(name, [])
    writeFileSync(eventFile(bench, name), JSON.stringify(event))
  }
  // Interleaved, and in a new order every round: a disturbance hits all alike, and nobody always runs behind the
  // same neighbour. The first round only fills the machine's file cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, path, environment } of shuffled(contestants)) {
      const timeoutMs = String(bench.timeoutSeconds * 1000)
      const args = [path, eventFile(bench, name), timeoutMs]
      const env = { ...bench.standIn.environment, ...environment }
      const { ms, answer } = await run<{ ms: number; answer: Answer }>(scripts.coldStart, args, env, held)
      if (answer.statusCode !== 200 && answer.policyDocument === undefined) {
        throw new Error(`${name} answered ${JSON.stringify(answer)}`)
      }
      if (round > 0) samples.get(name)?.push(ms)
    }
  }
  const medianOf = (name: string) => median(samples.get(name) ?? [])
  const coldMs = Object.fromEntries(FUNCTION_NAMES.map((name) => [name, medianOf(name)]))
  return { emptyMs: medianOf('empty'), coldMs: coldMs as Record<FunctionName, number> }
}

interface Answer {
  statusCode?: number
  policyDocument?: object
}

const eventFile = ({ folder }: Bench, name: string) => `${folder}/${name}.json`

function runWarm<Measures extends string>(
  bench: Bench,
  name: FunctionName,
  script: URL,
  input: object,
  held: HeldCpu | undefined,
): Promise<Record<Measures, number>[]> {
  const bundle = bench.bundles.find((candidate) => candidate.name === name)
  if (bundle === undefined) throw new Error(`no bundle of ${name}`)
  const inputFile = `${bench.folder}/warm-${name}.json`
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
  // The shell puts itself into the control group and becomes the command: held from its first instruction on.
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
