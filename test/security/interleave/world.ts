import { expect, vi } from 'vitest'
import { wiring } from '../../support/aws/gate.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { type Acts, interleave, type World } from './interleave.ts'
import { firstScene } from './scene.ts'
import { isAside, latest, orderFrom, scheduleFrom } from './seeds.ts'
import { exhaustively, fewestDeviationsFirst } from './systematic.ts'
import { expectViolationOf, type Weakening } from './weaken.ts'

/** Starts the stores and the functions. Nothing is logged, and the clock stands still unless a schedule moves it. */
export async function startWorld(): Promise<World> {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const stores = await useService({ settings: { MAILER: '' } })
  return { stores, newScene: await firstScene(stores, stores.functions) }
}

/** Runs the schedules of some seeds. Expects no violation, and returns the number of schedules. */
export async function expectSoundFrom(world: World, firstSeed: number, count: number): Promise<number> {
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
    const { acts, choose, options } = scheduleFrom(seed)
    expect(await interleave(world, acts, choose, options), `seed ${seed}`).toEqual([])
  }
  return count
}

/** Runs operations in every order. Expects no violation, and returns the number of schedules. */
export async function expectSoundInEveryOrder(world: World, acts: Acts, maxFaults = 0): Promise<number> {
  let count = 0
  for (const choose of exhaustively()) {
    count += 1
    const violations = await interleave(world, acts, choose, { maxFaults, pick: latest, isFree: isAside })
    expect(violations, acts.join(', ')).toEqual([])
  }
  return count
}

/** Runs a service whose refresh tokens name no sign-in. Expects a violation in some order, and none of the service as it is. */
export async function expectForgottenSignInsShow(world: World): Promise<number> {
  const acts = ['login over a session', 'refresh'] as const
  let count = 0
  for (const isForgetful of [true, false]) {
    const found: string[] = []
    for (const choose of fewestDeviationsFirst(MAX_ORDERS)) {
      wiring.forgetsSignIns = isForgetful
      const options = { maxFaults: 0, pick: latest, isFree: isAside }
      found.push(
        ...(await interleave(world, acts, choose, options).finally(() => delete wiring.forgetsSignIns)),
      )
      count += 1
    }
    if (isForgetful) expect(found.join()).toMatch(/a false alarm/)
    else expect(found).toEqual([])
  }
  return count
}

/** Operations of which each must leave its event, in any order. The third of them reuses a replaced token. */
export const MEETINGS: readonly (readonly [acts: Acts, tickMs: number])[] = [
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

/** Runs operations in orders of some seeds. Expects no violation, and returns the number of schedules. */
export async function expectSoundInOrdersFrom(
  world: World,
  acts: Acts,
  count: number,
  tickMs = 0,
): Promise<number> {
  for (let seed = 1; seed <= count; seed += 1) {
    const { choose, options } = orderFrom(seed, tickMs)
    expect(await interleave(world, acts, choose, options), `seed ${seed}`).toEqual([])
  }
  return count
}

/** So many orders show the violation of every weakening. Most need one deviation, and some a fault. */
const MAX_ORDERS = 50

/** Expects a violation of a weakened service. */
export const expectViolation = (world: World, { alter, acts, tickMs = 0, shows = /./ }: Weakening) =>
  expectViolationOf(alter, MAX_ORDERS, async (choose) => {
    const found = await interleave(world, acts, choose, {
      maxFaults: 1,
      pick: latest,
      tickMs,
      isFree: isAside,
    })
    return wiring.alter ? found.filter((violation) => shows.test(violation)) : found
  })
