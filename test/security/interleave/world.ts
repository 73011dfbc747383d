import { expect, vi } from 'vitest'
import { type Attempt, wiring } from '../../support/aws/gate.ts'
import { atRandom, oneOf, randomFrom, randomSchedule } from '../../support/interleave/choices.ts'
import { fewestDeviationsFirst } from '../../support/interleave/systematic.ts'
import { type Acts, latest, type Schedule, worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { factsOf } from './facts.ts'
import { ACT_NAMES, ACTS, type ActName } from './operations.ts'
import { violationsOfAlarms, violationsOfRenewals } from './renewals.ts'
import { violationsOfReports } from './reports.ts'
import { firstScene } from './scene.ts'
import { violationsOfSessions } from './stored-sessions.ts'
import { violationsOfUsers } from './stored-users.ts'

/**
 * Whether a request needs no order, because nothing depends on it that is checked here: it signs, counts an attempt, or
 * clears up after a removal.
 */
export const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'DeleteItem'].includes(operation) ||
  /^(attempts|known)#/.test(String(input.Key?.sk?.S)) ||
  /^name#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the service. Nothing is logged, and the clock stands still unless a schedule moves it. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const stores = await useService({ settings: { MAILER: '' } })
  return worldOf({
    acts: ACTS,
    isFree: isAside,
    newScene: await firstScene(stores, stores.functions),
    async violationsOf({ scene, names, history, tickMs }) {
      const facts = factsOf(scene, names, history)
      return [
        ...violationsOfReports(scene, names, history.ends, facts),
        ...violationsOfAlarms(names, history, tickMs),
        ...violationsOfRenewals(scene, names, history, facts),
        ...(await violationsOfUsers(scene, facts)),
        ...(await violationsOfSessions(scene, history.ends, facts)),
      ]
    },
  })
}

export type World = Awaited<ReturnType<typeof startWorld>>

/** Operations that meet each other in ways that few random choices among all of them would bring about. */
const THEMES: readonly (readonly ActName[])[] = [
  ACT_NAMES,
  [
    'login',
    'login over a session',
    'refresh',
    'refresh with a copied token',
    'logout',
    'end session',
    'everywhere',
    'password',
    'delete me',
  ],
  [
    'login',
    'login by address',
    "login with the operator's password",
    'refresh',
    'everywhere',
    'password',
    'set-role',
    'set-password',
    'disable',
    'enable',
    'end-sessions',
  ],
  [
    'rename',
    'rename back',
    'rename of bob',
    'set-email',
    'remove the address',
    'remove',
    'add',
    'import with the same id',
    'import with the same id and another name',
  ],
  ['remove', 'import with the same id', 'login of a new user', 'login', 'refresh', 'logout', 'password'],
]

/** Returns everything that a seed decides. All requests are in an order, those aside too. */
export function scheduleFrom(seed: number): Schedule<ActName> {
  const random = randomFrom(seed)
  const limits = { mostActs: 6, ticksMs: [0, 0, 1_000, 11_000] }
  const { acts, choose, options } = randomSchedule(random, oneOf(random, THEMES), limits)
  return { acts, choose, options: { ...options, isFree: () => false } }
}

/** Returns what a seed decides for given operations, which use the latest session, and meet many faults. */
export const ordersOf =
  (acts: Acts<ActName>, tickMs = 0) =>
  (seed: number): Schedule<ActName> => {
    const random = randomFrom(seed)
    const choose = atRandom(random, [0.05, 0.2, 0.5])
    return { acts, choose, options: { maxFaults: oneOf(random, [1, 3, 8]), pick: latest, tickMs } }
  }

/** Runs a service whose refresh tokens name no sign-in. Expects a violation in some order, and none of the service as it is. */
export async function expectForgottenSignInsShow(world: World): Promise<number> {
  let count = 0
  for (const isForgetful of [true, false]) {
    const found: string[] = []
    for (const choose of fewestDeviationsFirst(50)) {
      wiring.forgetsSignIns = isForgetful
      const violations = world.violations(['login over a session', 'refresh'], choose)
      found.push(...(await violations.finally(() => delete wiring.forgetsSignIns)))
      count += 1
    }
    if (isForgetful) expect(found.join()).toMatch(/a false alarm/)
    else expect(found).toEqual([])
  }
  return count
}

/** Operations of which each must leave its event, in any order. The third of them reuses a replaced token. */
export const MEETINGS: readonly (readonly [acts: Acts<ActName>, tickMs: number])[] = [
  [['set-role', 'disable'], 0],
  [['set-role', 'password', 'delete me'], 0],
  [['refresh', '>', 'refresh with a copied token', 'logout', 'end session'], 11_000],
  [['login', 'login'], 0],
  [['login', 'login'], 700_000],
  [['login over a session', 'logout'], 0],
  [['login over a session', 'login over a session', 'end session'], 0],
  [
    ['login over a session', '>', 'login over a session', '>', 'refresh', '>', 'login over a session'],
    11_000,
  ],
  [['login over a session', 'refresh', 'password'], 0],
  [['remove', 'import with the same id', '>', 'import with the same id'], 0],
]
