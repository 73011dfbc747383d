import { vi } from 'vitest'
import { testPasswordBursts } from '../support/password-burst-tests.ts'

const hashes = vi.hoisted(() => ({ count: 0 }))

// What is limited does not depend on what a hash costs.
vi.mock('node:crypto', async (original) => {
  const { cheapArgon2 } = await import('../support/cheap-argon2.ts')
  return cheapArgon2(await original(), hashes)
})

testPasswordBursts('all', hashes)
