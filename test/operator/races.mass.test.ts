import { afterAll, test } from 'vitest'
import { useStore } from '../support/process/operator.ts'
import { ACTS, FAULTS, interleave, type Name } from './operator-races.ts'

let cases = 0

const store = await useStore()
afterAll(() => console.log(`Races of every two commands of npm run users: ${cases} cases`))

test.each(Object.entries(FAULTS))('names stay sound when a call of any command %s', async (_, fault) => {
  cases += await interleave(store, Object.keys(ACTS) as Name[], fault)
})
