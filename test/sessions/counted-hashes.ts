type Crypto = typeof import('node:crypto')

let hashes = 0
let hmacs = 0

/**
 * Returns `node:crypto` with its hashes and HMACs counted; see {@link hashesOf}.
 *
 * @example
 * vi.mock('node:crypto', async (original) => (await import('./counted-hashes.ts')).countedHashes(await original()))
 */
export function countedHashes(crypto: Crypto): Crypto {
  const hash = ((...args: Parameters<Crypto['hash']>) => {
    hashes += 1
    return crypto.hash(...args)
  }) as Crypto['hash']
  const createHmac: Crypto['createHmac'] = (...args) => {
    hmacs += 1
    return crypto.createHmac(...args)
  }
  return { ...crypto, hash, createHmac }
}

/** Returns how many hashes and HMACs a step computes. */
export function hashesOf(step: () => unknown): { hashes: number; hmacs: number } {
  const before = { hashes, hmacs }
  step()
  return { hashes: hashes - before.hashes, hmacs: hmacs - before.hmacs }
}
