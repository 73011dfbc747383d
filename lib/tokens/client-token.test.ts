import { expect, test } from 'vitest'
import { forge, hmac, rsaPair, type Signer, signer } from '../../test/support/http/forge.ts'
import { readUnverified } from './access-token.ts'
import { isOfClient, ownAudienceOf, verifyClientToken } from './client-token.ts'
import { publicKeyFromSpki } from './public-keys.ts'

const { privateKey, publicKey } = rsaPair()
const spki = publicKey.export({ format: 'der', type: 'spki' })
const ours = publicKeyFromSpki(spki)
const keys = new Map([[ours.kid, ours]])
const ISSUER = 'https://issuer.example'
const EXPIRES_AT = 1_795_534_200
const now = new Date((EXPIRES_AT - 1) * 1000)
const userId = 'Ada-Lovelace-1815-12-A'

const header = { alg: 'RS256', typ: 'at+jwt', kid: ours.kid }
const ofUser = {
  iss: ISSUER,
  aud: 'https://issuer.example/api',
  sub: userId,
  client_id: 'shop',
  scope: 'openid notes:read',
  exp: EXPIRES_AT,
  gid: 'the-grant',
  gen: 7,
}
const ofMachine = { ...ofUser, sub: 'robot', client_id: 'robot', gid: undefined }

test('the token of a user and of a machine say who calls, with which scopes, until when', () => {
  const common = { scopes: ['openid', 'notes:read'], expiresAt: EXPIRES_AT }
  const of = { userId, grantId: 'the-grant', generation: 7 }
  expect(verify(ofUser)).toEqual({ ...common, clientId: 'shop', of })
  expect(verify(ofMachine)).toEqual({ ...common, clientId: 'robot', of: { generation: 7 } })
})

test('a token is invalid from the second of its exp on', () => {
  expect(verify(ofUser, new Date(EXPIRES_AT * 1000 - 1)).clientId).toBe('shop')
  expect(() => verify(ofUser, new Date(EXPIRES_AT * 1000))).toThrow('token rejected: expired')
})

test.each<[string, object]>([
  ['another issuer', { iss: 'https://other.example' }],
  ['the issuer as its audience', { aud: ISSUER }],
  ['the audience of the application', { aud: 'the-api' }],
  ['another API', { aud: 'https://orders.example' }],
  ['a slash behind its audience', { aud: `${ISSUER}/api/` }],
  ['its audience in an array', { aud: [`${ISSUER}/api`] }],
  ['two audiences', { aud: [`${ISSUER}/api`, 'the-api'] }],
  ['no audience', { aud: undefined }],
  ['no exp', { exp: undefined }],
  ['a text as exp', { exp: String(EXPIRES_AT) }],
  ['a fraction as exp', { exp: EXPIRES_AT + 0.5 }],
  ['no client', { client_id: undefined }],
  ['the client of the application', { client_id: 'first-party' }],
  ['the application as client and subject', { client_id: 'first-party', sub: 'first-party', gid: undefined }],
  ['a client in an array', { client_id: ['shop'] }],
  ['no scope', { scope: undefined }],
  ['scopes in an array', { scope: ['notes:read'] }],
  ['a user and no grant', { gid: undefined }],
  ['a user and a grant that is no text', { gid: 7 }],
  ['a user and no generation', { gen: undefined }],
  ['a user and a generation that is text', { gen: '7' }],
  ['a subject that is neither user nor client', { sub: 'other' }],
  ['a machine with a grant', { ...ofMachine, gid: 'the-grant' }],
  ['a machine and no generation', { ...ofMachine, gen: undefined }],
  ['a machine and a generation that is text', { ...ofMachine, gen: '7' }],
  ['no subject', { sub: undefined, gid: undefined }],
])('a token with %s is rejected', (_what, changes) => {
  expect(() => verify({ ...ofUser, ...changes })).toThrow(expect.objectContaining({ code: 'invalid_token' }))
})

test.each<[string, object, Signer?]>([
  ['of the type of id_tokens', { typ: 'JWT' }],
  ['without a type', { typ: undefined }],
  ['of another key', {}, signer(rsaPair().privateKey)],
  ['of an unknown key', { kid: 'other' }],
  ['without a signature', { alg: 'none' }, () => Buffer.alloc(0)],
  ['that is signed with the public key as a secret', { alg: 'HS256' }, hmac(spki)],
  ['with an extension', { crit: ['exp'] }],
])('a token %s is rejected', (_what, changes, sign) => {
  expect(() => verify(ofUser, now, { ...header, ...changes }, sign)).toThrow(
    expect.objectContaining({ code: 'invalid_token' }),
  )
})

test('a token is of a client, unless it names the application', () => {
  const kindOf = (claims: unknown) => isOfClient(readUnverified(forge(header, claims, signer(privateKey))))
  expect([ofUser, ofMachine, { ...ofUser, client_id: 'first-party' }].map(kindOf)).toEqual([
    true,
    true,
    false,
  ])
})

const verify = (claims: unknown, at = now, of: object = header, sign: Signer = signer(privateKey)) =>
  verifyClientToken(
    readUnverified(forge(of, claims, sign)),
    keys,
    { issuer: ISSUER, audience: ownAudienceOf(ISSUER) },
    at,
  )
