import { decodeJwt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { forge, rsaPair, type Signer, signer } from '../../test/support/http/forge.ts'
import { readUnverified } from './access-token.ts'
import { actTokenInput, isOfAct, verifyActToken } from './act-token.ts'
import { publicKeyFromSpki } from './public-keys.ts'

const { privateKey, publicKey } = rsaPair()
const ours = publicKeyFromSpki(publicKey.export({ format: 'der', type: 'spki' }))
const keys = new Map([[ours.kid, ours]])
const ISSUER = 'https://issuer.example'
const ISSUED_AT = 1_795_532_400
const now = new Date(ISSUED_AT * 1_000)
const user = { id: 'Ada-Lovelace-1815-12-A', username: 'ada', role: 'user' as const, generation: 7 }
const acting = { userId: 'Grace-Hopper-1906-12-A', generation: 3, sessionId: 'session-of-the-operator' }

test('a token of an act names the user, the act and the operator for half an hour', () => {
  const token = issue()
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: ours.kid })
  const { jti, ...claims } = decodeJwt(token)
  expect(jti).toMatch(/^[0-9a-f-]{36}$/)
  expect(claims).toEqual({
    iss: ISSUER,
    aud: `${ISSUER}/act-as`,
    sub: user.id,
    client_id: 'first-party',
    username: 'ada',
    role: 'user',
    iat: ISSUED_AT,
    exp: ISSUED_AT + 1_800,
    sid: 'the-act',
    gen: 7,
    auth_time: 0,
    amr: ['act'],
    acr: 'aal1',
    act: { sub: acting.userId, gen: 3, sid: acting.sessionId },
  })
})

test('a token of an act verifies, and says who acts as whom', () => {
  const { principal, acting: operator } = verify(decodeJwt(issue()))
  expect(principal).toMatchObject({ userId: user.id, sessionId: 'the-act', acr: 'aal1', authTime: 0 })
  expect(operator).toEqual(acting)
})

test.each<[string, string, object, Signer?]>([
  ['another audience', 'aud is not this API alone', { aud: ISSUER }],
  ['another issuer', 'iss is another issuer', { iss: 'https://other.example' }],
  ['no operator', 'act names no operator', { act: undefined }],
  ['a text as operator', 'act names no operator', { act: acting.userId }],
  ['an operator who is no user', 'act names no operator', { act: { sub: 'shop', gen: 3, sid: 'session' } }],
  [
    'a generation that is text',
    'act names no operator',
    { act: { sub: acting.userId, gen: '3', sid: 'session' } },
  ],
  ['no session of the operator', 'act names no operator', { act: { sub: acting.userId, gen: 3 } }],
  ['the signature of another key', 'the signature does not verify', {}, signer(rsaPair().privateKey)],
])('a token of an act with %s is rejected', (_what, reason, changes, sign) => {
  expect(() => verify({ ...decodeJwt(issue()), ...changes }, sign)).toThrow(
    expect.objectContaining({ code: 'invalid_token', message: `token rejected: ${reason}` }),
  )
})

test('a token is of an act by its audience', () => {
  const kindOf = (payload: unknown) => isOfAct(unverified(payload), ISSUER)
  expect([{ aud: `${ISSUER}/act-as` }, { aud: ISSUER }, [], 'text'].map(kindOf)).toEqual([
    true,
    false,
    false,
    false,
  ])
})

const issue = () => {
  const input = actTokenInput(user, acting, { issuer: ISSUER, actId: 'the-act' }, now)(ours.kid)
  return `${input}.${signer(privateKey)(Buffer.from(input)).toString('base64url')}`
}
const unverified = (payload: unknown, sign = signer(privateKey)) =>
  readUnverified(forge({ alg: 'RS256', typ: 'at+jwt', kid: ours.kid }, payload, sign))
const verify = (payload: unknown, sign?: Signer) =>
  verifyActToken(unverified(payload, sign), keys, ISSUER, now)
