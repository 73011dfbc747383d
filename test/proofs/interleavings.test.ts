import { afterAll, test, vi } from 'vitest'
import { rowsOf } from '../support/rows.ts'
import { WEAKENINGS } from './interleave/weaken.ts'
import { startWorld } from './interleave/world.ts'

// interleavings.proof.test.ts runs the pairs that meet, interleavings.mass.test.ts all orders.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of mails and proofs: ${cases} cases`)
})

test('no session and no change of before outlives a reset', async () => {
  cases += await world.expectSoundWithin(['sign in', 'reset'], 4, 1)
  cases += await world.expectSoundWithin(['prove and delete', 'sign out everywhere'], 12)
})

test.each(rowsOf(Object.entries(WEAKENINGS)))('a violation shows without %s', async (_rule, weakening) => {
  cases += (await world.expectViolation(weakening)).count
})
