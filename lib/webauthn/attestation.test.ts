import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../test/support/users/webauthn/cbor.ts'
import { isValidAttestation, readAttestationObject } from './attestation.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const key = { algorithm: -7, key: publicKey }
const signed = Buffer.from('authenticator data and client data')
const sig = new Uint8Array(sign('sha256', signed, privateKey))
const authData = Buffer.from('authenticator data')
const whole: Record<string, unknown> = { fmt: 'none', attStmt: new Map(), authData }
const encode = (members: object) => encodeCbor(new Map(Object.entries(members)))

describe('an attestation object', () => {
  test('is read', () => {
    expect(readAttestationObject(encode(whole))).toEqual({ format: 'none', statement: new Map(), authData })
  })

  test.each([
    ['no map', encodeCbor('none')],
    ['followed by bytes', Buffer.concat([encode(whole), Buffer.of(0)])],
  ])('that is %s is refused', (_what, bytes) => {
    expect(() => readAttestationObject(bytes)).toThrow(new Error('the attestation object is no map'))
  })

  test.each([
    ['fmt', 1],
    ['attStmt', 'none'],
    ['authData', 'text'],
  ])('with another type of %s is refused', (member, value) => {
    const bytes = encode({ ...whole, [member]: value })
    expect(() => readAttestationObject(bytes)).toThrow(new Error('the attestation object lacks a member'))
  })

  test.each(Object.keys(whole))('without %s is refused', (member) => {
    const { [member]: _, ...rest } = whole
    expect(() => readAttestationObject(encode(rest))).toThrow(
      new Error('the attestation object lacks a member'),
    )
  })
})

describe('an attestation', () => {
  const isValid = (format: string, statement: object) =>
    isValidAttestation({ format, statement: new Map(Object.entries(statement)), authData }, key, signed)
  const other = new Uint8Array(sign('sha256', Buffer.from('something else'), privateKey))

  test.each([
    ['none', 'none', {}, true],
    ['none with a statement', 'none', { alg: -7, sig }, false],
    ['of its own key', 'packed', { alg: -7, sig }, true],
    ['of another format', 'fido-u2f', { alg: -7, sig }, false],
    ['of its own key under another algorithm', 'packed', { alg: -257, sig }, false],
    ['of its own key over other data', 'packed', { alg: -7, sig: other }, false],
    ['of its own key without a signature', 'packed', { alg: -7, ver: 1 }, false],
    ['of its own key with a certificate', 'packed', { alg: -7, sig, x5c: [] }, false],
    ['of its own key without a statement', 'packed', {}, false],
  ])('%s: valid: %s', (_what, format, statement, expected) => {
    expect(isValid(format, statement)).toBe(expected)
  })
})
