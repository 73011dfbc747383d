import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { type CborValue, decodeCbor } from './cbor.ts'

/** Algorithms of passkeys, as COSE numbers, the preferred one first: ES256, EdDSA and RS256 (RFC 9053, RFC 8812). */
export const ALGORITHMS = [-7, -8, -257]

/** The public key of a passkey. */
export interface PasskeyKey {
  /** One of {@link ALGORITHMS}. */
  algorithm: number
  key: KeyObject
}

/** Bounds of the modulus of an RSA key. Keys with fewer bits can be factored. With over 16,384 bits, OpenSSL verifies nothing. */
const [MIN_RSA_BITS, MAX_RSA_BITS] = [2_048, 4_096]

/** Bound of the exponent, which is 65,537 in practice. With a long modulus and over 64 bits, OpenSSL verifies nothing. */
const MAX_RSA_EXPONENT = 2n ** 32n

/**
 * Reads a public key in the encoding of authenticators (RFC 9052 section 7). Each algorithm has one type of
 * key and one curve, so that a key cannot choose another one.
 *
 * @throws Error, if the key is not a valid one of {@link ALGORITHMS}. The point of an EC key must be on its curve.
 */
export function readCoseKey(bytes: Buffer): PasskeyKey {
  const { value, length } = decodeCbor(bytes)
  if (!(value instanceof Map) || length !== bytes.length) throw new Error('the public key is no map')
  const algorithm = value.get(3)
  const key = createPublicKey({ key: jwkOf(value), format: 'jwk' })
  const { modulusLength = MIN_RSA_BITS, publicExponent = 3n } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    throw new Error('the RSA key is too short or too long')
  }
  if (publicExponent < 3n || publicExponent > MAX_RSA_EXPONENT || publicExponent % 2n === 0n) {
    throw new Error('the RSA exponent is invalid')
  }
  return { algorithm: Number(algorithm), key }
}

function jwkOf(key: ReadonlyMap<CborValue, CborValue>): JsonWebKey {
  const [type, algorithm, curve] = [key.get(1), key.get(3), key.get(-1)]
  const bytes = (label: number, length?: number) => {
    const value = key.get(label)
    if (!(value instanceof Uint8Array)) throw new Error('the public key lacks a value')
    // OpenSSL would accept zeros before a coordinate. RFC 9053 section 7.1.1 requires the exact length.
    if (length !== undefined && value.length !== length) {
      throw new Error('the public key has a value of another length')
    }
    return Buffer.from(value).toString('base64url')
  }
  if (algorithm === -7 && type === 2 && curve === 1) {
    return { kty: 'EC', crv: 'P-256', x: bytes(-2, 32), y: bytes(-3, 32) }
  }
  if (algorithm === -8 && type === 1 && curve === 6) return { kty: 'OKP', crv: 'Ed25519', x: bytes(-2, 32) }
  if (algorithm === -257 && type === 3) return { kty: 'RSA', n: bytes(-1), e: bytes(-2) }
  throw new Error('the public key has none of the offered algorithms')
}

/** Whether a signature of an authenticator is valid. One of ES256 is DER, without bytes after it. */
export const isValidSignature = ({ algorithm, key }: PasskeyKey, data: Buffer, signature: Buffer): boolean =>
  verify(algorithm === -8 ? undefined : 'sha256', data, key, signature)
