import '../support/real-argon2.ts'
import { expect, test, vi } from 'vitest'
import { NO_LIMITS, startStores } from '../support/sessions.ts'
import { importSixKinds, operate, signInOfEachKind } from './moved-users.ts'

const COUNT = 5_000
const MAX_SECONDS = 20

test('5,000 users of six kinds of hash are imported in 20 s, and twenty of each sign in', async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  const stores = await startStores()
  const functions = await stores.functions(NO_LIMITS)
  const seconds = (await importSixKinds(stores, COUNT)) / 1000
  console.log(`${COUNT} users of six kinds imported in ${seconds.toFixed(1)} s`)
  expect(seconds).toBeLessThan(MAX_SECONDS)

  const beganMs = performance.now()
  const hashes = await signInOfEachKind(stores, functions, 20)
  console.log(`${hashes.length} sign-ins in ${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
  expect(new Set(hashes).size).toBe(120)
  for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const { stdout } = await operate(stores, 'list', '--rehash-report', '--filter', 'moved-')
  expect(stdout).toContain('argon2id         120    no\n')
  console.log(stdout)
  stores.aws.stop()
}, 180_000)
