import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { accessTokenInput, readUnverified, readUnverifiedUserId, verifyAccessToken } from './access-token.ts'
import { publicKeyFromSpki } from './public-keys.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ours = publicKeyFromSpki(publicKey.export({ format: 'der', type: 'spki' }))
const keys = new Map([[ours.kid, ours]])
const policy = { issuer: 'the-issuer', audience: 'the-api' }

const ISSUED_AT = 1_795_532_400
const issuedAt = new Date(ISSUED_AT * 1000 + 999)
const ada = {
  userId: 'Ada-Lovelace-1815-12-A',
  username: 'ada',
  role: 'admin',
  expiresAt: ISSUED_AT + 900,
  generation: 7,
  sessionId: 'the-session',
  acr: 'aal2',
  authTime: ISSUED_AT - 60,
  attributes: {},
}
const session = { id: 'the-session', authTime: ISSUED_AT - 60, amr: 'pwd otp mfa' }
const user = { id: ada.userId, username: 'ada', role: 'admin' as const, generation: 7 }

const header = { alg: 'RS256', typ: 'at+jwt', kid: ours.kid }
const claims = {
  iss: 'the-issuer',
  aud: 'the-api',
  sub: ada.userId,
  client_id: 'first-party',
  username: 'ada',
  role: 'admin',
  iat: ISSUED_AT,
  exp: ISSUED_AT + 900,
  jti: '0b6f2a5e-55c1-4d3c-9a0b-0f5c3d2e1a00',
  sid: 'the-session',
  gen: 7,
  auth_time: ISSUED_AT - 60,
  amr: ['pwd', 'otp', 'mfa'],
  acr: 'aal2',
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const details = { parties: policy, ttlSeconds: 900, tokenId: claims.jti }

test('an access token has the header and the claims of RFC 9068 only', () => {
  const input = accessTokenInput(user, session, details, issuedAt)(ours.kid)
  const parts = input.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  expect(parts).toEqual([JSON.stringify(header), JSON.stringify(claims)])
})

test('an access token of this service verifies, and yields only its principal', async () => {
  const whole = { ...user, passwordHash: 'not in a token' }
  const token = signed(accessTokenInput(whole, session, details, issuedAt)(ours.kid))
  expect(await verify(token, issuedAt)).toEqual(ada)
})

test('a token is accepted until the second before its exp', async () => {
  const token = forge({})
  expect(await verify(token, afterSeconds(899))).toEqual(ada)
  expect(await verify(token, new Date(afterSeconds(900).getTime() - 1))).toEqual(ada)
  await expect(verify(token, afterSeconds(900))).rejects.toMatchObject(refusal('expired'))
})

test('the clock of the issuer may be at most five seconds ahead', async () => {
  expect(await verify(forge({ iat: ISSUED_AT + 5 }))).toEqual(ada)
  await expect(verify(forge({ iat: ISSUED_AT + 6 }))).rejects.toMatchObject(refusal('iat is in the future'))
})

test.each(Object.keys(claims))('a token without %s is rejected', async (claim) => {
  await expect(verify(forge({ [claim]: undefined }))).rejects.toMatchObject(refusal(`${claim} is missing`))
})

test.each<[object, string]>([
  [{ sub: 'ada' }, 'sub is not a user id'],
  [{ sub: 'x'.repeat(23) }, 'sub is not a user id'],
  [{ sub: [ada.userId] }, 'sub is not a user id'],
  [{ client_id: 'another' }, 'client_id is not the one of this service'],
  [{ client_id: 'the-api' }, 'client_id is not the one of this service'],
  [{ username: 'Ada' }, 'username is not a login name'],
  [{ username: 'x'.repeat(65) }, 'username is not a login name'],
  [{ gen: '7' }, 'gen is not a whole number'],
  [{ gen: 7.5 }, 'gen is not a whole number'],
  [{ gen: 2 ** 53 }, 'gen is not a whole number'],
  [{ acr: 'aal3' }, 'acr is unknown'],
  [{ auth_time: 7.5 }, 'auth_time is not a whole number of seconds'],
  [{ role: 'root' }, 'role is unknown'],
  [{ role: ['admin'] }, 'role is unknown'],
  [{ aud: ['the-api', 'another'] }, 'aud is not this API alone'],
  [{ jti: '' }, 'jti is not an identifier'],
  [{ jti: 7 }, 'jti is not an identifier'],
  [{ exp: ISSUED_AT + 900.5 }, 'exp is not a whole number of seconds'],
  [{ exp: 1e300 }, 'exp is not a whole number of seconds'],
  [{ exp: String(ISSUED_AT + 900) }, 'exp is not a whole number of seconds'],
  [{ iat: String(ISSUED_AT) }, 'iat is not a whole number of seconds'],
  [{ nbf: ISSUED_AT + 1 }, 'nbf is not in the past'],
  [{ nbf: String(ISSUED_AT) }, 'nbf is not in the past'],
])('a token that claims %j is rejected, even with a valid signature', async (changes, detail) => {
  await expect(verify(forge(changes))).rejects.toMatchObject(refusal(detail))
})

test.each<[object, string]>([
  [{ alg: 'PS256' }, 'alg is not RS256'],
  [{ alg: undefined }, 'alg is not RS256'],
  [{ crit: ['exp'], exp: 1 }, 'crit and b64 are not supported'],
  [{ crit: [] }, 'crit and b64 are not supported'],
  [{ b64: true }, 'crit and b64 are not supported'],
  [{ typ: 'JWT' }, 'typ is not at+jwt'],
  [{ typ: undefined }, 'typ is not at+jwt'],
  [{ typ: 'xat+jwt' }, 'typ is not at+jwt'],
  [{ typ: 'at+jwtx' }, 'typ is not at+jwt'],
])('a token with the header members %j is rejected, even with a valid signature', async (changes, detail) => {
  const token = signed(`${encode({ ...header, ...changes })}.${encode(claims)}`)
  await expect(verify(token)).rejects.toMatchObject(refusal(detail))
})

test.each(['application/at+jwt', 'AT+JWT'])('a token of the type %s is accepted', async (typ) => {
  expect(await verify(signed(`${encode({ ...header, typ })}.${encode(claims)}`))).toEqual(ada)
})

test.each([
  ['an array', Buffer.from('[]')],
  ['null', Buffer.from('null')],
  ['text', Buffer.from('"sub"')],
  ['no JSON', Buffer.from('sub')],
  ['not UTF-8', Buffer.from('{"sub":"\xff"}', 'latin1')],
])('a payload that is %s is rejected, even with a valid signature', async (_what, payload) => {
  const token = signed(`${encode(header)}.${payload.toString('base64url')}`)
  await expect(verify(token)).rejects.toMatchObject(refusal('payload is not a JSON object'))
})

test('a token of another issuer or for another audience is rejected', async () => {
  for (const [claims, detail] of [
    [{ iss: 'another' }, 'iss is another issuer'],
    [{ aud: 'another' }, 'aud is not this API alone'],
  ] as const) {
    await expect(verify(forge(claims))).rejects.toMatchObject(refusal(detail))
  }
})

test('a signature by another key under a known kid is rejected', async () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const input = `${encode(header)}.${encode(claims)}`
  const token = `${input}.${sign('sha256', Buffer.from(input), other).toString('base64url')}`
  await expect(verify(token)).rejects.toMatchObject(refusal('the signature does not verify'))
})

