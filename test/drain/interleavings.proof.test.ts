import { afterAll, test, vi } from 'vitest'
import { ACT_NAMES, type ActName } from './interleave/acts.ts'
import { startWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 600_000 })

let cases = 0
const world = await startWorld()

test('a first sign-in stays sound when each of its requests fails', async () => {
  cases += await world.expectSoundInEveryOrder(['sign in'], 1)
})

/** Orders of each pair, in which one request fails: those with fewest deviations. */
const ORDERS = 40

const OTHERS = ACT_NAMES.filter((name): name is Exclude<ActName, 'sign in'> => name !== 'sign in')

test.each(OTHERS)('the newest password wins in every order of a first sign-in and %s', async (other) => {
  cases += await world.expectSoundInEveryOrder(['sign in', other])
})

test.each(OTHERS)('the newest password wins when a request of a first sign-in or %s fails', async (other) => {
  const count = await world.expectSoundWithin(['sign in', other], ORDERS, 1)
  cases += count
  console.log(`A first sign-in and ${other}, with a fault: ${count} schedules`)
})

afterAll(() => {
  console.log(`Interleavings of first sign-ins: ${cases} schedules, no violation`)
})
