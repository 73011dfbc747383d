import '../support/process/real-argon2.ts'
import { expect, test } from 'vitest'
import { verifyPassword } from '../../lib/passwords/hash.ts'
import { foreignHashes } from './hashes/foreign-hashes.ts'
import { HASH_VECTORS, testHashVectors } from './hashes/hash-vectors.ts'

await testHashVectors(HASH_VECTORS)

test.each(foreignHashes.rows)(
  'the hash $hash of $program verifies its password alone',
  async ({ password, hash }) => {
    expect(await verifyPassword(password, hash)).toBe(true)
    expect(await verifyPassword(`x${password}`, hash)).toBe(false)
  },
)
