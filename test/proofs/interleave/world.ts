import { vi } from 'vitest'
import { isAside as isAsideOfSessions } from '../../security/interleave/world.ts'
import type { Attempt } from '../../support/aws/gate.ts'
import { worldOf } from '../../support/interleave/world.ts'
import { recordLogs } from '../../support/logs.ts'
import { useService } from '../../support/service.ts'
import { SETTINGS } from '../world.ts'
import { ACTS } from './acts.ts'
import { firstScene } from './scene.ts'
import { violationsOf } from './violations.ts'

/** Whether a request needs no order, because nothing depends on it that is checked here. */
const isAside = (attempt: Attempt): boolean =>
  isAsideOfSessions(attempt) ||
  /^(Encrypt|Decrypt)$/.test(attempt.operation) ||
  // A mail to a new address is in the history. The others are notices.
  attempt.operation.startsWith('/') ||
  /^(tries|codes|usernames|requests|mails|totp-tries)/.test(String(attempt.input.Key?.sk?.S)) ||
  /^grants#/.test(String(attempt.input.ExpressionAttributeValues?.[':pk']?.S))

/** Starts the service. No mail is delivered: their proofs are there before. The clock stands still. */
export async function startWorld() {
  recordLogs()
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
  const service = await useService({ settings: { ...SETTINGS, REGISTRATION: 'open' }, deliver: false })
  return worldOf({ acts: ACTS, isFree: isAside, newScene: await firstScene(service), violationsOf })
}
