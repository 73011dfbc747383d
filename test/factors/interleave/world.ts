import { expect } from 'vitest'
import { isAside as isAsideOfSessions } from '../../security/interleave/world.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { oneOf, randomFrom, randomSchedule } from '../../support/interleave/choices.ts'
import { type Choose, isWrite, type Kind } from '../../support/interleave/schedule.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { ACT_NAMES, ACTS, type ActName } from './acts.ts'
import { factsOf } from './facts.ts'
import { firstScenes, type State } from './scene.ts'
import {
  violationsOfFactors,
  violationsOfItems,
  violationsOfReports,
  violationsOfSessions,
  violationsOfSignInsAfter,
} from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = (attempt: Attempt): boolean =>
  isAsideOfSessions(attempt) ||
  /^(Encrypt|Decrypt)$/.test(attempt.operation) ||
  /^(tries|totp-tries|codes|challenges)/.test(String(attempt.input.Key?.sk?.S))

/** Starts the service. Returns the world of each state. */
export async function startFactorWorlds() {
  const newScene = await firstScenes()
  return (state: State) =>
    worldOf({
      acts: ACTS,
      isFree: isAside,
      newScene: (options) => newScene(state, options),
      async violationsOf({ scene, names, history }) {
        const facts = factsOf(scene, names, history)
        const found = [
          ...violationsOfReports(scene, names, history.ends, facts),
          ...(await violationsOfFactors(scene, facts)),
          ...(await violationsOfItems(scene, facts)),
          ...(await violationsOfSessions(scene, names, history.ends, facts)),
          ...(await violationsOfSignInsAfter(scene, facts)),
        ]
        return found.map((one) => `${state}: ${one}`)
      },
    })
}

export type FactorWorlds = Awaited<ReturnType<typeof startFactorWorlds>>

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

const RANDOM_STATES: readonly State[] = ['none', 'totp', 'both', 'both', 'enrolment', 'reset']
const LIMITS = { mostActs: 4, ticksMs: [0, 0, 1_000, 30_000] }

/** Runs the schedules of some seeds, each on a user in a random state. Returns the number of schedules. */
export async function expectSoundFactorsFrom(
  worldIn: FactorWorlds,
  firstSeed: number,
  count: number,
): Promise<number> {
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const random = randomFrom(seed)
    const state = oneOf(random, RANDOM_STATES)
    await worldIn(state).expectSoundFrom(seed, 1, () => randomSchedule(random, ACTS_OF[state], LIMITS))
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
  worldIn: FactorWorlds,
  state: State,
  act: ActName,
  kind: (typeof FACTOR_FAULTS)[number],
): Promise<number> {
  const world = worldIn(state)
  let count = 0
  for (let number = 1; ; number += 1) {
    let isReached = false
    const choose = faultAt(number, kind, () => {
      isReached = true
    })
    const options = { maxFaults: 4, isFree: () => false }
    expect(await world.violations([act], choose, options), `${act}, request ${number}`).toEqual([])
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
