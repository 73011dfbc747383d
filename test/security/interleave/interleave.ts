import { vi } from 'vitest'
import type { Attempt } from '../../support/aws/gate.ts'
import type { TestService } from '../../support/service.ts'
import { appliedIn, violationsOfEvents } from './events.ts'
import { factsOf } from './facts.ts'
import { ACTS, type ActName } from './operations.ts'
import { violationsOfAlarms, violationsOfRenewals } from './renewals.ts'
import { violationsOfReports } from './reports.ts'
import type { firstScene, Scene } from './scene.ts'
import { type Choose, run } from './schedule.ts'
import { violationsOfSessions } from './stored-sessions.ts'
import { violationsOfUsers } from './stored-users.ts'

/** The stores, and what every schedule begins with. */
export interface World {
  stores: TestService
  newScene: Awaited<ReturnType<typeof firstScene>>
}

/** Operations of a schedule. `>` between two of them: the second begins when the first has ended. */
export type Acts = readonly (ActName | '>')[]

export interface Options {
  maxFaults: number
  /** Chooses the session or token that an operation uses. */
  pick: Scene['pick']
  /** How far the clock moves when a client's request begins. */
  tickMs?: number
  isFree?: (attempt: Attempt) => boolean
}

/**
 * Runs operations on one user in one order, and checks what has become of the user, the sessions and the tokens.
 *
 * @returns The violations, each with the steps that led to it.
 */
export async function interleave(
  { newScene }: World,
  acts: Acts,
  choose: Choose,
  { maxFaults, pick, tickMs = 0, isFree }: Options,
): Promise<string[]> {
  const names = acts.filter((name) => name !== '>')
  const operations = names.map((name, by) => {
    const at = acts.flatMap((act, index) => (act === '>' ? [] : [index]))[by] ?? 0
    return { ...(acts[at - 1] === '>' && { after: by - 1 }), run: () => ACTS[name].run(scene, by) }
  })
  const tick = () => void vi.setSystemTime(Date.now() + tickMs)
  const scene = await newScene({ pick, tick })
  const history = await run(operations, choose, { maxFaults, ...(isFree && { isFree }) })
  scene.tick = () => {}
  const facts = factsOf(scene, names, history)
  const violations = [
    ...violationsOfReports(scene, names, history.ends, facts),
    ...violationsOfAlarms(names, history, tickMs),
    ...violationsOfRenewals(scene, names, history, facts),
    ...(await violationsOfEvents(scene.table, appliedIn(history.arrivals), scene.eventsBefore)),
    ...(await violationsOfUsers(scene, facts)),
    ...(await violationsOfSessions(scene, history.ends, facts)),
  ]
  const ends = history.ends.map(
    ({ value, error }, by) => `${by} ${names[by]}: ${value?.status ?? value?.message ?? error}`,
  )
  return violations.map((text) => [text, ...ends, ...history.trace].join('\n  '))
}
