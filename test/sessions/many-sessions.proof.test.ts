import { afterAll, beforeAll, test } from 'vitest'
import { type Functions, type Stores, startStores } from '../support/users/sessions.ts'
import { expectAllListed } from './many-sessions.ts'

let stores: Stores
let functions: Functions

beforeAll(async () => {
  stores = await startStores()
  functions = await stores.functions()
})
afterAll(() => stores.aws.stop())

test('each of 9,000 sessions is listed once, the newest first, in small pages', async () => {
  await expectAllListed(stores, functions, 9_000)
}, 300_000)
