import '../support/process/real-argon2.ts'
import { expect, test, vi } from 'vitest'
import { DECOY_HASH, verifyPassword } from '../../lib/passwords/hash.ts'
import { NO_LIMITS, useService } from '../support/service.ts'
import { importSixKinds, operate, signInOfEachKind } from './moved-users.ts'

const COUNT = 5_000
/** Half a hash for each user. A ratio of CPU time, because machines differ, and do other work too. */
const MAX_OWN_HASHES = COUNT / 2

test('5,000 users of six kinds of hash are imported without a hash, and twenty of each sign in', async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  const stores = await useService({ settings: NO_LIMITS })
  const { functions } = stores
  const hashSeconds = (await cpuSecondsOf(() => computeHashes(20))) / 20
  const seconds = await cpuSecondsOf(() => importSixKinds(stores, COUNT))
  console.log(
    `${COUNT} users of six kinds imported in ${seconds.toFixed(1)} s of CPU, that of ${(seconds / hashSeconds).toFixed(0)} hashes`,
  )
  expect(seconds / hashSeconds).toBeLessThan(MAX_OWN_HASHES)

  const beganMs = performance.now()
  const hashes = await signInOfEachKind(stores, functions, 20)
  console.log(`${hashes.length} sign-ins in ${((performance.now() - beganMs) / 1000).toFixed(1)} s`)
  expect(new Set(hashes).size).toBe(120)
  for (const hash of hashes) expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  const { stdout } = await operate(stores, 'list', '--rehash-report', '--filter', 'moved-')
  expect(stdout).toContain('argon2id         120    no\n')
  console.log(stdout)
}, 600_000)

/** Returns the seconds of CPU that something takes. */
async function cpuSecondsOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

async function computeHashes(count: number): Promise<void> {
  for (let hash = 0; hash < count; hash += 1) await verifyPassword('a password', DECOY_HASH)
}
