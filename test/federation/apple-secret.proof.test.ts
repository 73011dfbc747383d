import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { importSPKI, jwtVerify } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { appleClientSecret } from '../../lib/federation/exchange/apple.ts'
import { secondOf } from '../../lib/time.ts'
import { hasPython, PYTHON, requireOrWarn } from '../verifiers/programs.ts'
import { testProvider } from './provider.ts'

// The client secret for Apple, by jose and by PyJWT.

const hasPyJwt = hasPython('jwt, cryptography')
beforeAll(() => requireOrWarn(hasPyJwt, 'This test needs: apt-get install python3-jwt'))

const AUDIENCE = 'https://appleid.apple.com'
const [TEAM, KEY, CLIENT] = ['TEAM123456', 'KEY1234567', 'com.example.web']
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const apple = testProvider(AUDIENCE, {
  kind: 'apple',
  clientId: CLIENT,
  clientAuthentication: 'apple',
  appleTeamId: TEAM,
  appleKeyId: KEY,
})
const now = new Date()
const iat = secondOf(now)
const valid = {
  header: { alg: 'ES256', kid: KEY },
  claims: { iss: TEAM, iat, exp: iat + 300, aud: AUDIENCE, sub: CLIENT },
}

// A signature has a random number, which may begin with zeros. So there are many.
const secrets = Array.from({ length: 100 }, () => appleClientSecret(apple, pem, now))

test('jose accepts the client secret', async () => {
  const key = await importSPKI(publicPem, 'ES256')
  for (const secret of secrets) {
    const { protectedHeader: header, payload: claims } = await jwtVerify(secret, key)
    expect({ header, claims }).toEqual(valid)
  }
})

test.skipIf(!hasPyJwt)('PyJWT accepts the client secret', () => {
  expect(verdictsOf(secrets)).toEqual(secrets.map(() => valid))
})

test.skipIf(!hasPyJwt)('PyJWT refuses the client secret of another provider, key or time', () => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const refused = [
    appleClientSecret({ ...apple, issuer: 'https://apple.example' }, pem, now),
    appleClientSecret({ ...apple, clientId: 'com.example.other' }, pem, now),
    appleClientSecret({ ...apple, appleTeamId: 'TEAM654321' }, pem, now),
    appleClientSecret(apple, other.export({ type: 'pkcs8', format: 'pem' }).toString(), now),
    appleClientSecret(apple, pem, new Date(now.getTime() - 301_000)),
  ]
  expect(verdictsOf(refused)).toEqual([
    'InvalidAudienceError',
    'InvalidSubjectError',
    'InvalidIssuerError',
    'InvalidSignatureError',
    'ExpiredSignatureError',
  ])
})

/** Returns for each secret what PyJWT has verified, or the name of its error. */
function verdictsOf(all: readonly string[]): unknown[] {
  const input = JSON.stringify({
    secrets: all,
    key: publicPem,
    team: TEAM,
    client: CLIENT,
    audience: AUDIENCE,
  })
  const program = fileURLToPath(new URL('apple_secret.py', import.meta.url))
  const { stdout, stderr } = spawnSync(PYTHON, [program], { input, encoding: 'utf8' })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout)
}
