import { afterAll, test, vi } from 'vitest'
import type { Acts, Weakening } from '../support/interleave/world.ts'
import { isProof, rowsOf } from '../support/rows.ts'
import type { ActName } from './interleave/acts.ts'
import { OAUTH_WEAKENINGS, REPEAT_WEAKENINGS } from './interleave/weaken.ts'
import {
  expectRepeatViolation,
  expectSoundRepeats,
  scheduleFrom,
  startOauthWorld,
} from './interleave/world.ts'

// interleavings.mass.test.ts runs the mass of schedules.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)

let cases = 0
const world = await startOauthWorld()
afterAll(() => {
  console.log(`Interleavings of OAuth: ${cases} cases`)
})

test('codes and grants stay sound in random schedules', async () => {
  cases += await world.expectSoundFrom(1, isProof ? 30 : 10, scheduleFrom)
})

/** Each with what ends the code or grant: its session, its user, its client, its reuse, or time. */
const PAIRS: readonly Acts<ActName>[] = [
  ['exchange web', 'sign out'],
  ['exchange native', 'disable user'],
  ['refresh native', 'password'],
  ['approve web', 'end-grants'],
  ['exchange web', 'exchange web'],
  ['refresh native', 'refresh native with a copied token'],
  ['first approval', 'first approval'],
  ['exchange web', 'sign in again'],
  ['exchange native', 'a minute'],
  ['refresh web', 'forty days without a deletion'],
  ['exchange web', 'remove access'],
  ['approve web', 'remove access'],
  ['exchange web', 'end session'],
]
test.each(PAIRS.map((acts) => [acts.join(' and '), acts] as const))(
  'codes and grants stay sound in every order of %s',
  async (_, acts) => {
    cases += await world.expectSoundInEveryOrder(acts)
  },
)

const REPEATED = ['exchange native', 'exchange web', 'approve web', 'first approval'] as const
test.each(REPEATED)('a client that gets no response to %s may repeat it', async (name) => {
  cases += await expectSoundRepeats(world, name)
})

test.each(rowsOf(Object.entries(REPEAT_WEAKENINGS)))('a violation shows without %s', async (_, alter) => {
  cases += await expectRepeatViolation(world, alter)
})

const GUARDS = [
  'sourcesUnchanged: the session is there and not ended',
  'spendingOf: not spent',
  'approvalOf: no such app yet',
  'newClient: a random generation',
  'revokeApp: another generation',
  'endGrantsOfSession: the ends of the grants',
]
test.each(rowsOf(GUARDS))('a violation shows without %s', async (guard) => {
  cases += (await world.expectViolation(OAUTH_WEAKENINGS[guard] as Weakening<ActName>)).count
})
