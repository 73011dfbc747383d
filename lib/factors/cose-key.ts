import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto'

/** Algorithms of passkeys, as COSE numbers, the preferred one first: ES256, EdDSA and RS256 (RFC 9053, RFC 8812). */
export const ALGORITHMS = [-7, -8, -257]

/** A public key as an authenticator encodes it (RFC 9052 section 7): numbers and bytes by label. */
type CoseKey = ReadonlyMap<number, unknown>

/** Smallest modulus of an RSA key. Keys with fewer bits can be factored. */
const MIN_RSA_BITS = 2_048

/**
 * Imports the public key of a passkey. Each algorithm has one type of key and one curve, so that a key cannot choose another.
 *
 * @throws Error, if the key is not a valid one of {@link ALGORITHMS}. The point of an EC key must be on its curve.
 */
export function importCoseKey(key: CoseKey): { digest: string | undefined; publicKey: KeyObject } {
  const [type, algorithm, curve] = [key.get(1), key.get(3), key.get(-1)]
  if (type === 2 && algorithm === -7 && curve === 1) {
    const jwk = { kty: 'EC', crv: 'P-256', x: encoded(key, -2), y: encoded(key, -3) }
    return { digest: 'sha256', publicKey: createPublicKey({ key: jwk, format: 'jwk' }) }
  }
  if (type === 1 && algorithm === -8 && curve === 6) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: encoded(key, -2) }
    return { digest: undefined, publicKey: createPublicKey({ key: jwk, format: 'jwk' }) }
  }
  if (type === 3 && algorithm === -257) {
    const jwk = { kty: 'RSA', n: encoded(key, -1), e: encoded(key, -2) }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    const { modulusLength = 0 } = publicKey.asymmetricKeyDetails ?? {}
    if (modulusLength < MIN_RSA_BITS) throw new Error('The RSA key is too short.')
    return { digest: 'sha256', publicKey }
  }
  throw new Error('The key is not one of the offered algorithms.')
}

function encoded(key: CoseKey, label: number): string {
  const bytes = key.get(label)
  if (!(bytes instanceof Uint8Array)) throw new Error('The key lacks a coordinate.')
  return Buffer.from(bytes).toString('base64url')
}

/**
 * Verifies the signature of an authenticator. `plugins/webauthn.ts` puts it in place of the function of the same name in
 * SimpleWebAuthn, which needs a parser of ASN.1 for it.
 */
export async function verify({
  cosePublicKey,
  signature,
  data,
}: {
  cosePublicKey: CoseKey
  signature: Uint8Array
  data: Uint8Array
}): Promise<boolean> {
  const { digest, publicKey } = importCoseKey(cosePublicKey)
  return verifySignature(digest, data, publicKey, signature)
}
