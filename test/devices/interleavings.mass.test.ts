import { afterAll, test, vi } from 'vitest'
import { ACT_NAMES, CLOSE_PAIRS, PAIRS } from './interleave/acts.ts'
import { scheduleFrom, startWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 1_200_000 })

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of devices: ${cases} schedules, no violation`)
})

test.each(PAIRS)('%s and %s stay sound in every order', async (first, second) => {
  cases += await world.expectSoundInEveryOrder([first, second])
})

test.each(ACT_NAMES)('%s keeps the session of its device in every order with two faults', async (name) => {
  cases += await world.expectSoundInEveryOrder([name], 2)
})

/** Orders of a pair in which a request fails: all with one deviation, and some with two. */
const MAX_ORDERS = 150

test.each(CLOSE_PAIRS)('%s and %s stay sound when a request fails', async (first, second) => {
  cases += await world.expectSoundWithin([first, second], MAX_ORDERS, 1)
})

/** Another seed runs other schedules. */
const FIRST_SEED = Number(process.env.INTERLEAVE_SEED ?? 1)

test('sessions of devices stay sound in random schedules of two to five operations', async () => {
  cases += await world.expectSoundFrom(FIRST_SEED, 1_000, scheduleFrom)
})
