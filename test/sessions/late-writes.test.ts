import { vi } from 'vitest'
import { testLateWrites } from '../support/late-write-tests.ts'

// One process computes all hashes of this file.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original())
})

testLateWrites('representatives')
