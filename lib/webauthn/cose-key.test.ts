import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../test/support/users/webauthn/cbor.ts'
import { ALGORITHMS, isValidSignature, readCoseKey } from './cose-key.ts'

type Members = [label: number, value: unknown][]
const read = (members: Members) => readCoseKey(encodeCbor(new Map(members)))

const bytes = (text: string | undefined) => Buffer.from(String(text), 'base64url')
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const okp = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
const [ecJwk, okpJwk, rsaJwk] = [ec, okp, rsa].map(({ publicKey }) =>
  publicKey.export({ format: 'jwk' }),
) as [JsonWebKey, JsonWebKey, JsonWebKey]
type JsonWebKey = { x?: string; y?: string; n?: string; e?: string }

const ES256: Members = [
  [1, 2],
  [3, -7],
  [-1, 1],
  [-2, bytes(ecJwk.x)],
  [-3, bytes(ecJwk.y)],
]
const EDDSA: Members = [
  [1, 1],
  [3, -8],
  [-1, 6],
  [-2, bytes(okpJwk.x)],
]
const RS256: Members = [
  [1, 3],
  [3, -257],
  [-1, bytes(rsaJwk.n)],
  [-2, bytes(rsaJwk.e)],
]

/** Returns the members with another value of a label; without it for `undefined`. */
const changed = (members: Members, label: number, value: unknown): Members =>
  members.filter(([one]) => one !== label).concat(value === undefined ? [] : [[label, value]])

const NOT_OFFERED = 'the public key has none of the offered algorithms'
const data = Buffer.from('signed by an authenticator')

describe.each([
  ['ES256', -7, ES256, ec, 'sha256'],
  ['EdDSA', -8, EDDSA, okp, undefined],
  ['RS256', -257, RS256, rsa, 'sha256'],
] as const)('a key of %s', (_name, algorithm, members, { publicKey, privateKey }, digest) => {
  test('is read, and verifies the signatures of its private key', () => {
    const key = read(members as Members)
    expect(key.algorithm).toBe(algorithm)
    expect(key.key.export({ format: 'jwk' })).toEqual(publicKey.export({ format: 'jwk' }))
    const signature = sign(digest, data, privateKey)
    expect(isValidSignature(key, data, signature)).toBe(true)
    expect(isValidSignature(key, Buffer.from('something else'), signature)).toBe(false)
    expect(isValidSignature(key, data, Buffer.alloc(64, 1))).toBe(false)
  })

  test.each([
    ['another type', 1, 4],
    ['the type of another algorithm', 1, algorithm === -7 ? 1 : 2],
    ['another algorithm', 3, -35],
    ['no algorithm', 3, undefined],
    ['the algorithm of another type', 3, algorithm === -7 ? -8 : -7],
  ])('with %s is refused', (_what, label, value) => {
    expect(() => read(changed(members as Members, label, value))).toThrow(new Error(NOT_OFFERED))
  })
})

test('the service offers ES256 first, then EdDSA and RS256', () => {
  expect(ALGORITHMS).toEqual([-7, -8, -257])
})

test.each([
  ['ES256 on another curve', changed(ES256, -1, 2), NOT_OFFERED],
  ['EdDSA on another curve', changed(EDDSA, -1, 7), NOT_OFFERED],
  ['ES256 without x', changed(ES256, -2, undefined), 'the public key lacks a value'],
  ['ES256 with the sign of y', changed(ES256, -3, 1), 'the public key lacks a value'],
  ['EdDSA without x', changed(EDDSA, -2, undefined), 'the public key lacks a value'],
  ['RS256 without a modulus', changed(RS256, -1, undefined), 'the public key lacks a value'],
  ['RS256 without an exponent', changed(RS256, -2, undefined), 'the public key lacks a value'],
  [
    'ES256 with a long x',
    changed(ES256, -2, Buffer.alloc(33)),
    'the public key has a value of another length',
  ],
  [
    'ES256 with a short y',
    changed(ES256, -3, Buffer.alloc(31)),
    'the public key has a value of another length',
  ],
  [
    'EdDSA with a long x',
    changed(EDDSA, -2, Buffer.alloc(33)),
    'the public key has a value of another length',
  ],
])('%s is refused', (_what, members, message) => {
  expect(() => read(members)).toThrow(new Error(message))
})

test('a point that is not on the curve is refused', () => {
  expect(() => read(changed(ES256, -3, Buffer.alloc(32, 1)))).toThrow()
})

describe('an RSA key', () => {
  const modulusOf = (bits: number) => {
    const modulus = Buffer.alloc(Math.ceil(bits / 8), 0xc1)
    modulus[0] = 1 << ((bits - 1) % 8)
    return modulus
  }

  test.each([
    [2_047, false],
    [2_048, true],
    [4_096, true],
    [4_097, false],
  ])('of %i bits: accepted: %s', (bits, isAccepted) => {
    const readIt = () => read(changed(RS256, -1, modulusOf(bits)))
    if (isAccepted) expect(readIt().key.asymmetricKeyDetails?.modulusLength).toBe(bits)
    else expect(readIt).toThrow(new Error('the RSA key is too short or too long'))
  })

  test.each([
    ['01', false],
    ['02', false],
    ['03', true],
    ['04', false],
    ['010001', true],
    ['ffffffff', true],
    ['0100000000', false],
    ['0100000001', false],
  ])('with the exponent 0x%s: accepted: %s', (exponent, isAccepted) => {
    const readIt = () => read(changed(RS256, -2, Buffer.from(exponent, 'hex')))
    if (isAccepted) expect(readIt().algorithm).toBe(-257)
    else expect(readIt).toThrow(new Error('the RSA exponent is invalid'))
  })
})

test.each([
  ['a value that is no map', Buffer.from([0x83, 1, 2, 3])],
  ['bytes after the key', Buffer.concat([encodeCbor(new Map(ES256)), Buffer.of(0)])],
])('%s is refused', (_what, encoded) => {
  expect(() => readCoseKey(encoded)).toThrow(new Error('the public key is no map'))
})
