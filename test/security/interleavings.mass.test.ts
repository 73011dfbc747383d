import { test, vi } from 'vitest'
import type { Acts } from '../support/interleave/world.ts'
import { ACT_NAMES, type ActName } from './interleave/operations.ts'
import { WEAKENINGS } from './interleave/weaken.ts'
import {
  expectForgottenSignInsShow,
  MEETINGS,
  ordersOf,
  scheduleFrom,
  startWorld,
} from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.mock('../../lib/sessions/refresh-token.ts', async (original) =>
  (await import('../support/aws/gate.ts')).forgetful(await original()),
)
vi.setConfig({ testTimeout: 1_200_000 })

const world = await startWorld()

/** Another seed runs other schedules. */
const FIRST_SEED = Number(process.env.INTERLEAVE_SEED ?? 1)

test('nothing revoked lives and names stay sound in random schedules', async () => {
  const count = await world.expectSoundFrom(FIRST_SEED, 3_000, scheduleFrom)
  console.log(`Random schedules from seed ${FIRST_SEED}: ${count} cases, no violation`)
})

test('nothing revoked lives and names stay sound in every order of two operations', async () => {
  const pairs = ACT_NAMES.flatMap((first, index) =>
    ACT_NAMES.slice(index).map((second) => [first, second] as const),
  )
  let count = 0
  for (const pair of pairs) count += await world.expectSoundInEveryOrder(pair)
  console.log(`Every order of ${pairs.length} pairs of operations: ${count} cases, no violation`)
})

test.each(MEETINGS)('each of %j leaves its event, with the clock moving by %i ms', async (acts, tickMs) => {
  const count = await world.expectSoundFrom(1, 300, ordersOf(acts, tickMs))
  console.log(`Orders of ${acts.join(' ')}: ${count} cases, each with the events of its changes`)
})

/** Pairs in which every request is lost, late or repeated once, in every order. */
const FAULTY: readonly Acts<ActName>[] = [
  ['login', '>', 'logout'],
  ['refresh', 'logout'],
  ['login', 'set-role'],
  ['login over a session', 'logout'],
  ['login over a session', 'refresh'],
  ['login over a session', '>', 'login over a session'],
]

test.each(FAULTY.map((acts) => [acts.join(' '), acts] as const))(
  'nothing revoked lives when a request of %s fails',
  async (title, acts) => {
    const count = await world.expectSoundInEveryOrder(acts, 1)
    console.log(`Every order and every fault of ${title}: ${count} cases, no violation`)
  },
)

/** Operations whose dangerous orders are rare. */
const RARE: readonly Acts<ActName>[] = [
  ['remove', 'import with the same id', '>', 'login of a new user', '>', 'logout'],
  ['remove', 'import with the same id', '>', 'login of a new user', '>', 'refresh'],
  ['remove', '>', 'remove', '>', 'import with the same id', '>', 'login of a new user'],
]

test.each(RARE.map((acts) => [acts.join(' '), acts] as const))(
  'nothing revoked lives in rare orders of %s',
  async (title, acts) => {
    const count = await world.expectSoundFrom(1, 500, ordersOf(acts))
    console.log(`Orders of ${title}: ${count} cases, no violation`)
  },
)

test.each(Object.entries(WEAKENINGS))('a violation shows without %s', async (guard, weakening) => {
  const { violation, count } = await world.expectViolation(weakening)
  console.log(`Without ${guard}: after ${count} orders, ${violation.split('\n')[0]}`)
})

test('a false alarm shows if refresh tokens name no sign-in', async () => {
  console.log(`Refresh tokens that name no sign-in: ${await expectForgottenSignInsShow(world)} cases`)
})
