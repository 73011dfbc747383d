import { vi } from 'vitest'
import type { Attempt } from '../../support/aws/gate.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { PUBLIC_URL } from '../browser.ts'
import { ACTS } from './acts.ts'
import { firstScene } from './scene.ts'
import { violationsOf } from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = ({ operation, input }: Attempt): boolean =>
  ['Sign', 'GetPublicKey', 'Decrypt', 'DeleteItem'].includes(operation) ||
  /^(attempts|known|usernames|codes|responses|tries)/.test(String(input.Key?.sk?.S)) ||
  /^grants#/.test(String(input.ExpressionAttributeValues?.[':pk']?.S)) ||
  // Of the passkeys of a user.
  /^passkey#/.test(String(input.ExpressionAttributeValues?.[':sk']?.S))

/** Starts the service. The clock stands still. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const service = await useService({ settings: { MAILER: '', PUBLIC_URL, COOKIE_SESSIONS: 'on' } })
  return worldOf({
    acts: ACTS,
    isFree: isAside,
    newScene: await firstScene(service),
    violationsOf,
  })
}
