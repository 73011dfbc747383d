import '../support/process/real-argon2.ts'
import { expect, test } from 'vitest'
import { DECOY_HASH, verifyPassword } from '../../lib/passwords/hash.ts'

/**
 * How often the service could compute its own hash instead. A ratio, because machines differ: PBKDF2 at its bound took 100 own
 * hashes of 35 ms on a slow one. A bound twice as high would fail.
 */
const MAX_OWN_HASHES = 200

const TAG = 'A'.repeat(43)
const SALT = 'A'.repeat(22)

// An attacker who knows a name with such a hash makes a function compute it with each guess.
test.each([
  ['bcrypt of cost 14', `$2b$14$${SALT}${'A'.repeat(31)}`],
  ['PBKDF2 of 4,000,000 iterations of SHA-512', `$pbkdf2-sha512$4000000$$${'A'.repeat(86)}`],
  ['scrypt in 256 MiB, twice', `$scrypt$ln=18,r=8,p=2$$${TAG}`],
  ['argon2id in 256 MiB, three times, on 16 lanes', `$argon2id$v=19$m=262144,t=3,p=16$${SALT}$${TAG}`],
  ['argon2i in 78 MiB, ten times', `$argon2i$v=19$m=78643,t=10,p=1$${SALT}$${TAG}`],
])('the costliest %s costs no more than the bound', async (kind, hash) => {
  await secondsOf(DECOY_HASH)
  const own = await secondsOf(DECOY_HASH, 20)
  const seconds = await secondsOf(hash)
  console.log(
    `${kind}: ${seconds.toFixed(2)} s of CPU, ${(seconds / own).toFixed(1)} own hashes of ${own.toFixed(4)} s`,
  )
  expect(seconds / own).toBeLessThan(MAX_OWN_HASHES)
})

/** Returns the seconds of CPU that one verification of a hash takes. */
async function secondsOf(hash: string, times = 1): Promise<number> {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time += 1) expect(await verifyPassword('a password', hash)).toBe(false)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6 / times
}
