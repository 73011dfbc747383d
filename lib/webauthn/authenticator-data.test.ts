import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../test/support/users/webauthn/cbor.ts'
import { readAuthenticatorData } from './authenticator-data.ts'

const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 }
const rpIdHash = Buffer.from(Array.from({ length: 32 }, (_, index) => index))
const counter = Buffer.from('01020304', 'hex')

/** Returns authenticator data (WebAuthn level 3, section 6.1). */
const dataOf = (flags: number, ...tail: Buffer[]) =>
  Buffer.concat([rpIdHash, Buffer.of(flags), counter, ...tail])

const aaguid = Buffer.alloc(16, 0xaa)
const publicKey = encodeCbor(new Map([[1, 2]]))
const credentialOf = (id: Buffer) =>
  Buffer.concat([aaguid, Buffer.of(id.length >> 8, id.length & 255), id, publicKey])
const extensions = encodeCbor(new Map([['credProtect', 2]]))

const nothing = {
  rpIdHash,
  isUserPresent: false,
  isUserVerified: false,
  isBackupEligible: false,
  isBackedUp: false,
  counter: 0x01020304,
  credential: undefined,
}

describe('authenticator data', () => {
  test.each<[string, number, object]>([
    ['no flag', 0, {}],
    ['user presence', FLAGS.UP, { isUserPresent: true }],
    ['user verification', FLAGS.UV, { isUserVerified: true }],
    ['backup eligibility', FLAGS.BE, { isBackupEligible: true }],
    ['a backup', FLAGS.BS, { isBackedUp: true }],
    ['reserved flags', 0x22, {}],
  ])('with %s are read', (_what, flags, expected) => {
    expect(readAuthenticatorData(dataOf(flags))).toEqual({ ...nothing, ...expected })
  })

  test.each([0, 1, 32, 300])('with a credential id of %i bytes are read', (length) => {
    const id = Buffer.alloc(length, 7)
    const read = { ...nothing, credential: { id, publicKey } }
    expect(readAuthenticatorData(dataOf(FLAGS.AT, credentialOf(id)))).toEqual(read)
    const extended = dataOf(FLAGS.AT | FLAGS.ED, credentialOf(id), extensions)
    expect(readAuthenticatorData(extended)).toEqual(read)
  })

  test('with extensions alone are read', () => {
    expect(readAuthenticatorData(dataOf(FLAGS.ED, extensions))).toEqual(nothing)
  })

  test.each([
    ['too few bytes', dataOf(0).subarray(0, 36), 'the authenticator data are too short'],
    ['bytes after them', dataOf(0, Buffer.of(0)), 'the authenticator data have bytes after them'],
    [
      'a credential without its flag',
      dataOf(0, credentialOf(Buffer.of(1))),
      'the authenticator data have bytes after them',
    ],
    ['extensions without their flag', dataOf(0, extensions), 'the authenticator data have bytes after them'],
    [
      'bytes after a credential',
      dataOf(FLAGS.AT, credentialOf(Buffer.of(1)), Buffer.of(0)),
      'the authenticator data have bytes after them',
    ],
    [
      'bytes after extensions',
      dataOf(FLAGS.ED, extensions, Buffer.of(0)),
      'the authenticator data have bytes after them',
    ],
    ['extensions that are missing', dataOf(FLAGS.ED), 'CBOR ends too early'],
    ['extensions that are no map', dataOf(FLAGS.ED, Buffer.of(1)), 'the extensions are no map'],
    [
      'a credential id that is longer than the rest',
      dataOf(FLAGS.AT, aaguid, Buffer.of(0xff, 0xff), publicKey),
      'CBOR ends too early',
    ],
  ])('with %s are refused', (_what, bytes, message) => {
    expect(() => readAuthenticatorData(bytes)).toThrow(new Error(message))
  })

  test('with a credential that is missing are refused', () => {
    expect(() => readAuthenticatorData(dataOf(FLAGS.AT))).toThrow()
    expect(() => readAuthenticatorData(dataOf(FLAGS.AT, aaguid))).toThrow()
  })
})