test('a kid that is not among the keys is rejected', async () => {
  const token = signed(`${encode({ ...header, kid: ours.kid.toLowerCase() })}.${encode(claims)}`)
  await expect(verify(token)).rejects.toMatchObject(refusal('kid is not a known key'))
  expect(() => verifyAccessToken(readUnverified(forge({})), new Map(), policy, afterSeconds(0))).toThrow(
    expect.objectContaining(refusal('kid is not a known key')),
  )
})

test('a failure of a key is not an invalid token', () => {
  const broken = new Map([[ours.kid, { ...ours, key: generateKeyPairSync('ed25519').publicKey }]])
  expect(() => verifyAccessToken(readUnverified(forge({})), broken, policy, afterSeconds(0))).toThrow(
    expect.not.objectContaining({ code: 'invalid_token' }),
  )
})

test('a user id is read from a token only if all is valid that needs no key', () => {
  const read = (token: string, now = afterSeconds(0)) =>
    readUnverifiedUserId(readUnverified(token), policy, now)
  const unsigned = (head: object, claimed: object) => `${encode(head)}.${encode(claimed)}.AA`
  expect(read(unsigned(header, claims))).toBe(ada.userId)
  for (const [token, detail, now] of [
    [unsigned({ ...header, kid: 'another' }, claims), 'kid is not a known key'],
    [unsigned({ ...header, alg: 'none' }, claims), 'alg is not RS256'],
    [unsigned({ ...header, typ: 'JWT' }, claims), 'typ is not at+jwt'],
    [unsigned({ ...header, crit: [] }, claims), 'crit and b64 are not supported'],
    [unsigned(header, { ...claims, iss: 'another' }), 'iss is another issuer'],
    [unsigned(header, { ...claims, aud: 'another' }), 'aud is not this API alone'],
    [unsigned(header, { ...claims, sub: 'ada' }), 'sub is not a user id'],
    [unsigned(header, claims), 'expired', afterSeconds(900)],
  ] as const) {
    expect(() => read(token, now), detail).toThrow(expect.objectContaining(refusal(detail)))
  }
})

