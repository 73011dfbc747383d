// Preloaded by `--require`: makes node:crypto behave as in a Node.js whose OpenSSL has no argon2.
const crypto = require('node:crypto')
const { syncBuiltinESMExports } = require('node:module')

crypto.argon2Sync = () => {
  throw Object.assign(new Error('Argon2 algorithm not supported'), {
    code: 'ERR_CRYPTO_ARGON2_NOT_SUPPORTED',
  })
}
syncBuiltinESMExports()
