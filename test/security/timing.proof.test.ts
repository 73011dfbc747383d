import '../support/process/real-argon2.ts'
import { expect, test, vi } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { differences, expectAlike, measure, REJECTED } from './timing/timing.ts'

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, 15, 12) })
const stores = await useService()

const HASH = '../../lib/passwords/hash.ts'

test('unknown, known and disabled users take the same time, at the cost of real hashes', async () => {
  const functions = await stores.load()
  await expectAlike(() => measure(stores, functions, REJECTED))
})

test('control: a login that skips the hash of unknown usernames is found', async () => {
  vi.doMock(HASH, async (original) => {
    const hash = await original<typeof import('../../lib/passwords/hash.ts')>()
    const verifyPassword: typeof hash.verifyPassword = async (password, stored) =>
      stored !== hash.DECOY_HASH && hash.verifyPassword(password, stored)
    return { ...hash, verifyPassword }
  })
  const functions = await stores.load()
  vi.doUnmock(HASH)
  const { times } = await measure(stores, functions, REJECTED)
  const found = differences(times)
  const unknown = [...found].filter(([pair]) => pair.startsWith('unknown username / '))
  expect(unknown).toHaveLength(3)
  for (const [, { p }] of unknown) expect(p).toBeLessThan(1e-50)
})
