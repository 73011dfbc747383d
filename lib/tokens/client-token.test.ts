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

test.each<[string, object, string]>([
  ['another issuer', { iss: 'https://other.example' }, 'iss is another issuer'],
  ['the issuer as its audience', { aud: ISSUER }, 'aud is another API'],
  ['the audience of the application', { aud: 'the-api' }, 'aud is another API'],
  ['another API', { aud: 'https://orders.example' }, 'aud is another API'],
  ['a slash behind its audience', { aud: `${ISSUER}/api/` }, 'aud is another API'],
  ['its audience in an array', { aud: [`${ISSUER}/api`] }, 'aud is another API'],
  ['two audiences', { aud: [`${ISSUER}/api`, 'the-api'] }, 'aud is another API'],
  ['no audience', { aud: undefined }, 'aud is another API'],
  ['no exp', { exp: undefined }, 'exp is not a whole number of seconds'],
  ['a text as exp', { exp: String(EXPIRES_AT) }, 'exp is not a whole number of seconds'],
  ['a fraction as exp', { exp: EXPIRES_AT + 0.5 }, 'exp is not a whole number of seconds'],
  ['no client', { client_id: undefined }, 'client_id is not a client'],
  ['the client of the application', { client_id: 'first-party' }, 'client_id is not a client'],
  [
    'the application as client and subject',
    { client_id: 'first-party', sub: 'first-party', gid: undefined },
    'client_id is not a client',
  ],
  ['a client in an array', { client_id: ['shop'] }, 'client_id is not a client'],
  ['no scope', { scope: undefined }, 'scope is not a list'],
  ['scopes in an array', { scope: ['notes:read'] }, 'scope is not a list'],
  ['a user and no grant', { gid: undefined }, 'sub is neither a user with a grant nor the client'],
  ['a user and a grant that is no text', { gid: 7 }, 'sub is neither a user with a grant nor the client'],
  ['a user and no generation', { gen: undefined }, 'gen is not a number'],
  ['a user and a generation that is text', { gen: '7' }, 'gen is not a number'],
  [
    'a subject that is neither user nor client',
    { sub: 'other' },
    'sub is neither a user with a grant nor the client',
  ],
  [
    'a machine with a grant',
    { ...ofMachine, gid: 'the-grant' },
    'sub is neither a user with a grant nor the client',
  ],
  ['a machine and no generation', { ...ofMachine, gen: undefined }, 'gen is not a number'],
  ['a machine and a generation that is text', { ...ofMachine, gen: '7' }, 'gen is not a number'],
  ['no subject', { sub: undefined, gid: undefined }, 'sub is neither a user with a grant nor the client'],
])('a token with %s is rejected', (_what, changes, reason) => {
  expect(() => verify({ ...ofUser, ...changes })).toThrow(refusal(reason))
})

test.each<[string, string, object, Signer?]>([
  ['of the type of id_tokens', 'typ is not at+jwt', { typ: 'JWT' }],
  ['without a type', 'typ is not at+jwt', { typ: undefined }],
  ['of another key', 'the signature does not verify', {}, signer(rsaPair().privateKey)],
  ['of an unknown key', 'kid is not a known key', { kid: 'other' }],
  ['without a signature', 'alg is not RS256', { alg: 'none' }, () => Buffer.alloc(0)],
  ['that is signed with the public key as a secret', 'alg is not RS256', { alg: 'HS256' }, hmac(spki)],
  ['with an extension', 'crit and b64 are not supported', { crit: ['exp'] }],
])('a token %s is rejected', (_what, reason, changes, sign) => {
  expect(() => verify(ofUser, now, { ...header, ...changes }, sign)).toThrow(refusal(reason))
})

test('/userinfo takes a token of any audience', () => {
  const token = readUnverified(
    forge(header, { ...ofUser, aud: 'https://orders.example' }, signer(privateKey)),
  )
  expect(verifyClientToken(token, keys, { issuer: ISSUER }, now).clientId).toBe('shop')
})

test('a token is of a client, unless it names the application', () => {
  const kindOf = (claims: unknown) => isOfClient(readUnverified(forge(header, claims, signer(privateKey))))
  expect([ofUser, ofMachine, 'no object', { ...ofUser, client_id: 'first-party' }].map(kindOf)).toEqual([
    true,
    true,
    true,
    false,
  ])
})

const refusal = (reason: string) =>
  expect.objectContaining({ code: 'invalid_token', message: `token rejected: ${reason}` })

const verify = (claims: unknown, at = now, of: object = header, sign: Signer = signer(privateKey)) =>
  verifyClientToken(
    readUnverified(forge(of, claims, sign)),
    keys,
    { issuer: ISSUER, audience: ownAudienceOf(ISSUER) },
    at,
  )
