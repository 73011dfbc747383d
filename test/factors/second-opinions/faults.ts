import { randomBytes } from 'node:crypto'
import { type Algorithm, type Changes, FLAGS } from '../../support/users/webauthn/authenticator.ts'

export const ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'RS256']

const flip = (at: number) => (bytes: Buffer) => {
  const changed = Buffer.from(bytes)
  const index = at < 0 ? changed.length + at : at
  changed.writeUInt8(changed.readUInt8(index) ^ 1, index)
  return changed
}

/**
 * Returns the faults of a registration and of an assertion. Some need a key that is not P-256.
 *
 * @param origin - Of the page.
 */
export const faultsOf = (origin: string): Record<string, Changes> => ({
  type: { clientData: { type: 'webauthn.other' } },
  challenge: { clientData: { challenge: randomBytes(32).toString('base64url') } },
  'no challenge': { clientData: { challenge: undefined } },
  origin: { clientData: { origin: 'https://evil.example.com' } },
  port: { clientData: { origin: `${origin}:8443` } },
  'client data that are no JSON': { clientDataJSON: Buffer.from('{') },
  'RP ID hash': { rpId: 'example.com' },
  'user presence': { flags: FLAGS.UV },
  'backup flags': { flags: FLAGS.UP | FLAGS.UV | FLAGS.BS },
  'truncated authenticator data': { authenticatorData: (bytes) => bytes.subarray(0, 36) },
  'bytes after the authenticator data': {
    authenticatorData: (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
  },
})

/** Faults of an assertion. The counter of its passkey is 7. */
export const OF_ASSERTIONS: Record<string, Changes> = {
  'first byte of the signature': { signature: flip(0) },
  'last byte of the signature': { signature: flip(-1) },
  'truncated signature': { signature: (bytes) => bytes.subarray(0, -1) },
  'empty signature': { signature: () => Buffer.alloc(0) },
  'type of another response': { clientData: { type: 'webauthn.create' } },
  'extension without data': { flags: FLAGS.UP | FLAGS.UV | FLAGS.ED },
  'user verification': { flags: FLAGS.UP },
  'counter that went back': { counter: 3 },
  'counter that stays': { counter: 7 },
}

/** Faults of a registration. */
export const OF_REGISTRATIONS: Record<string, Changes> = {
  'truncated attestation object': { attestationObject: (bytes) => bytes.subarray(0, -9) },
  'no CBOR': { attestationObject: () => Buffer.of(0xff) },
  'empty attestation object': { attestationObject: () => Buffer.alloc(0) },
  'deep CBOR': { attestationObject: () => Buffer.alloc(100_000, 0x81) },
  'huge length': { attestationObject: () => Buffer.from('9bffffffffffffffff', 'hex') },
  'unknown format': { attestation: { fmt: 'other', attStmt: new Map() } },
  'statement without a format': { attestation: { fmt: 'none', attStmt: new Map([['alg', -7]]) } },
  'wrong self attestation': {
    attestation: {
      fmt: 'packed',
      attStmt: new Map<string, unknown>([
        ['alg', -7],
        ['sig', Buffer.alloc(70)],
      ]),
    },
  },
  'type of another response': { clientData: { type: 'webauthn.get' } },
  'other credential id': { response: { rawId: 'AAAA' } },
  'other type': { response: { type: 'password' } },
}
