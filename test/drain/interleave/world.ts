import { vi } from 'vitest'
import { isAside as isAsideOfSessions } from '../../security/interleave/world.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { PASSWORD } from '../../support/users/sessions.ts'
import { ACTS } from './acts.ts'
import { firstScene } from './scene.ts'
import { violationsOf } from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = (attempt: Attempt): boolean =>
  isAsideOfSessions(attempt) || /^grants#/.test(String(attempt.input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the service, with an old place that knows {@link PASSWORD}. The clock stands still. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const service = await useService({
    settings: { MAILER: '' },
    oldPlace: ({ password }) => ({ verdict: password === PASSWORD ? 'correct' : 'wrong' }),
  })
  return worldOf({
    acts: ACTS,
    isFree: isAside,
    newScene: await firstScene(service),
    violationsOf: ({ scene, names, history }) => violationsOf(scene, names, history),
  })
}
