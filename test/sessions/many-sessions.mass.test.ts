import { test } from 'vitest'
import { useService } from '../support/service.ts'
import { expectAllListed } from './many-sessions.ts'

const stores = await useService()
const { functions } = stores

test('each of 9,000 sessions is listed once, the newest first, in small pages', async () => {
  await expectAllListed(stores, functions, 9_000)
}, 300_000)
