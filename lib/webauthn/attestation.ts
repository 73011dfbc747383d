import { decodeCbor } from './cbor.ts'
import { isValidSignature, type PasskeyKey } from './cose-key.ts'

/** The object that an authenticator returns at a registration (WebAuthn level 3, section 6.5). */
interface AttestationObject {
  format: string
  statement: ReadonlyMap<unknown, unknown>
  authData: Buffer
}

/**
 * Reads an attestation object.
 *
 * @throws Error, if it is malformed, or has bytes after it.
 */
export function readAttestationObject(bytes: Buffer): AttestationObject {
  const { value, length } = decodeCbor(bytes)
  if (!(value instanceof Map) || length !== bytes.length) throw new Error('the attestation object is no map')
  const [format, statement, authData] = [value.get('fmt'), value.get('attStmt'), value.get('authData')]
  if (typeof format !== 'string' || !(statement instanceof Map) || !(authData instanceof Uint8Array)) {
    throw new Error('the attestation object lacks a member')
  }
  return { format, statement, authData: Buffer.from(authData) }
}

/**
 * Whether an attestation is valid. The service requests none. So a browser sends none, or one signed by the
 * passkey's key, which proves nothing more (WebAuthn level 3, sections 5.1.3 and 8.2). The service does not
 * verify certificates: it rejects an attestation of a manufacturer (docs/decisions/0107).
 *
 * @param signed - The bytes that a signature covers.
 */
export function isValidAttestation(
  { format, statement }: AttestationObject,
  key: PasskeyKey,
  signed: Buffer,
): boolean {
  if (format === 'none') return statement.size === 0
  const signature = statement.get('sig')
  return (
    format === 'packed' &&
    statement.size === 2 &&
    statement.get('alg') === key.algorithm &&
    signature instanceof Uint8Array &&
    isValidSignature(key, signed, Buffer.from(signature))
  )
}
