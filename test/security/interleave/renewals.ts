import { appliedIn } from '../../support/interleave/events.ts'
import type { History } from '../../support/interleave/history.ts'
import type { Report } from './act.ts'
import type { Facts } from './facts.ts'
import type { ActName } from './operations.ts'
import type { UserScene } from './scene.ts'

/**
 * Returns the violations in alarms. A token is used again only if there is a copy, or if time passes between the requests of a client
 * that refreshes. A sign-in in the session makes no other token one that is used again.
 */
export function violationsOfAlarms(
  names: readonly ActName[],
  { arrivals }: History<Report>,
  tickMs: number,
): string[] {
  const isPossible =
    names.includes('refresh with a copied token') ||
    (tickMs > 0 && names.some((name) => name.startsWith('refresh')))
  const alarms = appliedIn(arrivals).filter(({ input }) => JSON.stringify(input).includes('session.reused'))
  return isPossible || alarms.length === 0 ? [] : ['a false alarm']
}

const FAULT = /^\d+ (lost|unanswered|late|twice) /

/** Returns the violations in sign-ins that met no other operation and no fault: each renews its session. */
export function violationsOfRenewals(
  scene: UserScene,
  names: readonly ActName[],
  { ends, trace }: History<Report>,
  facts: Facts,
): string[] {
  if (trace.some((line) => FAULT.test(line))) return []
  const isAlone = (by: number) =>
    ends.every((end, other) => {
      const { began, ended } = ends[by] ?? { began: 0, ended: 0 }
      return other === by || end.ended <= began || end.began >= ended
    })
  return scene.sessions.flatMap((session) =>
    facts
      .endersOf(session)
      .filter((by) => names[by] === 'login over a session' && isAlone(by))
      .map(() => `a sign-in alone ended ${session.id}`),
  )
}
