import { expect, test, vi } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { hashes } from '../support/process/cheap-argon2.ts'
import { useService } from '../support/service.ts'
import { expectAlike, measure, prepare, REFUSED, REJECTED } from './timing/timing.ts'

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
const stores = await useService()
const LIMIT_OF_ONE = { LIMIT_USER_AND_SOURCE: '1/900' }

test('unknown, known and disabled users take the same time beside their one hash', async () => {
  const functions = await stores.load()
  await expectAlike(() => measure(stores, functions, REJECTED))
})

test('a refused sign-in takes the same time for correct, wrong and unknown, without a hash', async () => {
  const functions = await stores.load(LIMIT_OF_ONE)
  await expectAlike(() => measure(stores, functions, REFUSED))
})

test.for([...Object.entries(REJECTED), ...Object.entries(REFUSED)])(
  'a sign-in computes one hash, and none if it is refused: %s',
  async ([, login]) => {
    const functions = await stores.load(LIMIT_OF_ONE)
    // The first hash of a function is preceded by one that tries argon2.
    await (await prepare(stores, functions, {}))()
    const send = await prepare(stores, functions, login)
    hashes.count = 0
    const { status } = await send()
    expect([status, hashes.count]).toEqual(login.isRefused ? [429, 0] : [401, 1])
  },
)