describe('the kid is read from a well-formed token', () => {
  test('before anything is verified', () => {
    const compact = `${encode(header)}.AA.AA`
    expect(readUnverified(compact).kid).toBe(ours.kid)
  })

  test.each<[string, object]>([
    ['missing', { alg: 'RS256' }],
    ['a number', { alg: 'RS256', kid: 7 }],
    ['an object', { kid: { toString: 'x' } }],
    ['no thumbprint', { kid: 'another' }],
    ['a thumbprint with a line break', { kid: `${ours.kid}\n` }],
    ['a thumbprint with a character before it', { kid: `a${ours.kid}` }],
    ['a thumbprint with a character behind it', { kid: `${ours.kid}a` }],
  ])('as undefined if it is %s', (_what, header) => {
    expect(readUnverified(`${encode(header)}.AA.AA`).kid).toBeUndefined()
  })

  test('of at most 8 KiB', () => {
    const filled = (length: number) => `${encode(header)}.AA.`.padEnd(length, 'A')
    expect(readUnverified(filled(8_192)).kid).toBe(ours.kid)
    expect(() => readUnverified(filled(8_193))).toThrow(expect.objectContaining(refusal('longer than 8 KiB')))
  })

  test.each([
    ['nothing', ''],
    ['two parts', 'AA.AA'],
    ['four parts', 'AA.AA.AA.AA'],
    ['padded base64', `${Buffer.from('{"a":1} ').toString('base64')}=.AA.AA`],
    ['base64url in a second spelling', `${encode(header)}.AB.AA`],
    ['white space', `${encode(header)}.AA.AA `],
  ])('not from %s', (_what, token) => {
    expect(() => readUnverified(token)).toThrow(expect.objectContaining(refusal('not a compact JWS')))
  })

  test.each([
    ['with a member twice', '{"kid":"a","kid":"b"}'],
    ['with white space', '{ "kid":"a"}'],
    ['with escapes that need not be', '{"k\\u0069d":"a"}'],
  ])('not from a header %s', (_what, text) => {
    const header = Buffer.from(text).toString('base64url')
    expect(() => readUnverified(`${header}.AA.AA`)).toThrow(
      expect.objectContaining(refusal('header is not in canonical form')),
    )
  })

  test('not from a header that is not JSON', () => {
    const header = Buffer.from('kid').toString('base64url')
    expect(() => readUnverified(`${header}.AA.AA`)).toThrow(
      expect.objectContaining(refusal('header is not JSON')),
    )
  })
})

const afterSeconds = (seconds: number) => new Date((ISSUED_AT + seconds) * 1000)

const signed = (input: string) =>
  `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`

const forge = (changes: object) => signed(`${encode(header)}.${encode({ ...claims, ...changes })}`)

const verify = async (token: string, now = afterSeconds(0)) =>
  verifyAccessToken(readUnverified(token), keys, policy, now)

const refusal = (detail: string) => ({ code: 'invalid_token', message: `token rejected: ${detail}` })
