import { randomInt } from 'node:crypto'
import { expect, vi } from 'vitest'
import type { ApiResponse, Functions } from '../../support/http/functions.ts'
import type { TestService } from '../../support/service.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { mannWhitney } from './mann-whitney.ts'

/** Requests of a login that must not differ, by class. */
export interface LoginClass {
  exists?: boolean
  isDisabled?: boolean
  isCorrect?: boolean
  /** Whether the pair of name and source has used up its limit, which must be 1. */
  isRefused?: boolean
}

export const REJECTED: Record<string, LoginClass> = {
  'unknown username': { exists: false },
  'wrong password': {},
  'disabled, wrong password': { isDisabled: true },
  'disabled, correct password': { isDisabled: true, isCorrect: true },
}

export const REFUSED: Record<string, LoginClass> = {
  'refused, unknown username': { exists: false, isRefused: true },
  'refused, wrong password': { isRefused: true },
  'refused, correct password': { isCorrect: true, isRefused: true },
  'refused, disabled': { isDisabled: true, isCorrect: true, isRefused: true },
}

/** Durations in milliseconds, by class. */
type Times = Record<string, number[]>

const SAMPLES = 300

/** How many samples must find a difference. */
const REPEATS = 3

// A sample of five classes is 1,500 hashes, at 24 to 50 ms each, or more on a busy machine. The timeout only
// ends what hangs.
vi.setConfig({ testTimeout: 1_200_000 })

/** A pair differs if chance makes such a difference once in 100 times. */
const LEVEL = 0.01

/**
 * What an unknown name may take less, or more. The store, which is in this process, reads and sends two items less for it: 0.05 ms
 * less in 4,000 reads, and twice that after a hash, which empties the caches of the processor. A slower machine takes longer for
 * both, so it is a share of the whole time: a twentieth up to 0.25 ms, or a hundredth if that is more.
 */
const unknownNameMs = (signInMs: number) => Math.max(Math.min(0.25, signInMs / 20), signInMs / 100)

let signIns = 0

/**
 * Measures 300 sign-ins of each class, one after the other, in random order. Each has another user and
 * another source, so none depends on those before it.
 *
 * @returns The durations, and each response that differs from the others.
 */
export async function measure(
  stores: TestService,
  functions: Functions,
  classes: Record<string, LoginClass>,
): Promise<{ times: Times; responses: ApiResponse[] }> {
  const prepared = Object.entries(classes).map(
    ([name, login]) => [name, () => prepare(stores, functions, login)] as const,
  )
  return measureInTurns(Object.fromEntries(prepared))
}

/**
 * Measures 300 requests of each class, one after the other, in random order; see {@link measure}.
 *
 * @param classes - Prepares a request, by class.
 */
export async function measureInTurns(
  classes: Record<string, () => Promise<() => Promise<ApiResponse>>>,
): Promise<{ times: Times; responses: ApiResponse[] }> {
  const requests: { name: string; send(): Promise<ApiResponse> }[] = []
  for (const [name, prepareOne] of Object.entries(classes)) {
    for (let sample = 0; sample < SAMPLES; sample += 1) requests.push({ name, send: await prepareOne() })
  }
  const times: Times = Object.fromEntries(Object.keys(classes).map((name) => [name, []]))
  const responses = new Map<string, ApiResponse>()
  for (const { name, send } of inRandomOrder(requests)) {
    const startedMs = performance.now()
    const response = await send()
    const durationMs = performance.now() - startedMs
    times[name]?.push(durationMs)
    responses.set(JSON.stringify(response), response)
  }
  return { times, responses: [...responses.values()] }
}

/** Creates the user of a sign-in, and returns the sign-in. */
export async function prepare(
  stores: TestService,
  functions: Functions,
  { exists = true, isDisabled = false, isCorrect = false, isRefused = false }: LoginClass,
) {
  signIns += 1
  const username = `user-${100_000 + signIns}`
  const sourceIp = `10.${100 + Math.floor(signIns / 10_000)}.${100 + (Math.floor(signIns / 100) % 100)}.${100 + (signIns % 100)}`
  if (exists) await stores.add({ username })
  if (isDisabled) await stores.change(username, { disabled: true })
  const login = (password: string) => functions.ask('login', { body: { username, password }, sourceIp })
  const wrong = PASSWORD.replace(/^./, 'A')
  if (isRefused) await login(wrong)
  return () => login(isCorrect ? PASSWORD : wrong)
}

function inRandomOrder<T>(values: T[]): T[] {
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1)
    ;[values[last], values[other]] = [values[other] as T, values[last] as T]
  }
  return values
}

/** How two classes differ. */
interface Difference {
  p: number
  isHigher: boolean
}

/** Returns the pairs of classes whose durations differ, by their names. Prints all pairs. */
export function differences(times: Times): Map<string, Difference> {
  const names = Object.keys(times)
  const pairs = names.flatMap((a, index) => names.slice(index + 1).map((b) => [a, b] as const))
  const different = new Map<string, Difference>()
  for (const [a, b] of pairs) {
    const pair = `${a} / ${b}`
    const result = mannWhitney(times[a] ?? [], times[b] ?? [])
    const [ofA, ofB] = [median(times[a] ?? []), median(times[b] ?? [])]
    console.log(`${pair}: medians ${ofA.toFixed(3)} / ${ofB.toFixed(3)} ms, p = ${result.p.toPrecision(2)}`)
    const toleranceMs = pair.includes('unknown username') ? unknownNameMs(ofB) : 0
    if (result.p <= LEVEL && Math.abs(ofA - ofB) > toleranceMs) different.set(pair, result)
  }
  return different
}

const median = (all: number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN

/** Returns the differences that an earlier sample has found in the same direction. Without one, returns all. */
const repeatedIn = (found: Map<string, Difference>, earlier = found) =>
  new Map([...found].filter(([pair, { isHigher }]) => earlier.get(pair)?.isHigher === isHigher))

/**
 * Expects that no two classes differ, neither in their response nor in their durations.
 *
 * A pair that differs is measured again, all classes with it, and fails if three samples find it in the same
 * direction. With the 58 pairs of all proofs at 1 %, chance would fail four runs in nine. It finds a pair
 * twice in the same direction once in 20,000 times, which would fail one run in 340, and three times once in
 * 4,000,000. A difference that the first sample found is found again. All samples are printed.
 */
export async function expectAlike(
  sample: () => Promise<{ times: Times; responses: ApiResponse[] }>,
): Promise<void> {
  let found: Map<string, Difference> | undefined
  for (let repeat = 1; repeat <= REPEATS; repeat += 1) {
    const { times, responses } = await sample()
    expect(responses).toHaveLength(1)
    found = repeatedIn(differences(times), found)
    if (found.size === 0) return
    console.log(`Found ${repeat} times: ${[...found.keys()].join(', ')}`)
  }
  expect([...(found ?? []).keys()]).toEqual([])
}
