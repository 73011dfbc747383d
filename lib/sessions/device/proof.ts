import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { ServiceError } from '../../errors.ts'

/** A proof of a device, taken apart and not yet verified (Device Bound Session Credentials, section 9.10). */
export interface Proof {
  algorithm: 'ES256' | 'RS256'
  /** The public key, in a proof that binds a session. */
  jwk: unknown
  /** The challenge. */
  jti: string
  signed: string
  signature: Buffer
}

/** An RSA key of 4,096 bits fits, and its signature. */
const PROOF = /^([\w-]{2,2000})\.([\w-]{2,2000})\.([\w-]{86,683})$/

/** Members of a header that would name another key, or that must be understood (RFC 7515 section 4.1). */
const FOREIGN = ['jku', 'x5u', 'x5c', 'crit']

/** Bits of the shortest RSA key (RFC 7518 section 3.3). */
const MIN_RSA_BITS = 2_048
const MAX_RSA_BITS = 4_096

/** The exponent that devices use. With 1, everybody could sign. */
const RSA_EXPONENT = 65_537n

/** Returns the error of a proof that shows no device. */
export const refusedProof = (reason: string): ServiceError =>
  new ServiceError('invalid_refresh_token', `device: ${reason}`)

/** Returns the text of a header. The specification has it as a string (RFC 9651 section 3.3.3), and Chromium sends it without quotes. */
export const textOf = (header: string): string => header.trim().replace(/^"([^"]*)"(;.*)?$/, '$1')

/**
 * Parses a proof. Browsers send neither an audience nor a time in it: the challenge, which counts once, is all that makes it new. The
 * specification allows the algorithm `none`, and this service does not.
 *
 * @param unverified - The header `Secure-Session-Response`: a JWT.
 * @throws {@link ServiceError} `invalid_refresh_token`.
 */
export function readProof(unverified: string): Proof {
  const [, head = '', payload = '', last = ''] = PROOF.exec(textOf(unverified)) ?? []
  const { typ, alg, jwk, ...others } = membersOf(head)
  const { jti } = membersOf(payload)
  const signature = Buffer.from(last, 'base64url')
  if (typ !== 'dbsc+jwt' || typeof jti !== 'string') throw refusedProof('not a proof')
  if (alg !== 'ES256' && alg !== 'RS256') throw refusedProof('another algorithm')
  if (FOREIGN.some((name) => Object.hasOwn(others, name))) throw refusedProof('a key elsewhere')
  if (signature.toString('base64url') !== last) throw refusedProof('not base64url')
  return { algorithm: alg, jwk, jti, signed: `${head}.${payload}`, signature }
}

function membersOf(part: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(part, 'base64url').toString()))
  } catch {
    throw refusedProof('not JSON')
  }
}

/**
 * Returns the key of a proof as it is stored: the members of RFC 7638 section 3.2, in their order.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`, if it is not a public key of the type that the algorithm needs.
 */
export function deviceOf({ algorithm, jwk }: Pick<Proof, 'algorithm' | 'jwk'>): string {
  const given: JsonWebKey = Object(jwk)
  if (given.d !== undefined || given.k !== undefined) throw refusedProof('a private key')
  const type = algorithm === 'ES256' ? 'EC' : 'RSA'
  if (given.kty !== type || (type === 'EC' && given.crv !== 'P-256')) throw refusedProof('another key type')
  const { crv, e, kty, n, x, y } = keyOf(given).export({ format: 'jwk' })
  return JSON.stringify(type === 'EC' ? { crv, kty, x, y } : { e, kty, n })
}

/** Parses a public key. OpenSSL refuses a point that is not on the curve. */
function keyOf(jwk: JsonWebKey): KeyObject {
  const key = parsed(jwk)
  const { modulusLength = MIN_RSA_BITS, publicExponent = RSA_EXPONENT } = key.asymmetricKeyDetails ?? {}
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) throw refusedProof('another key size')
  if (publicExponent !== RSA_EXPONENT) throw refusedProof('another exponent')
  return key
}

function parsed(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    throw refusedProof('not a key')
  }
}

/** Whether a proof is signed by a stored key. The challenge is compared elsewhere. */
export function isSignedBy({ algorithm, signed, signature }: Proof, device: string): boolean {
  const jwk: JsonWebKey = JSON.parse(device)
  if (algorithm !== (jwk.kty === 'EC' ? 'ES256' : 'RS256')) return false
  const key = { key: keyOf(jwk), dsaEncoding: 'ieee-p1363' } as const
  return verify('sha256', Buffer.from(signed), key, signature)
}
