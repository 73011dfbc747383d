import { expect, test, vi } from 'vitest'
import type { Acts } from '../support/interleave/world.ts'
import type { ActName } from './interleave/acts.ts'
import { STATES, type State } from './interleave/scene.ts'
import { FACTOR_WEAKENINGS } from './interleave/weaken.ts'
import { ACTS_OF, expectSoundFactorsFrom, startFactorWorlds } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.setConfig({ testTimeout: 600_000 })

const worldIn = await startFactorWorlds()

/** Another seed runs other schedules. */
const FIRST_SEED = Number(process.env.INTERLEAVE_SEED ?? 1)

/** So many orders of a pair: those in which one operation happens within the other, at each request. */
const MAX_ORDERS = { none: 3, totp: 1, both: 1, enrolment: 3, reset: 1 }

test('factors, sessions and sign-ins stay sound in random schedules', async () => {
  const count = await expectSoundFactorsFrom(worldIn, FIRST_SEED, 200)
  console.log(`Random schedules of factors from seed ${FIRST_SEED}: ${count} cases, no violation`)
})

test.each(STATES)(
  'factors stay sound of a user with %s when one operation happens within another',
  async (state) => {
    const all = ACTS_OF[state]
    const pairs = all.flatMap((first, index) => all.slice(index).map((second) => [first, second] as const))
    let count = 0
    for (const pair of pairs) count += await worldIn(state).expectSoundWithin(pair, MAX_ORDERS[state])
    console.log(`Orders of ${pairs.length} pairs of operations, with ${state}: ${count} cases, no violation`)
  },
)

/** Sign-ins that renew a session, with what may happen to it at the same time. */
const RENEWING = (
  ['refresh', 'logout', 'everywhere', 'password', 'set-password', 'add totp', 'remove totp'] as const
)
  .flatMap((other) => [
    ['totp', ['totp', other]],
    ['totp', [other, 'totp']],
    ['both', ['second passkey', other]],
  ])
  .concat([
    ['enrolment', ['enrol totp', 'logout']],
    ['enrolment', ['enrol totp', 'everywhere']],
    ['enrolment', ['set-password', 'enrol totp']],
    ['enrolment', ['enrol totp', 'enrol passkey']],
  ]) as [State, Acts<ActName>][]

test.each(RENEWING)(
  'a renewed session stays sound of a user with %s in orders of %j',
  async (state, acts) => {
    const count = await worldIn(state).expectSoundWithin(acts, 25)
    console.log(`Orders of ${acts.join(' ')}, with ${state}: ${count} cases, no violation`)
  },
)

test.each(Object.entries(FACTOR_WEAKENINGS))('a violation shows without %s', async (guard, weakening) => {
  const { violation, count } = await worldIn(weakening.state).expectViolation(weakening)
  console.log(`Without ${guard}: after ${count} orders, ${violation.split('\n')[0]}`)
})

test('every operation is a part of some state', () => {
  expect(new Set(Object.values(ACTS_OF).flat()).size).toBeGreaterThan(20)
})
