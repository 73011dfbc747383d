import { expect } from 'vitest'
import { type Alter, type Attempt, wiring } from '../../support/aws/gate.ts'
import { oneOf, randomFrom, randomSchedule } from '../../support/interleave/choices.ts'
import type { Choose, Move } from '../../support/interleave/schedule.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { ACT_NAMES, ACTS, type ActName } from './acts.ts'
import { factsOf } from './facts.ts'
import { firstOauthScene } from './scene.ts'
import {
  violationsOfAlarms,
  violationsOfConsents,
  violationsOfRefusals,
  violationsOfReports,
  violationsOfReuse,
  violationsOfUse,
  violationsOfWrites,
} from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'Scan'].includes(operation) ||
  (operation === 'DeleteItem' && input.ConditionExpression === undefined) ||
  /^(attempts|known)#/.test(String(input.Key?.sk?.S)) ||
  /^name#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the stores and the functions. */
export async function startOauthWorld() {
  const newScene = await firstOauthScene()
  return worldOf({
    acts: ACTS,
    isFree: isAside,
    newScene,
    async violationsOf({ scene, names, history, tickMs }) {
      const ended = { names, history, tickMs, facts: factsOf(scene, names, history) }
      return [
        ...violationsOfReports(ended),
        ...violationsOfRefusals(ended),
        ...violationsOfAlarms(scene, ended),
        ...violationsOfReuse(scene, ended),
        ...violationsOfWrites(scene, ended),
        ...(await violationsOfConsents(scene, ended)),
        ...(await violationsOfUse(scene, ended)),
      ]
    },
  })
}

export type OauthWorld = Awaited<ReturnType<typeof startOauthWorld>>

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

/** Returns everything that a seed decides. */
export function scheduleFrom(seed: number) {
  const random = randomFrom(seed)
  return randomSchedule(random, oneOf(random, THEMES), { mostActs: 5, ticksMs: [0, 0, 1_000, 11_000] })
}

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
async function violationsOfRepeats({ violations }: OauthWorld, name: ActName): Promise<string[]> {
  const found: string[] = []
  for (const fault of LOST_RESPONSES) {
    found.push(...(await violations([name, '>', name], faultOfTransaction(fault), { maxFaults: ATTEMPTS })))
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
