type Crypto = typeof import('node:crypto')

/**
 * Returns `node:crypto` with Argon2id at its lowest cost, for every requested cost. Tests that sign in hundreds of
 * times use it: hashes made and verified this way differ in nothing but their cost.
 *
 * @param hashes - Counts the hashes. The functions make one when they start.
 * @example
 * vi.mock('node:crypto', async (original) => (await import('../support/cheap-argon2.ts')).cheapArgon2(await original()))
 */
export function cheapArgon2(crypto: Crypto, hashes = { count: 0 }): Crypto {
  const argon2Sync: Crypto['argon2Sync'] = (algorithm, parameters) => {
    hashes.count += 1
    return crypto.argon2Sync(algorithm, { ...parameters, memory: 8, passes: 1, parallelism: 1 })
  }
  return { ...crypto, argon2Sync }
}
