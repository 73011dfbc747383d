import { expect, vi } from 'vitest'
import { atRandom, oneOf, randomFrom } from '../../security/interleave/choices.ts'
import { appliedIn, violationsOfEvents } from '../../security/interleave/events.ts'
import { type Choose, type Move, run } from '../../security/interleave/schedule.ts'
import { latest } from '../../security/interleave/seeds.ts'
import { exhaustively } from '../../security/interleave/systematic.ts'
import { expectViolationOf } from '../../security/interleave/weaken.ts'
import { type Alter, type Attempt, wiring } from '../../support/aws/gate.ts'
import { ACT_NAMES, ACTS, type ActName } from './acts.ts'
import { factsOf } from './facts.ts'
import type { OauthScene, OauthWorld } from './scene.ts'
import {
  violationsOfAlarms,
  violationsOfConsents,
  violationsOfRefusals,
  violationsOfReports,
  violationsOfReuse,
  violationsOfUse,
  violationsOfWrites,
} from './violations.ts'
import type { OauthWeakening } from './weaken.ts'

/** Operations of a schedule. `>` between two of them: the second begins when the first has ended. */
export type OauthActs = readonly (ActName | '>')[]

interface Options {
  maxFaults?: number
  pick?: OauthScene['pick']
  /** How far the clock moves when a client's request begins. */
  tickMs?: number
}

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'Scan'].includes(operation) ||
  (operation === 'DeleteItem' && input.ConditionExpression === undefined) ||
  /^(attempts|known)#/.test(String(input.Key?.sk?.S)) ||
  /^name#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S))

/** Runs operations on one user in one order. Returns the violations, each with the steps that led to it. */
async function interleaveOauth(
  { newScene }: OauthWorld,
  acts: OauthActs,
  choose: Choose,
  { maxFaults = 0, pick = latest, tickMs = 0 }: Options,
): Promise<string[]> {
  const names = acts.filter((name) => name !== '>')
  const tick = () => void vi.setSystemTime(Date.now() + tickMs)
  const scene = await newScene({ pick, tick })
  const operations = names.map((name, by) => {
    const at = acts.flatMap((act, index) => (act === '>' ? [] : [index]))[by] ?? 0
    return { ...(acts[at - 1] === '>' && { after: by - 1 }), run: () => ACTS[name].run(scene, by) }
  })
  const history = await run(operations, choose, { maxFaults, isFree: isAside })
  scene.tick = () => {}
  const ended = { names, history, tickMs, facts: factsOf(scene, names, history) }
  const violations = [
    ...violationsOfReports(ended),
    ...violationsOfRefusals(ended),
    ...violationsOfAlarms(scene, ended),
    ...violationsOfReuse(scene, ended),
    ...violationsOfWrites(scene, ended),
    ...(await violationsOfEvents(scene.table, appliedIn(history.arrivals), scene.eventsBefore)),
    ...(await violationsOfConsents(scene, ended)),
    ...(await violationsOfUse(scene, ended)),
  ]
  const ends = history.ends.map(
    ({ value, error }, by) => `${by} ${names[by]}: ${value?.status ?? value?.message ?? error}`,
  )
  return violations.map((text) => [text, ...ends, ...history.trace].join('\n  '))
}

/** Runs operations in every order. Expects no violation, and returns the number of schedules. */
export async function expectSoundOauthInEveryOrder(
  world: OauthWorld,
  acts: OauthActs,
  maxFaults = 0,
): Promise<number> {
  let count = 0
  for (const choose of exhaustively()) {
    count += 1
    expect(await interleaveOauth(world, acts, choose, { maxFaults }), acts.join(', ')).toEqual([])
  }
  return count
}

/** Operations that meet each other in ways that few random choices among all of them would bring about. */
const THEMES: readonly (readonly ActName[])[] = [
  ACT_NAMES,
  [
    'approve web',
    'exchange web',
    'refresh web',
    'disable client',
    'end-grants',
    'remove client',
    'add client',
  ],
  [
    'approve native',
    'exchange native',
    'refresh native',
    'sign in again',
    'sign out',
    'everywhere',
    'password',
  ],
  [
    'first approval',
    'exchange of the first approval',
    'sign in again',
    'disable user',
    'enable user',
    'a day',
  ],
  [
    'approve web',
    'approve web quietly',
    'exchange web',
    'refresh web',
    'remove access',
    'end session',
    'sign out',
  ],
]

