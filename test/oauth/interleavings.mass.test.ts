import { test, vi } from 'vitest'
import type { Acts } from '../support/interleave/world.ts'
import { type ActName, PAIRS } from './interleave/acts.ts'
import { OAUTH_WEAKENINGS } from './interleave/weaken.ts'
import { scheduleFrom, startOauthWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 1_200_000 })

const world = await startOauthWorld()

/** Another seed runs other schedules. */
const FIRST_SEED = Number(process.env.INTERLEAVE_SEED ?? 1)

test('codes and grants stay sound in random schedules of two to five operations', async () => {
  const count = await world.expectSoundFrom(FIRST_SEED, 1_000, scheduleFrom)
  console.log(`Random schedules of OAuth from seed ${FIRST_SEED}: ${count} cases, no violation`)
})

test('codes and grants stay sound in every order of two operations', async () => {
  let count = 0
  for (const pair of PAIRS) count += await world.expectSoundInEveryOrder(pair)
  console.log(`Every order of ${PAIRS.length} pairs of operations of OAuth: ${count} cases, no violation`)
})

/** Operations in which every request is lost, late or repeated once, in every order. */
const FAULTY: readonly Acts<ActName>[] = [
  ['first approval'],
  ['exchange native', '>', 'exchange native'],
  ['exchange web', '>', 'sign out'],
  ['refresh native', '>', 'refresh native with a copied token'],
  ['exchange native', '>', 'a day'],
  ['end-grants', '>', 'approve web'],
]

test.each(FAULTY.map((acts) => [acts.join(' '), acts] as const))(
  'codes and grants stay sound when a request of %s fails, or is repeated later',
  async (title, acts) => {
    const count = await world.expectSoundInEveryOrder(acts, 1)
    console.log(`Every order and every fault of ${title}: ${count} cases, no violation`)
  },
)

test.each(Object.entries(OAUTH_WEAKENINGS))('a violation shows without %s', async (guard, weakening) => {
  const { violation, count } = await world.expectViolation(weakening)
  console.log(`Without ${guard}: after ${count} orders, ${violation.split('\n')[0]}`)
})
