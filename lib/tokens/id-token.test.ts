import { expect, test } from 'vitest'
import { forge, rsaPair, type Signer, signer } from '../../test/support/http/forge.ts'
import { readHint, verifyHint } from './id-token.ts'
import { publicKeyFromSpki } from './public-keys.ts'

const { privateKey, publicKey } = rsaPair()
const ours = publicKeyFromSpki(publicKey.export({ format: 'der', type: 'spki' }))
const keys = new Map([[ours.kid, ours]])
const ISSUER = 'https://issuer.example'
const header = { alg: 'RS256', typ: 'JWT', kid: ours.kid }
// It expired in 1970.
const claims = { iss: ISSUER, sub: 'Ada-Lovelace-1815-12-A', aud: 'shop', sid: 'the-session', exp: 1 }

test('a hint names its user, client and session, also after it expired', () => {
  expect(verify(claims)).toEqual({ userId: claims.sub, clientId: 'shop', sessionId: 'the-session' })
})

test.each<[string, object, object, Signer?]>([
  ['of another issuer', { iss: 'https://other.example' }, {}],
  ['of no user', { sub: 'shop' }, {}],
  ['that is an access token', {}, { typ: 'at+jwt' }],
  ['of another algorithm', {}, { alg: 'RS512' }],
  ['of an unknown key', {}, { kid: 'a'.repeat(43) }],
  ['without a key', {}, { kid: undefined }],
  ['that another key signed', {}, {}, signer(rsaPair().privateKey)],
])('a hint %s names no user', (_what, changes, ofHeader, sign) => {
  expect(verify({ ...claims, ...changes }, { ...header, ...ofHeader }, sign)).toBeUndefined()
})

test('a payload that is no object names no user', () => {
  expect(verify([])).toBeUndefined()
})

test.each(['', 'text', 'a.b.c'])('%j does not have the form of a hint', (text) => {
  expect(readHint(text)).toBeUndefined()
})

const verify = (payload: unknown, of: object = header, sign: Signer = signer(privateKey)) => {
  const hint = readHint(forge(of, payload, sign))
  if (hint === undefined) throw new Error('the forged hint does not parse')
  return verifyHint(hint, keys, ISSUER)
}
