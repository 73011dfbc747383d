import { afterAll, test, vi } from 'vitest'
import { rowsOf } from '../support/rows.ts'
import { DUELS, LOSSES, PROMOTED } from './interleave/acts.ts'
import { CHANGE, WEAKENINGS } from './interleave/weaken.ts'
import { startWorld } from './interleave/world.ts'
import { ABOUT_A_USER } from './routes.ts'

// What an administrator's change meets between its read and its write. interleavings.proof.test.ts runs all of it.

vi.mock('../../auth.config.ts', () => ({
  default: {
    roles: ['user', 'admin'],
    administrators: ['admin'],
    attributes: { plan: { type: 'string', values: ['free', 'pro'] } },
  },
}))
vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of administrators: ${cases} cases`)
})

test.each(Object.keys(LOSSES))('a change has no effect once %s', async (loss) => {
  cases += await world.expectSoundInEveryOrder([CHANGE, loss])
})

test.each(rowsOf(ABOUT_A_USER))('%s has no effect once its user has been promoted', async (route) => {
  cases += await world.expectSoundInEveryOrder([route, PROMOTED])
})

test.each(rowsOf(DUELS))('%s and %s leave an enabled administrator', async (one, other) => {
  cases += await world.expectSoundInEveryOrder([one, other])
})

test.each(rowsOf(Object.entries(WEAKENINGS)))('a violation shows without %s', async (_rule, weakening) => {
  cases += (await world.expectViolation(weakening)).count
})
