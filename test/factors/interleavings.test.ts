import { afterAll, test, vi } from 'vitest'
import { isProof, rowsOf } from '../support/rows.ts'
import { FACTOR_WEAKENINGS, type FactorWeakening } from './interleave/weaken.ts'
import { expectSoundFactorsFrom, startFactorWorlds } from './interleave/world.ts'

// interleavings.mass.test.ts runs the mass of schedules.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)

let cases = 0
const worldIn = await startFactorWorlds()
afterAll(() => {
  console.log(`Interleavings of factors: ${cases} cases`)
})

test('factors, sessions and sign-ins stay sound in random schedules', async () => {
  cases += await expectSoundFactorsFrom(worldIn, 1, isProof ? 8 : 3)
})

const PAIRS = [
  ['both', ['remove totp', 'remove passkey']],
  ['totp', ['totp', 'remove totp']],
  ['totp', ['next totp', 'add totp']],
  ['reset', ['password step', 'copied assertion']],
  ['enrolment', ['enrol totp', 'enrol passkey']],
  ['enrolment', ['enrol totp', 'disable']],
  ['enrolment', ['disable', 'enrol passkey']],
] as const
test.each(rowsOf(PAIRS))(
  'factors stay sound of a user with %s when one of %j happens within the other',
  async (state, acts) => {
    cases += await worldIn(state).expectSoundWithin(acts, 6)
  },
)

/** In `npm test`, `test/security/interleavings` shows a violation. */
const GUARDS = isProof ? ['changeFactors: the user as read', 'changeFactors: another session generation'] : []
test.each(GUARDS)('a violation shows without %s', async (guard) => {
  const weakening = FACTOR_WEAKENINGS[guard] as FactorWeakening
  cases += (await worldIn(weakening.state).expectViolation(weakening)).count
})
