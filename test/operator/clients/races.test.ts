import { afterAll, expect, test } from 'vitest'
import { settleAll } from '../../support/at-once.ts'
import { isProof, rowsOf } from '../../support/rows.ts'
import { FAULTS } from '../operator-races.ts'
import { ACTS, expectSound, interleave, type Name, newScene } from './client-races.ts'
import { useClients } from './clients.ts'

let cases = 0

const store = await useClients()
afterAll(() => console.log(`Races of npm run clients: ${cases} cases`))

/** One command that adds, one that ends grants, one that removes. The proofs take every two commands. */
const FEW: readonly Name[] = ['add shop', 'disable shop', 'remove shop', 'new-secret shop']
const acts = isProof ? (Object.keys(ACTS) as Name[]) : FEW

test.each(rowsOf(Object.entries(FAULTS), ([name]) => name))(
  'clients and APIs stay sound when a call %s',
  async (_, fault) => {
    cases += await interleave(store, acts, fault)
  },
)

test.each<Name>(['add shop', 'new-secret shop', 'add-api other'])(
  'of five %s at once, one succeeds',
  async (name) => {
    for (let round = 0; round < (isProof ? 20 : 3); round += 1) {
      await newScene(store)
      if (name === 'add shop') await ACTS['remove shop'](store.table)
      const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => ACTS[name](store.table)))
      const values = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(values).toHaveLength(1)
      if (name !== 'add-api other') expect(await store.accepts('shop', String(values[0]))).toBe(true)
      await expectSound(store)
      cases += 1
    }
  },
)

test('set and disable at once are both kept', async () => {
  for (let round = 0; round < (isProof ? 20 : 5); round += 1) {
    const { generation } = await newScene(store)
    await settleAll([ACTS['set shop name'](store.table), ACTS['disable shop'](store.table)])
    expect(await store.stored('shop')).toMatchObject({
      name: 'New',
      disabled: true,
      generation: generation + 1,
    })
    cases += 1
  }
})
