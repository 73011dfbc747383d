import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { type AwsCall, awsErrorType } from '../aws/client.ts'
import { ServiceError } from '../errors.ts'

/** The public half of a signing key, with its RFC 7638 thumbprint as `kid`. */
export interface PublicKey {
  kid: string
  key: KeyObject
  /** Members of its JSON Web Key (RFC 7518 section 6.3.1), base64url. */
  n: string
  e: string
}

/** Trusted public keys by `kid`. */
export type PublicKeys = ReadonlyMap<string, PublicKey>

/** How long keys that were read are trusted. A key that is no longer published dies within this time. */
const KEYS_MAX_AGE_MS = 300_000

/** How often, at the most, tokens that name unknown keys may make us read the keys again. */
const UNKNOWN_KID_PAUSE_MS = 60_000

/** The same while KMS refuses one of the keys, which may be the one: as long as `Retry-After` of the 503 asks to wait. */
const REFUSED_KEY_PAUSE_MS = 5_000

/** What KMS says of a key that is not there, or may not be used, while KMS itself is well. */
const REFUSALS = new Set([
  'NotFoundException',
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
])

/**
 * Reads the public half of one KMS key.
 *
 * @param keyName - Alias or id of the key.
 * @param deadlineMs - Epoch milliseconds.
 * @throws {@link ServiceError} `unavailable` if KMS does not answer with an RSA signing key.
 */
export async function readPublicKey(aws: AwsCall, keyName: string, deadlineMs: number): Promise<PublicKey> {
  const answer = await aws('kms', 'GetPublicKey', { KeyId: keyName }, deadlineMs)
  try {
    return publicKeyFromSpki(Buffer.from(String(answer.PublicKey), 'base64'))
  } catch (cause) {
    throw new ServiceError('unavailable', 'KMS answered with something that is no RSA key', { cause })
  }
}

/**
 * Names a public key by its thumbprint, the SHA-256 of its required JWK members in
 * lexicographic order (RFC 7638 section 3).
 *
 * @param spki - DER-encoded SubjectPublicKeyInfo.
 * @throws Error if it is no RSA public key.
 */
export function publicKeyFromSpki(spki: Buffer): PublicKey {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  const { kty, n, e } = key.export({ format: 'jwk' })
  if (kty !== 'RSA' || n === undefined || e === undefined) throw new TypeError('not an RSA key')
  const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url')
  return { kid, key, n, e }
}

/**
 * Keeps the trusted public keys in memory between requests.
 *
 * They are read again when they are five minutes old, and when a token names a key that is not among them, the
 * latter at most once a minute, or once in five seconds while KMS refuses one of them, so that forged names cannot
 * be used to hammer KMS. A failed reading is not remembered.
 *
 * A key that KMS refuses is in no other's way: while keys are turned over one is not there yet, or not any
 * more, for functions that were told of it. But a token that names an unknown key cannot be judged then.
 *
 * @param keyNames - All trusted keys.
 * @returns A function of the `kid` looked for (none: no key in particular), the current instant and the
 *   deadline in epoch milliseconds. It throws {@link ServiceError} `unavailable`.
 */
export function publicKeyCache(aws: AwsCall, keyNames: readonly string[]) {
  let keys: PublicKeys = new Map()
  let readAtMs = Number.NEGATIVE_INFINITY
  let refusal: unknown

  async function readAll(deadlineMs: number): Promise<void> {
    let refused: unknown
    const read = keyNames.map(async (name) => {
      try {
        return await readPublicKey(aws, name, deadlineMs)
      } catch (error) {
        const cause = awsErrorType(error)
        if (cause === undefined || !REFUSALS.has(cause)) throw error
        console.warn({ event: 'key.refused', key: name, cause })
        refused = error
        return undefined
      }
    })
    const readable = (await Promise.all(read)).filter((key) => key !== undefined)
    if (readable.length === 0) throw refused
    keys = new Map(readable.map((key) => [key.kid, key]))
    refusal = refused
  }

  return async (kid: string | undefined, now: Date, deadlineMs: number): Promise<PublicKeys> => {
    const isKnown = () => kid === undefined || keys.has(kid)
    const ageMs = now.getTime() - readAtMs
    const unknownKidPauseMs = refusal === undefined ? UNKNOWN_KID_PAUSE_MS : REFUSED_KEY_PAUSE_MS
    if (ageMs >= (isKnown() ? KEYS_MAX_AGE_MS : unknownKidPauseMs)) {
      await readAll(deadlineMs)
      readAtMs = now.getTime()
    }
    if (refusal !== undefined && !isKnown()) throw refusal
    return keys
  }
}

/**
 * Signs with RS256 in KMS; the private key never leaves it.
 *
 * Each signature is verified before it is given out (a hundredth of the cost of the call). If it does
 * not fit the public key we know, the key behind the alias has changed: we read it again and sign once more.
 *
 * @param keyName - Alias or id of the key that signs.
 * @returns A function of what to sign, given the `kid` that will sign it, and the deadline in epoch
 *   milliseconds. It answers with the compact JWS (RFC 7515 section 3.1).
 */
export function kmsSigner(aws: AwsCall, keyName: string) {
  let known: PublicKey | undefined
  return async (signingInputFor: (kid: string) => string, deadlineMs: number): Promise<string> => {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      known ??= await readPublicKey(aws, keyName, deadlineMs)
      const input = signingInputFor(known.kid)
      const answer = await aws(
        'kms',
        'Sign',
        {
          KeyId: keyName,
          Message: Buffer.from(input).toString('base64'),
          MessageType: 'RAW',
          SigningAlgorithm: 'RSASSA_PKCS1_V1_5_SHA_256',
        },
        deadlineMs,
      )
      const { Signature } = answer
      const signature = Buffer.from(typeof Signature === 'string' ? Signature : '', 'base64')
      if (verify('sha256', Buffer.from(input), known.key, signature)) {
        return `${input}.${signature.toString('base64url')}`
      }
      known = undefined
    }
    throw new ServiceError('unavailable', 'KMS answered with a signature that its public key does not verify')
  }
}
