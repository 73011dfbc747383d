import { vi } from 'vitest'
import { testFaults } from '../support/fault-tests.ts'

// One process computes all hashes of this file.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original())
})

testFaults()
