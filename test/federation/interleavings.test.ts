import { afterAll, test, vi } from 'vitest'
import { rowsOf } from '../support/rows.ts'
import { WEAKENINGS } from './interleave/weaken.ts'
import { startWorld } from './interleave/world.ts'

// interleavings.mass.test.ts runs all pairs with faults.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.mock('../../lib/federation/exchange/exchange.ts', async (original) =>
  (await import('./interleave/exchange.ts')).countedExchange(await original()),
)

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of identities: ${cases} cases`)
})

test('identities stay sound while a link meets a deletion', async () => {
  cases += await world.expectSoundWithin(['link', 'delete'], 20)
})

test.each(rowsOf(Object.entries(WEAKENINGS)))('a violation shows without %s', async (_guard, weakening) => {
  cases += (await world.expectViolation(weakening)).count
})
