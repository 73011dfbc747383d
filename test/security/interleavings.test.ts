import { afterAll, test, vi } from 'vitest'
import type { Weakening } from '../support/interleave/world.ts'
import { isProof, rowsOf } from '../support/rows.ts'
import type { ActName } from './interleave/operations.ts'
import { WEAKENINGS } from './interleave/weaken.ts'
import { MEETINGS, ordersOf, scheduleFrom, startWorld } from './interleave/world.ts'

// interleavings.mass.test.ts runs the mass of schedules.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.mock('../../lib/sessions/refresh-token.ts', async (original) =>
  (await import('../support/aws/gate.ts')).forgetful(await original()),
)

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings: ${cases} cases`)
})

test('nothing revoked lives and names stay sound in random schedules', async () => {
  cases += await world.expectSoundFrom(1, isProof ? 30 : 10, scheduleFrom)
})

const PAIRS = [
  ['everywhere', 'refresh'],
  ['refresh', 'logout'],
  ['rename', 'remove'],
] as const
test.each(rowsOf(PAIRS))('nothing revoked lives in every order of %s and %s', async (...acts) => {
  cases += await world.expectSoundInEveryOrder(acts)
})

test.each(MEETINGS)('each of %j leaves its event, with the clock moving by %i ms', async (acts, tickMs) => {
  cases += await world.expectSoundFrom(1, isProof ? 30 : 4, ordersOf(acts, tickMs))
})

const GUARDS = [
  'endSession: endedAt',
  'unrevoked: the session generation as read',
  'survivorOf: the sign-in of the access token',
  'newUser: random generations',
  'revokeSessions: another session generation',
  'claim: the name is free',
]
test.each([...rowsOf(GUARDS), 'the event of every change'])('a violation shows without %s', async (guard) => {
  cases += (await world.expectViolation(WEAKENINGS[guard] as Weakening<ActName>)).count
})
