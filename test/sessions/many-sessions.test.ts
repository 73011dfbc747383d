import { afterAll, beforeAll, test } from 'vitest'
import { expectAllListed } from '../support/many-sessions.ts'
import { type Functions, type Stores, startStores } from '../support/sessions.ts'

let stores: Stores
let functions: Functions

beforeAll(async () => {
  stores = await startStores()
  functions = await stores.functions()
})
afterAll(() => stores.aws.stop())

test('each of 1,250 sessions is listed once, the newest first, in small pages', async () => {
  await expectAllListed(stores, functions, 1_250)
})
