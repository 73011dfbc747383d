import { afterAll, test, vi } from 'vitest'
import { rowsOf } from '../support/rows.ts'
import { WEAKENINGS } from './interleave/weaken.ts'
import { startWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)

let cases = 0
const world = await startWorld()

test('the newest password wins while a first sign-in meets a reset', async () => {
  cases += await world.expectSoundWithin(['sign in', 'reset'], 20)
})

test.each(rowsOf(Object.entries(WEAKENINGS)))('a violation shows without %s', async (_rule, weakening) => {
  cases += (await world.expectViolation(weakening)).count
})

afterAll(() => {
  console.log(`Interleavings of first sign-ins: ${cases} cases`)
})
