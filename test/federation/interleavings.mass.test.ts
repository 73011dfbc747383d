import { afterAll, test, vi } from 'vitest'
import type { Acts } from '../support/interleave/world.ts'
import { ACT_NAMES, type ActName, DORA_NAMES } from './interleave/acts.ts'
import { startWorld } from './interleave/world.ts'

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)
vi.mock('../../lib/aws/connection.ts', async (original) =>
  (await import('../support/aws/gate.ts')).gated(await original()),
)
vi.mock('../../lib/federation/exchange/exchange.ts', async (original) =>
  (await import('./interleave/exchange.ts')).countedExchange(await original()),
)
vi.setConfig({ testTimeout: 600_000 })

let cases = 0
const world = await startWorld()
afterAll(() => {
  console.log(`Interleavings of identities: ${cases} schedules, no violation`)
})

const PAIRS = [
  ['sign in', 'sign in with the first response again'] as const,
  ...ACT_NAMES.flatMap((first, index) => ACT_NAMES.slice(index).map((second) => [first, second] as const)),
  ...[...DORA_NAMES, 'disable the provider' as const].map(
    (second) => ['sign in with a factor', second] as const,
  ),
].map((acts): [string, Acts<ActName>] => [acts.join(' and '), acts])

test.each(PAIRS)('identities stay sound in every order of %s', async (_title, acts) => {
  cases += await world.expectSoundInEveryOrder(acts)
})

/** Pairs in which every request is lost, late or repeated once, in every order. */
const FAULTY: [string, Acts<ActName>][] = [
  ['a sign-in and an unlink', ['sign in', 'unlink']],
  ['two links', ['link', 'link by bob']],
  ['a link and a deletion', ['link', 'delete']],
  ['a link and a reset', ['link', 'reset']],
  ['a link and a new password by an operator', ['link', 'set-password']],
  ['a sign-in and an unlink by an operator', ['sign in', 'users unlink']],
  ['two new accounts', ['create', 'create too']],
  ['a new account and the end of its provider', ['create', 'disable the provider']],
  ['a new account and the removal of its provider', ['create', 'remove the provider']],
  ['a sign-in and the end of its provider', ['sign in', 'disable the provider']],
]

test.each(FAULTY)('identities stay sound when a request of %s fails', async (title, acts) => {
  const count = await world.expectSoundInEveryOrder(acts, 1)
  cases += count
  console.log(`Every order and every fault of ${title}: ${count} schedules`)
})

// Every order and every fault of the two would take minutes. These are all with one deviation, and some with two.
test('identities stay sound when a request of a sign-in with a factor fails, or an unlink comes between', async () => {
  cases += await world.expectSoundWithin(['sign in with a factor', 'unlink of dora'], 150, 1)
})
