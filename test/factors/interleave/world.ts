import { expect, vi } from 'vitest'
import { atRandom, oneOf, randomFrom } from '../../security/interleave/choices.ts'
import { appliedIn, violationsOfEvents } from '../../security/interleave/events.ts'
import { type Choose, isWrite, type Kind, run } from '../../security/interleave/schedule.ts'
import { isAside as isAsideOfSessions, latest } from '../../security/interleave/seeds.ts'
import { fewestDeviationsFirst } from '../../security/interleave/systematic.ts'
import { expectViolationOf } from '../../security/interleave/weaken.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { ACT_NAMES, ACTS, type ActName } from './acts.ts'
import { factsOf } from './facts.ts'
import type { FactorScene, FactorWorld, State } from './scene.ts'
import {
  violationsOfFactors,
  violationsOfItems,
  violationsOfReports,
  violationsOfSessions,
  violationsOfSignInsAfter,
} from './violations.ts'
import type { FactorWeakening } from './weaken.ts'

/** Operations of a schedule. `>` between two of them: the second begins when the first has ended. */
export type FactorActs = readonly (ActName | '>')[]

interface Options {
  maxFaults: number
  pick: FactorScene['pick']
  /** How far the clock moves when a client's request begins. */
  tickMs?: number
  /** Requests that need no order. */
  isFree?: typeof isAside
}

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = (attempt: Attempt): boolean =>
  isAsideOfSessions(attempt) ||
  /^(Encrypt|Decrypt)$/.test(attempt.operation) ||
  /^(tries|totp-tries|codes|challenges)/.test(String(attempt.input.Key?.sk?.S))

/** Runs operations on one user in one order. Returns the violations, each with the steps that led to it. */
async function interleaveFactors(
  { newScene }: FactorWorld,
  state: State,
  acts: FactorActs,
  choose: Choose,
  { maxFaults, pick, tickMs = 0, isFree = isAside }: Options,
): Promise<string[]> {
  const names = acts.filter((name) => name !== '>')
  const tick = () => void vi.setSystemTime(Date.now() + tickMs)
  const scene = await newScene(state, { pick, tick })
  const operations = names.map((name, by) => {
    const at = acts.flatMap((act, index) => (act === '>' ? [] : [index]))[by] ?? 0
    return { ...(acts[at - 1] === '>' && { after: by - 1 }), run: () => ACTS[name].run(scene, by) }
  })
  const history = await run(operations, choose, { maxFaults, isFree })
  scene.tick = () => {}
  const facts = factsOf(scene, names, history)
  const violations = [
    ...violationsOfReports(scene, names, history.ends, facts),
    ...(await violationsOfEvents(scene.service.table, appliedIn(history.arrivals), scene.eventsBefore)),
    ...(await violationsOfFactors(scene, facts)),
    ...(await violationsOfItems(scene, facts)),
    ...(await violationsOfSessions(scene, names, history.ends, facts)),
    ...(await violationsOfSignInsAfter(scene, facts)),
  ]
  const ends = history.ends.map(
    ({ value, error }, by) => `${by} ${names[by]}: ${value?.status ?? value?.message ?? error}`,
  )
  return violations.map((one) => [`${state}: ${one}`, ...ends, ...history.trace].join('\n  '))
}

/** Operations that are possible in a state, or meaningful refused. */
export const ACTS_OF: Record<State, readonly ActName[]> = {
  none: [
    'password step',
    'add totp',
    'add passkey',
    'refresh',
    'everywhere',
    'password',
    'delete me',
    'set-password',
    'set-role',
    'remove',
  ],
  totp: ACT_NAMES.filter((name) => !/^enrol|assertion|remove passkey/.test(name)),
  both: ACT_NAMES.filter((name) => !/^enrol/.test(name)),
  enrolment: [
    'password step',
    'enrol totp',
    'enrol passkey',
    'set-password',
    'set-role',
    'disable',
    'remove',
    'end-sessions',
  ],
  reset: [
    'password step',
    'login with totp',
    'passkey',
    'copied assertion',
    'totp',
    'recovery code',
    'remove totp',
    'remove passkey',
    'add passkey',
    'new recovery codes',
    'password',
    'set-password',
    'everywhere',
    'delete me',
  ],
}

