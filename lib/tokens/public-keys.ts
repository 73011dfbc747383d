import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import { type AwsCall, awsErrorType } from '../aws/client.ts'
import { ServiceError } from '../errors.ts'
import { logEvent } from '../log.ts'

/** A public key, with its RFC 7638 thumbprint as `kid`. */
export interface PublicKey {
  kid: string
  key: KeyObject
  /** Members of its JSON Web Key (RFC 7518 section 6.3.1), in base64url. */
  n: string
  e: string
}

/** Trusted public keys by `kid`. */
export type PublicKeys = ReadonlyMap<string, PublicKey>

/** How long keys are cached. A key that is no longer published is trusted for at most this time. */
const KEYS_MAX_AGE_MS = 300_000

/** Minimum time between two reads of the keys that tokens with an unknown `kid` cause. */
const UNKNOWN_KID_PAUSE_MS = 60_000

/**
 * Minimum time after a read without all keys, because the unknown one may be missing. It is the `Retry-After`
 * of the 503.
 */
const OUTAGE_PAUSE_MS = 5_000

/** Longest pause after a failed read while there are no keys at all. */
export const FAILED_READ_PAUSE_MS = 1_000

/** How long other requests wait for a read before they begin one. Lambda may have frozen an older read. */
const SHARED_READ_MS = 1_000

/** Minimum size of an RSA key for RS256 (RFC 7518 section 3.3). */
const MIN_MODULUS_BITS = 2_048

/** AWS error types of a key that is missing or may not be used, while KMS itself works. */
const REFUSALS = new Set([
  'NotFoundException',
  'AccessDeniedException',
  'DisabledException',
  'KMSInvalidStateException',
])

/**
 * Reads the public half of a KMS key.
 *
 * @param keyName - Alias or id of the key.
 * @throws {@link ServiceError} `unavailable`, if KMS does not return an RSA key.
 */
export async function readPublicKey(aws: AwsCall, keyName: string): Promise<PublicKey> {
  const { PublicKey } = await aws('kms', 'GetPublicKey', { KeyId: keyName })
  try {
    return publicKeyFromSpki(Buffer.from(String(PublicKey), 'base64'))
  } catch (cause) {
    throw new ServiceError('unavailable', 'KMS returned no RSA key', { cause })
  }
}

/**
 * Parses a public key. Its `kid` is its thumbprint: the SHA-256 of the required JWK members in
 * lexicographic order (RFC 7638 section 3).
 *
 * @param spki - DER-encoded SubjectPublicKeyInfo.
 * @throws Error if it is not an RSA public key, or has fewer than 2,048 bits (RFC 7518 section 3.3).
 */
export function publicKeyFromSpki(spki: Buffer): PublicKey {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' })
  if (key.asymmetricKeyType !== 'rsa') throw new TypeError('not an RSA key')
  if (Number(key.asymmetricKeyDetails?.modulusLength) < MIN_MODULUS_BITS) throw new TypeError('key too short')
  const { n, e } = key.export({ format: 'jwk' }) as { n: string; e: string }
  const kid = hash('sha256', JSON.stringify({ e, kty: 'RSA', n }), 'base64url')
  return { kid, key, n, e }
}

/**
 * Creates a cache of the trusted public keys. A function has one for all its requests.
 *
 * The cache reads all keys again when they are five minutes old, and when a token names an unknown `kid`.
 * Forged tokens cause at most one read a minute. After a read that failed, or lacks a key that KMS refused,
 * they cause at most one in five seconds. While there are no keys, a failed read is repeated after a pause of
 * at most a second, with full jitter. Concurrent requests share a read.
 *
 * All of that holds in one process. Lambda gives each instance of a function one request at a time, so N new
 * instances read N times. Each read is two calls, or six if KMS fails and the calls are repeated.
 *
 * If KMS refuses one key, the remaining keys are still used: during a key turnover a published key
 * may be missing for a while. A token with an unknown `kid` cannot be verified then, and the cache
 * throws. The same holds after a failed read, until the keys are five minutes old.
 *
 * @returns A function that returns the keys. Its `keyNames` are all trusted keys. Its `kid` is the
 *   key that a token names, or `undefined`. It throws {@link ServiceError} `unavailable`.
 */
export function publicKeyCache() {
  let keys: PublicKeys = new Map()
  let expiresAtMs = Number.NEGATIVE_INFINITY
  /** Time from which on an unknown `kid` causes a read. */
  let unknownKidReadAtMs = Number.NEGATIVE_INFINITY
  /** Time from which on a read is repeated while there are no keys. */
  let nextReadAtMs = Number.NEGATIVE_INFINITY
  /** The reason why the last read lacks some keys. */
  let outage: unknown

  const read = shared(async (aws, keyNames, nowMs) => {
    try {
      const { readable, refusal } = await readPublicKeys(aws, keyNames)
      keys = readable
      expiresAtMs = nowMs + KEYS_MAX_AGE_MS
      unknownKidReadAtMs = nowMs + (refusal === undefined ? UNKNOWN_KID_PAUSE_MS : OUTAGE_PAUSE_MS)
      outage = refusal
    } catch (error) {
      unknownKidReadAtMs = nowMs + OUTAGE_PAUSE_MS
      nextReadAtMs = nowMs + Math.random() * FAILED_READ_PAUSE_MS
      outage = error
    }
  })

  return async (
    aws: AwsCall,
    keyNames: readonly string[],
    kid: string | undefined,
    now: Date,
  ): Promise<PublicKeys> => {
    const nowMs = now.getTime()
    const isFresh = () => nowMs < expiresAtMs
    const isComplete = () => isFresh() && (kid === undefined || keys.has(kid))
    if (!isComplete() && nowMs >= (isFresh() ? unknownKidReadAtMs : nextReadAtMs)) {
      await read(aws, keyNames, nowMs)
    }
    if (!isComplete() && outage !== undefined) throw outage
    return keys
  }
}

/** The keys that a function keeps for all its requests. */
export type PublicKeyCache = ReturnType<typeof publicKeyCache>

/** Reads the keys into a cache. It does not throw. */
type Read = (aws: AwsCall, keyNames: readonly string[], nowMs: number) => Promise<void>

/** Lets concurrent requests share a read, unless it runs for longer than {@link SHARED_READ_MS}. */
function shared(read: Read): Read {
  let running: { sinceMs: number; end: Promise<void> } | undefined
  return (aws, keyNames, nowMs) => {
    if (running === undefined || nowMs - running.sinceMs >= SHARED_READ_MS) {
      const end = read(aws, keyNames, nowMs).then(() => {
        running = undefined
      })
      running = { sinceMs: nowMs, end }
    }
    return running.end
  }
}

/** Reads all public keys, except those that KMS refuses; at least one must be readable. */
async function readPublicKeys(aws: AwsCall, keyNames: readonly string[]) {
  let refusal: unknown
  const reads = keyNames.map(async (name) => {
    try {
      return await readPublicKey(aws, name)
    } catch (error) {
      const cause = awsErrorType(error)
      if (cause === undefined || !REFUSALS.has(cause)) throw error
      logEvent('warn', { event: 'key.refused', key: name, cause })
      refusal = error
      return undefined
    }
  })
  const found = (await Promise.all(reads)).filter((key) => key !== undefined)
  if (found.length === 0) throw refusal
  const readable: PublicKeys = new Map(found.map((key) => [key.kid, key]))
  return { readable, refusal }
}
