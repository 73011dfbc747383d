import { expect, test } from 'vitest'
import { verifyPassword } from '../../lib/passwords/hash.ts'

const MAX_SECONDS = 2
const TAG = 'A'.repeat(43)
const SALT = 'A'.repeat(22)

// An attacker who knows a name with such a hash makes a function compute it with each guess.
test.each([
  ['bcrypt of cost 14', `$2b$14$${SALT}${'A'.repeat(31)}`],
  ['PBKDF2 of 4,000,000 iterations of SHA-512', `$pbkdf2-sha512$4000000$$${'A'.repeat(86)}`],
  ['scrypt in 256 MiB, twice', `$scrypt$ln=18,r=8,p=2$$${TAG}`],
  ['argon2id in 256 MiB, three times, on 16 lanes', `$argon2id$v=19$m=262144,t=3,p=16$${SALT}$${TAG}`],
  ['argon2i in 78 MiB, ten times', `$argon2i$v=19$m=78643,t=10,p=1$${SALT}$${TAG}`],
])('the costliest %s is computed in two seconds', async (kind, hash) => {
  const before = process.cpuUsage()
  expect(await verifyPassword('a password', hash)).toBe(false)
  const { user, system } = process.cpuUsage(before)
  const seconds = (user + system) / 1e6
  console.log(`${kind}: ${seconds.toFixed(2)} s of CPU`)
  expect(seconds).toBeLessThan(MAX_SECONDS)
})
