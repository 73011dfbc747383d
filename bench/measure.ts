import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StandIn } from './aws.ts'
import type { FloorName } from './budgets.ts'
import type { Bundle } from './bundles.ts'
import type { HeldCpu } from './held-cpu.ts'
import { median, mediansOf, type Rounds, run } from './process.ts'

/** The medians of one run. */
export interface Medians {
  emptyMs: number
  /** Cold starts by function. */
  coldMs: Record<string, number>
  /** Cold starts of the floors. */
  floorMs: Record<FloorName, number>
  /** The whole call, with its read of the user. */
  authorizerUs: number
  floorAuthorizerUs: number
  /** Only the verification of the token. */
  verificationUs: number
  verifyUs: number
  /** A bare read of the user. */
  readUs: number
  refreshMs: number
  signMs: number
  loginMs: number
  floorLoginMs: number
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
  warmAuthorizer: new URL('./warm/authorizer.ts', import.meta.url),
  warmLogin: new URL('./warm/login.ts', import.meta.url),
  warmRefresh: new URL('./warm/refresh.ts', import.meta.url),
}
const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const EMPTY_HANDLER = pathOf('./empty-handler.cjs')
const FLOOR = pathOf('./floor.cjs')

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
  const authorizer = await warm<
    Rounds<'authorizerUs' | 'floorAuthorizerUs' | 'verificationUs' | 'verifyUs' | 'readUs'>
  >('authorizer', scripts.warmAuthorizer, { floor: FLOOR, tokens, publicKey, parties })
  const refresh = await warm<Rounds<'refreshMs' | 'signMs'>>('refresh', scripts.warmRefresh, {})
  const login = await warm<Record<'first' | 'warm', Rounds<'loginMs' | 'floorLoginMs' | 'hashMs'>>>(
    'login',
    scripts.warmLogin,
    { floor: FLOOR, passwordHash },
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

/** A file that is started cold: a bundle, the floor, or the empty handler. */
interface Contestant {
  name: string
  path: string
  environment: Record<string, string>
  event: object | undefined
}

/** Has a name that no function can have, so that a function may be called as it is. */
const floorName = (name: FloorName) => `floor of ${name}`

function contestantsOf({ bundles, standIn }: Bench): Contestant[] {
  const eventOf = (name: string) => standIn.events[name]
  const floors = (['authorizer', 'login'] as const).map((name) => ({
    name: floorName(name),
    path: FLOOR,
    environment: bundles.find((bundle) => bundle.name === name)?.environment ?? {},
    event: eventOf(name),
  }))
  return [
    { name: 'empty', path: EMPTY_HANDLER, environment: {}, event: {} },
    ...floors,
    ...bundles.map((bundle) => ({ ...bundle, event: eventOf(bundle.name) })),
  ]
}

async function measureColdStarts(bench: Bench, rounds: number, held: HeldCpu | undefined) {
  const samples = new Map<string, number[]>()
  const contestants = contestantsOf(bench)
  for (const { name, event } of contestants) {
    samples.set(name, [])
    writeFileSync(inputFile(bench, name), JSON.stringify(event))
  }
  // All take turns, in a new order every round: a disturbance affects all of them, and none always follows the same
  // other one. The first round only fills the machine's file cache.
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of shuffled(contestants)) {
      const ms = await startCold(bench, contestant, held)
      if (round > 0) samples.get(contestant.name)?.push(ms)
    }
  }
  const medianOf = (name: string) => median(samples.get(name) ?? [])
  const coldMs = Object.fromEntries(bench.bundles.map(({ name }) => [name, medianOf(name)]))
  const floorMs = { authorizer: medianOf(floorName('authorizer')), login: medianOf(floorName('login')) }
  return { emptyMs: medianOf('empty'), coldMs, floorMs }
}

interface Result {
  statusCode?: number
  policyDocument?: object
  /** Of the fetcher of documents: no name server knows the host of its event. */
  isUnreachable?: boolean
  /** Of the function that puts events on the bus. */
  batchItemFailures?: object[]
}

/** Members that the results of functions without a status have. */
const RESULTS = ['policyDocument', 'isUnreachable', 'batchItemFailures'] as const

async function startCold(bench: Bench, { name, path, environment }: Contestant, held: HeldCpu | undefined) {
  const args = [path, inputFile(bench, name), String(bench.timeoutSeconds * 1000)]
  const env = { ...bench.standIn.environment, ...environment }
  // The mailer returns nothing. It would have thrown.
  const { ms, result = { statusCode: 204 } } = await run<{ ms: number; result?: Result }>(
    scripts.coldStart,
    args,
    env,
    held,
  )
  // Events contain no challenges and no codes, so the routes that verify them refuse the request.
  const isRejected =
    RESULTS.every((member) => result[member] === undefined) && (result.statusCode ?? 500) >= 500
  if (isRejected) throw new Error(`${name} returned ${JSON.stringify(result)}`)
  return ms
}

const inputFile = ({ folder }: Bench, name: string) => `${folder}/${name.replaceAll(' ', '-')}.json`

function runWarm<T>(bench: Bench, name: string, script: URL, input: object, held?: HeldCpu): Promise<T> {
  const { bundles, standIn } = bench
  const bundle = bundles.find((candidate) => candidate.name === name)
  if (bundle === undefined) throw new Error(`no bundle of ${name}`)
  const file = inputFile(bench, `warm ${name}`)
  writeFileSync(file, JSON.stringify(input))
  return run(script, [bundle.path, file], { ...standIn.environment, ...bundle.environment }, held)
}

function shuffled<T>(values: readonly T[]): T[] {
  const pairs = values.map((value) => ({ value, at: Math.random() }))
  return pairs.toSorted((a, b) => a.at - b.at).map(({ value }) => value)
}
