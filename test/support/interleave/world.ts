import { expect, vi } from 'vitest'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { type Alter, type Attempt, wiring } from '../aws/gate.ts'
import { restorerOf } from '../aws/restore.ts'
import { appliedIn, eventKeys, eventsOf, violationsOfEvents } from './events.ts'
import type { History } from './history.ts'
import { type Choose, run } from './schedule.ts'
import { exhaustively, fewestDeviationsFirst } from './systematic.ts'

/** Operations of a schedule. `>` between two of them: the second begins when the first has ended. */
export type Acts<Name extends string> = readonly (Name | '>')[]

/** What operations of a schedule share. */
export interface Scene {
  /** The operator's view. */
  table: Table
  /** Keys of the events with which the schedule begins. */
  eventsBefore: ReadonlySet<string>
  /** Chooses what an operation uses, when it begins. */
  pick<T>(values: readonly T[]): T
  /** Called when a client's request begins. */
  tick(): void
}

/** What a schedule decides of its scene. */
export type SceneOptions = Pick<Scene, 'pick' | 'tick'>

export interface Options {
  /** How many requests may meet a fault. */
  maxFaults?: number
  pick?: Scene['pick']
  /** How far the clock moves when a client's request begins. */
  tickMs?: number
  /** Requests that need no order, because nothing depends on it that is checked. */
  isFree?: (attempt: Attempt) => boolean
}

/** A schedule: which operations run, in which order, and on what. */
export interface Schedule<Name extends string> {
  acts: Acts<Name>
  choose: Choose
  options: Options
}

/** A schedule that has ended. */
export interface Ended<Name extends string, S extends Scene, Report> {
  scene: S
  names: readonly Name[]
  history: History<Report>
  tickMs: number
}

/** Operations on one user, and the rules that hold after them in any order. */
export interface Play<Name extends string, S extends Scene, Report> {
  acts: Record<Name, { run(scene: S, by: number): Promise<Report> }>
  isFree: (attempt: Attempt) => boolean
  newScene(options: SceneOptions): Promise<S>
  violationsOf(ended: Ended<Name, S, Report>): Promise<string[]>
}

/** So many orders show the violation of every weakening. Most need one deviation, and some a fault. */
const MAX_ORDERS = 120

/** A guard of `lib/` that is taken away, and operations that show it in some order. */
export interface Weakening<Name extends string> {
  alter: Alter
  acts: Acts<Name>
  tickMs?: number
  /** What the violation says. */
  shows?: RegExp
}

export const latest: Scene['pick'] = (values) => {
  const value = values.at(-1)
  if (value === undefined) throw new Error('the scene has none yet')
  return value
}

/**
 * Keeps the state of a table and of its events.
 *
 * @returns A function that puts both back for the next schedule, and returns the keys of the events.
 */
export async function keepState(table: Table): Promise<() => Promise<Pick<Scene, 'table' | 'eventsBefore'>>> {
  const [restore, restoreEvents] = [await restorerOf(table), await restorerOf(eventsOf(table))]
  const eventsBefore = await eventKeys(table)
  return async () => {
    await restore()
    await restoreEvents()
    return { table, eventsBefore }
  }
}

/** Runs schedules of a play. All expect no violation and return the number of schedules, but for those that say otherwise. */
export function worldOf<
  Name extends string,
  S extends Scene,
  Report extends { status?: number; message?: string },
>(play: Play<Name, S, Report>) {
  /** Runs operations in one order. Returns the violations, each with the steps that led to it. `undefined` if the order was left. */
  async function violationsIn(
    acts: Acts<Name>,
    choose: Choose,
    options: Options,
  ): Promise<string[] | undefined> {
    const { maxFaults = 0, pick = latest, tickMs = 0, isFree = play.isFree } = options
    const tick = () => void vi.setSystemTime(Date.now() + tickMs)
    const scene = await play.newScene({ pick, tick })
    const names: Name[] = []
    const operations = acts.flatMap((name, index) => {
      if (name === '>') return []
      const by = names.push(name) - 1
      return { ...(acts[index - 1] === '>' && { after: by - 1 }), run: () => play.acts[name].run(scene, by) }
    })
    const history = await run(operations, choose, { maxFaults, isFree })
    if (history === undefined) return undefined
    scene.tick = () => {}
    const found = [
      ...(await violationsOfEvents(scene.table, appliedIn(history.arrivals), scene.eventsBefore)),
      ...(await play.violationsOf({ scene, names, history, tickMs })),
    ]
    const ends = history.ends.map(
      ({ value, error }, by) => `${by} ${names[by]}: ${value?.status ?? value?.message ?? error}`,
    )
    return found.map((text) => [text, ...ends, ...history.trace].join('\n  '))
  }

  const violations = async (acts: Acts<Name>, choose: Choose, options: Options = {}) =>
    (await violationsIn(acts, choose, options)) ?? []

  async function expectSoundIn(
    orders: Iterable<Choose>,
    acts: Acts<Name>,
    options: Options,
  ): Promise<number> {
    let count = 0
    for (const choose of orders) {
      const found = await violationsIn(acts, choose, options)
      if (found === undefined) continue
      count += 1
      expect(found, acts.join(', ')).toEqual([])
    }
    return count
  }

  return {
    violations,

    /** Runs operations in every order. */
    expectSoundInEveryOrder: (acts: Acts<Name>, maxFaults = 0) =>
      expectSoundIn(exhaustively(), acts, { maxFaults }),

    /** Runs operations in the orders with fewest deviations: one within the other, at every request. */
    expectSoundWithin: (acts: Acts<Name>, maxOrders: number, maxFaults = 0) =>
      expectSoundIn(fewestDeviationsFirst(maxOrders), acts, { maxFaults }),

    /** Runs the schedules of some seeds. */
    async expectSoundFrom(
      firstSeed: number,
      count: number,
      scheduleFrom: (seed: number) => Schedule<Name>,
    ): Promise<number> {
      for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
        const { acts, choose, options } = scheduleFrom(seed)
        expect(await violations(acts, choose, options), `seed ${seed}: ${acts}`).toEqual([])
      }
      return count
    },

    /**
     * Runs a weakened service in one order after the other until a violation shows, those with fewest deviations first.
     * Expects none in as many orders of the service as it is.
     *
     * @returns The first violation, and the number of orders.
     */
    async expectViolation({
      alter,
      acts,
      tickMs = 0,
      shows = /./,
    }: Weakening<Name>): Promise<{ violation: string; count: number }> {
      async function search(maxOrders: number, shows: RegExp) {
        let count = 0
        for (const choose of fewestDeviationsFirst(maxOrders)) {
          count += 1
          const found = await violations(acts, choose, { maxFaults: 1, tickMs })
          const violation = found.find((one) => shows.test(one))
          if (violation !== undefined) return { violation, count }
        }
        return undefined
      }

      wiring.alter = alter
      const found = await search(MAX_ORDERS, shows).finally(() => delete wiring.alter)
      if (found === undefined) return expect.fail(`no violation in ${MAX_ORDERS} orders`)
      expect(await search(found.count, /./)).toBeUndefined()
      return found
    },
  }
}