/** Runs the schedules of some seeds: two to five operations. Expects no violation, and returns the number of schedules. */
export async function expectSoundOauthFrom(
  world: OauthWorld,
  firstSeed: number,
  count: number,
): Promise<number> {
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const random = randomFrom(seed)
    const theme = oneOf(random, THEMES)
    const acts: (ActName | '>')[] = []
    for (let left = 2 + Math.floor(random() * 4); left > 0; left -= 1) {
      if (acts.length > 0 && random() < 0.3) acts.push('>')
      acts.push(oneOf(random, theme))
    }
    const options = {
      maxFaults: oneOf(random, [0, 1, 3]),
      pick: <T>(values: readonly T[]) => oneOf(random, values),
      tickMs: oneOf(random, [0, 0, 1_000, 11_000]),
    }
    const choose = atRandom(random, [0.01, 0.05, 0.15])
    expect(await interleaveOauth(world, acts, choose, options), `seed ${seed}: ${acts}`).toEqual([])
  }
  return count
}

/** So many orders show the violation of every weakening. */
const MAX_ORDERS = 120

/** Expects a violation of a weakened service. */
export const expectOauthViolation = (world: OauthWorld, { alter, acts, tickMs = 0 }: OauthWeakening) =>
  expectViolationOf(alter, MAX_ORDERS, (choose) =>
    interleaveOauth(world, acts, choose, { maxFaults: 1, tickMs }),
  )

/** Faults of all attempts of a write, and when those land that are late. */
const LOST_RESPONSES = [
  ['lost', 'last'],
  ['unanswered', 'last'],
  ['late', 'at once'],
  ['late', 'before the second'],
  ['late', 'last'],
] as const

/** Chooses a fault for each attempt of the first transaction. All else passes, one operation after the other. */
const faultOfTransaction =
  ([fault, landing]: (typeof LOST_RESPONSES)[number]): Choose =>
  (moves) => {
    const isFault = ({ kind, by, attempt }: Move) =>
      kind === fault && by === 0 && attempt?.operation === 'TransactWriteItems'
    const isBetween = moves.some(({ kind }) => kind === 'begin')
    const isLanding = ({ kind }: Move) =>
      kind === 'land' && (landing === 'at once' || (landing === 'before the second' && isBetween))
    const isUsual = ({ kind }: Move) => kind === 'pass' || kind === 'begin'
    const indexes = [isFault, isLanding, isUsual].map((isNext) => moves.findIndex(isNext))
    return indexes.find((index) => index >= 0) ?? 0
  }

/** Most attempts of a call. */
const ATTEMPTS = 3

/** Lets a client get no response to an operation, and repeat it. Returns the violations. */
async function violationsOfRepeats(world: OauthWorld, name: ActName): Promise<string[]> {
  const found: string[] = []
  for (const fault of LOST_RESPONSES) {
    const choose = faultOfTransaction(fault)
    found.push(...(await interleaveOauth(world, [name, '>', name], choose, { maxFaults: ATTEMPTS })))
  }
  return found
}

/** Expects no violation when a client gets no response and repeats an operation. Returns the number of schedules. */
export async function expectSoundRepeats(world: OauthWorld, name: ActName): Promise<number> {
  expect(await violationsOfRepeats(world, name)).toEqual([])
  return LOST_RESPONSES.length
}

/** Expects a violation of a weakened service when a client gets no response to an exchange, and repeats it. */
export async function expectRepeatViolation(world: OauthWorld, alter: Alter): Promise<number> {
  wiring.alter = alter
  const found = await violationsOfRepeats(world, 'exchange native').finally(() => delete wiring.alter)
  expect(found.join()).toMatch(/./)
  return LOST_RESPONSES.length
}
