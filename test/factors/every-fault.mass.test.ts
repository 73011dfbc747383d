import { afterAll, test, vi } from 'vitest'
import { ACTS_OF, expectSoundAtEveryFault, FACTOR_FAULTS, startFactorWorlds } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 600_000 })

let cases = 0
const worldIn = await startFactorWorlds()
afterAll(() => {
  console.log(`Faults of every operation on factors: ${cases} cases`)
})

/** The other states have the same operations; `both` and `reset` take minutes. */
const STATES = ['totp', 'enrolment'] as const

test.each(STATES.flatMap((state) => FACTOR_FAULTS.map((kind) => [state, kind] as const)))(
  'a user with %s stays able to sign in when a request of any operation is %s',
  async (state, kind) => {
    for (const act of ACTS_OF[state]) cases += await expectSoundAtEveryFault(worldIn, state, act, kind)
  },
)
