import { randomBytes } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { betterAuth } from 'better-auth'
import { admin, twoFactor, username } from 'better-auth/plugins'
import { argon2id, argon2Verify, bcryptVerify } from 'hash-wasm'

const cost = { memorySize: 19456, iterations: 2, parallelism: 1, hashLength: 32, outputType: 'encoded' }
const password = {
  hash: (text) => argon2id({ ...cost, password: text.normalize('NFC'), salt: randomBytes(16) }),
  verify: ({ hash, password: text }) =>
    (hash.startsWith('$2') ? bcryptVerify : argon2Verify)({ hash, password: text.normalize('NFC') }),
}

export const auth = betterAuth({
  database: new DatabaseSync('auth.sqlite'),
  emailAndPassword: { enabled: true, password },
  plugins: [admin(), twoFactor(), username({ minUsernameLength: 1, usernameValidator: () => true })],
})
