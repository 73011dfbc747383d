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
  console.log(`Interleavings of devices: ${cases} cases`)
})

test('a session has one key at a time when another key or a sign-in crosses its start', async () => {
  cases += await world.expectSoundWithin(['begun: start', 'begun: start by another key'], 4)
  cases += await world.expectSoundWithin(['begun: start', 'begun: sign in again'], 6, 1)
})

test.each(rowsOf(Object.entries(WEAKENINGS)))('a violation shows without %s', async (_rule, weakening) => {
  cases += (await world.expectViolation(weakening)).count
})