/** Runs the schedules of some seeds. Expects no violation, and returns the number of schedules. */
export async function expectSoundFactorsFrom(
  world: FactorWorld,
  firstSeed: number,
  count: number,
): Promise<number> {
  const states: State[] = ['none', 'totp', 'both', 'both', 'enrolment', 'reset']
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const random = randomFrom(seed)
    const state = oneOf(random, states)
    const acts: (ActName | '>')[] = []
    for (let left = 2 + Math.floor(random() * 3); left > 0; left -= 1) {
      if (acts.length > 0 && random() < 0.25) acts.push('>')
      acts.push(oneOf(random, ACTS_OF[state]))
    }
    const options = {
      maxFaults: oneOf(random, [0, 1, 3, 8]),
      pick: <T>(values: readonly T[]) => oneOf(random, values),
      tickMs: oneOf(random, [0, 0, 1_000, 30_000]),
    }
    const choose = atRandom(random, [0.01, 0.05, 0.15])
    expect(await interleaveFactors(world, state, acts, choose, options), `seed ${seed}`).toEqual([])
  }
  return count
}

/** Runs two operations in the orders with fewest deviations: one within the other, at every request. */
export async function expectSoundFactorsWithin(
  world: FactorWorld,
  state: State,
  acts: FactorActs,
  maxOrders: number,
): Promise<number> {
  let count = 0
  for (const choose of fewestDeviationsFirst(maxOrders)) {
    count += 1
    const violations = await interleaveFactors(world, state, acts, choose, { maxFaults: 0, pick: latest })
    expect(violations, `${state}: ${acts.join(', ')}`).toEqual([])
  }
  return count
}

/** Faults of a request: every attempt is lost, or its response; it arrives after the operation has ended; or it arrives twice. */
export const FACTOR_FAULTS = ['lost', 'unanswered', 'late', 'twice'] as const

/**
 * Runs an operation once for every request that it makes, KMS included, with a fault of that request. Expects no violation.
 *
 * @returns The number of schedules.
 */
export async function expectSoundAtEveryFault(
  world: FactorWorld,
  state: State,
  act: ActName,
  kind: (typeof FACTOR_FAULTS)[number],
): Promise<number> {
  let count = 0
  for (let number = 1; ; number += 1) {
    let isReached = false
    const choose = faultAt(number, kind, () => {
      isReached = true
    })
    const options = { maxFaults: 4, pick: latest, isFree: () => false }
    expect(
      await interleaveFactors(world, state, [act], choose, options),
      `${state}: ${act}, request ${number}`,
    ).toEqual([])
    if (!isReached) return count
    count += 1
  }
}

/** Chooses a fault for the request of a number, and for its further attempts. All else passes, and late requests land last. */
function faultAt(number: number, kind: Kind, onReached: () => void): Choose {
  let target: string | undefined
  const bodyOf = ({ operation, input }: Attempt) => `${operation} ${JSON.stringify(input)}`
  return (moves) => {
    const next = moves.findIndex((move) => move.kind === 'begin' || move.kind === 'pass')
    const move = moves[next]
    if (move?.attempt === undefined) return Math.max(next, 0)
    const isFirst = target === undefined && move.request === number
    if (isFirst) {
      onReached()
      // A read that arrives late has no effect.
      if (isWrite(move.attempt) || kind === 'lost' || kind === 'unanswered') target = bodyOf(move.attempt)
    }
    if (bodyOf(move.attempt) !== target || (kind === 'twice' && !isFirst)) return next
    const fault = moves.findIndex((one) => one.kind === kind && one.attempt === move.attempt)
    return fault === -1 ? next : fault
  }
}

/** So many orders show the violation of every weakening. */
const MAX_ORDERS = 120

/** Expects a violation of a weakened service. */
export const expectFactorViolation = (world: FactorWorld, { alter, state, acts }: FactorWeakening) =>
  expectViolationOf(alter, MAX_ORDERS, (choose) =>
    interleaveFactors(world, state, acts, choose, { maxFaults: 1, pick: latest }),
  )
