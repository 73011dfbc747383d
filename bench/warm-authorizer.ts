import { createPublicKey, verify } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { readUnverified, verifyAccessToken } from '../lib/tokens/access-token.ts'
import { publicKeyFromSpki } from '../lib/tokens/public-keys.ts'

// Calls in turns, on the same tokens: a warm authorizer, its verification alone (without the store), and a bare
// crypto.verify. None of the three caches tokens.
const WARM_UP_BLOCKS = 40
const BLOCK = 25

const [bundle = '', inputFile = ''] = process.argv.slice(2)
const { tokens, event, publicKey, parties } = JSON.parse(readFileSync(inputFile, 'utf8'))
const { handler } = createRequire(import.meta.url)(bundle)
const key = createPublicKey(publicKey)
const known = publicKeyFromSpki(key.export({ format: 'der', type: 'spki' }))
const keys = new Map([[known.kid, known]])
const context = { getRemainingTimeInMillis: () => 5_000 }

const calls = (tokens as string[]).map((token) => {
  const [header, payload, signature = ''] = token.split('.')
  return {
    token,
    event: { ...event, authorizationToken: `Bearer ${token}` },
    input: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
})

const rounds: { authorizerUs: number; verificationUs: number; verifyUs: number }[] = []
for (let at = 0; at + BLOCK <= calls.length; at += BLOCK) {
  const block = calls.slice(at, at + BLOCK)
  const start = performance.now()
  // The authorizer throws on a rejected token, which ends the bench.
  for (const call of block) await handler(call.event, context)
  const authorized = performance.now()
  for (const { token } of block) await verifyAccessToken(readUnverified(token), keys, parties, new Date())
  const verified = performance.now()
  const allVerified = block.every(({ input, signature }) => verify('sha256', input, key, signature))
  const end = performance.now()
  if (!allVerified) throw new Error('a token does not verify')
  const perCallUs = (ms: number) => (ms * 1000) / BLOCK
  rounds.push({
    authorizerUs: perCallUs(authorized - start),
    verificationUs: perCallUs(verified - authorized),
    verifyUs: perCallUs(end - verified),
  })
}
writeSync(3, JSON.stringify(rounds.slice(WARM_UP_BLOCKS)))
