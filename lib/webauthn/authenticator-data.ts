import { decodeCbor } from './cbor.ts'

/** Data of an authenticator (WebAuthn level 3, section 6.1). They are signed. */
export interface AuthenticatorData {
  rpIdHash: Buffer
  /** Whether the user touched the authenticator. */
  isUserPresent: boolean
  /** Whether the authenticator verified the user, by a PIN or a fingerprint. */
  isUserVerified: boolean
  /** Whether the passkey may be backed up, and whether it is. */
  isBackupEligible: boolean
  isBackedUp: boolean
  counter: number
  /** The new passkey, only in a registration. */
  credential?: { id: Buffer; publicKey: Buffer } | undefined
}

const FLAGS = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 }

/** Length of the hash, the flags and the counter. */
const HEAD_BYTES = 37
/** Length of the model and of the length of the credential id. */
const AAGUID_BYTES = 16
const ID_LENGTH_BYTES = 2

/**
 * Reads authenticator data.
 *
 * @throws Error, if they are malformed, or have bytes after them.
 */
export function readAuthenticatorData(bytes: Buffer): AuthenticatorData {
  if (bytes.length < HEAD_BYTES) throw new Error('the authenticator data are too short')
  const flags = bytes.readUInt8(32)
  const has = (flag: number) => (flags & flag) !== 0
  let end = HEAD_BYTES
  let credential: AuthenticatorData['credential']
  if (has(FLAGS.AT)) {
    const idStart = end + AAGUID_BYTES + ID_LENGTH_BYTES
    const keyStart = idStart + bytes.readUInt16BE(end + AAGUID_BYTES)
    end = keyStart + decodeCbor(bytes.subarray(keyStart)).length
    credential = { id: bytes.subarray(idStart, keyStart), publicKey: bytes.subarray(keyStart, end) }
  }
  if (has(FLAGS.ED)) {
    const extensions = decodeCbor(bytes.subarray(end))
    if (!(extensions.value instanceof Map)) throw new Error('the extensions are no map')
    end += extensions.length
  }
  if (end !== bytes.length) throw new Error('the authenticator data have bytes after them')
  return {
    rpIdHash: bytes.subarray(0, 32),
    isUserPresent: has(FLAGS.UP),
    isUserVerified: has(FLAGS.UV),
    isBackupEligible: has(FLAGS.BE),
    isBackedUp: has(FLAGS.BS),
    counter: bytes.readUInt32BE(33),
    credential,
  }
}
