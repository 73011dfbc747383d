import { vi } from 'vitest'
import { isAside as isAsideOfSessions } from '../../security/interleave/world.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { oneOf, randomFrom, randomSchedule } from '../../support/interleave/choices.ts'
import { type Schedule, worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { ACT_NAMES, ACTS, type ActName } from './acts.ts'
import { firstScene } from './scene.ts'
import { violationsOf } from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = (attempt: Attempt): boolean =>
  isAsideOfSessions(attempt) || /^grants#/.test(String(attempt.input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the service. The clock stands still. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const service = await useService({ settings: { MAILER: '', COOKIE_SESSIONS: 'on' } })
  return worldOf({ acts: ACTS, isFree: isAside, newScene: await firstScene(service), violationsOf })
}

/** Returns everything that a seed decides: operations on one session, with or without a change of the password in the other one. */
export function scheduleFrom(seed: number): Schedule<ActName> {
  const random = randomFrom(seed)
  const who = oneOf(random, ['begun: ', 'bound: '])
  const theme = oneOf(random, [ACT_NAMES, ACT_NAMES.filter((name) => name.startsWith(who))])
  return randomSchedule(random, theme, { mostActs: 5, ticksMs: [0, 0, 1_000] })
}
