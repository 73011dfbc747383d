import type { Choose, Kind, Move } from './schedule.ts'
import type { Schedule } from './world.ts'

/** Creates a generator of pseudo-random numbers from 0 to 1 (mulberry32). A seed gives the same numbers again. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const oneOf = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)] as T

/**
 * Chooses at random. How fast each operation is, how readily operations begin and how late requests land differs
 * between schedules: orders that need many steps of one operation before the next step of another would be rare otherwise.
 */
export function atRandom(random: () => number, faultRates: readonly number[]): Choose {
  const fault = oneOf(random, faultRates)
  const weights: Record<Kind, number> = {
    begin: oneOf(random, [0.05, 0.3, 2]),
    land: oneOf(random, [0.02, 0.1, 0.5]),
    pass: 1,
    lost: fault / 4,
    unanswered: fault,
    late: fault,
    twice: fault,
  }
  const speeds: number[] = []
  const weightOf = ({ kind, by }: Move) => {
    speeds[by] ??= oneOf(random, [0.03, 0.3, 1, 1])
    return weights[kind] * speeds[by]
  }
  return (moves) => {
    const all = moves.map(weightOf)
    let left = random() * all.reduce((sum, weight) => sum + weight, 0)
    const chosen = all.findIndex((weight) => {
      left -= weight
      return left < 0
    })
    return Math.max(chosen, 0)
  }
}

/** Returns random operations of a theme, their order, their faults, what they use and how far the clock moves. */
export function randomSchedule<Name extends string>(
  random: () => number,
  theme: readonly Name[],
  { mostActs, ticksMs }: { mostActs: number; ticksMs: readonly number[] },
): Schedule<Name> {
  const acts: (Name | '>')[] = []
  for (let left = 2 + Math.floor(random() * (mostActs - 1)); left > 0; left -= 1) {
    if (acts.length > 0 && random() < 0.3) acts.push('>')
    acts.push(oneOf(random, theme))
  }
  const options = {
    maxFaults: oneOf(random, [0, 1, 3, 8]),
    pick: <T>(values: readonly T[]) => oneOf(random, values),
    tickMs: oneOf(random, ticksMs),
  }
  return { acts, choose: atRandom(random, [0.01, 0.05, 0.15]), options }
}
