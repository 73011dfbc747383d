import { afterAll, test, vi } from 'vitest'
import { DUELS, LOSSES, PROMOTED, SIGN_IN } from './interleave/acts.ts'
import { startWorld } from './interleave/world.ts'
import { ABOUT_A_USER, CHANGING } from './routes.ts'

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
  console.log(
    `Interleavings of administrators: ${cases} schedules of ${CHANGING.length} routes, no violation`,
  )
})

test.each(CHANGING)('%s succeeds if nothing comes between', async (route) => {
  cases += await world.expectSoundInEveryOrder([route])
})

const PAIRS = CHANGING.flatMap((route) => Object.keys(LOSSES).map((loss) => [route, loss] as const))

test.each(PAIRS)('%s has no effect once %s, in every order', async (route, loss) => {
  cases += await world.expectSoundInEveryOrder([route, loss])
})

/** They end one session or one app. Other changes may end the session that begins. */
const OF_ONE = CHANGING.filter((route) => /(\{sid\}|\{gid\})\/end$/.test(route))

test.each(OF_ONE)('%s succeeds while its user signs in, in every order', async (route) => {
  cases += await world.expectSoundInEveryOrder([route, SIGN_IN])
})

test.each(ABOUT_A_USER)('%s has no effect once its user has been promoted, in every order', async (route) => {
  cases += await world.expectSoundInEveryOrder([route, PROMOTED])
})

test.each(DUELS)('%s and %s leave an enabled administrator, in every order', async (one, other) => {
  cases += await world.expectSoundInEveryOrder([one, other])
})

/** Orders of each route in which one request fails: those with fewest deviations. */
const ORDERS = 30

test.each(CHANGING)('%s has no effect once root is disabled, when a request fails', async (route) => {
  cases += await world.expectSoundWithin([route, 'root is disabled'], ORDERS, 1)
})
