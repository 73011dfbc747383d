import { expect, vi } from 'vitest'
import { startStores } from '../sessions.ts'
import { exhaustively } from './choices.ts'
import { wiring } from './gate.ts'
import { type Acts, interleave, type World } from './interleave.ts'
import { firstScene } from './scene.ts'
import { isAside, latest, orderFrom, scheduleFrom } from './seeds.ts'
import type { Weakening } from './weaken.ts'

/** Starts the stores and the functions. Nothing is logged, and the clock stands still unless a schedule moves it. */
export async function startWorld(): Promise<World> {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const stores = await startStores()
  return { stores, newScene: await firstScene(stores, await stores.functions()) }
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

/** Runs operations in orders of some seeds. Expects no violation, and returns the number of schedules. */
export async function expectSoundInOrdersFrom(world: World, acts: Acts, count: number): Promise<number> {
  for (let seed = 1; seed <= count; seed += 1) {
    const { choose, options } = orderFrom(seed)
    expect(await interleave(world, acts, choose, options), `seed ${seed}`).toEqual([])
  }
  return count
}

/** Runs a weakened service in one order after the other until a violation shows. Returns the number of schedules. */
export async function expectViolation(
  world: World,
  { alter, acts, tickMs }: Weakening,
  maxSchedules: number,
): Promise<number> {
  wiring.alter = alter
  try {
    for (let seed = 1; seed <= maxSchedules; seed += 1) {
      const { choose, options } = orderFrom(seed, tickMs)
      if ((await interleave(world, acts, choose, options)).length > 0) return seed
    }
  } finally {
    wiring.alter = undefined
  }
  return expect.fail(`no violation in ${maxSchedules} schedules`)
}
