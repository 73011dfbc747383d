import { vi } from 'vitest'
import type { Attempt } from '../../support/aws/gate.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { ACTS } from './acts.ts'
import { firstScene } from './scene.ts'
import { violationsOf } from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'DeleteItem'].includes(operation) ||
  /^(attempts|known|reads|changes)/.test(String(input.Key?.sk?.S)) ||
  /^grants#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the service with the console. The clock stands still. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const service = await useService({ settings: { REQUIRE_SECOND_FACTOR: 'administrators' }, load: false })
  const functions = await service.load({}, { when: 'when called' })
  return worldOf({
    acts: ACTS,
    isFree: isAside,
    newScene: await firstScene(service, functions),
    violationsOf: ({ scene, names, history }) => violationsOf(scene, names, history),
  })
}
