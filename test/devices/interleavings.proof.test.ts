import { afterAll, expect, test, vi } from 'vitest'
import { ACT_NAMES, CLOSE_PAIRS } from './interleave/acts.ts'
import { startWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 60_000 })

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of devices: ${cases} schedules of ${CLOSE_PAIRS.length} pairs, no violation`)
})

test.each(ACT_NAMES)('%s keeps the session of its device, also when a request fails', async (name) => {
  cases += await world.expectSoundWithin([name], MAX_ORDERS.alone, 1)
})

test.each(CLOSE_PAIRS)('%s and %s stay sound when one happens within the other', async (first, second) => {
  cases += await world.expectSoundWithin([first, second], MAX_ORDERS.pair)
})

test('pairs meet each end of a session', () => {
  expect(CLOSE_PAIRS.length).toBeGreaterThan(100)
})

/** So many orders of an operation in which one of its requests fails, and of a pair: those with fewest deviations. */
const MAX_ORDERS = { alone: 8, pair: 6 }
