import { hash, timingSafeEqual } from 'node:crypto'
import { optionalNumber, optionalText } from '../../aws/dynamodb.ts'
import type { Attributes, ValuesOf } from '../../aws/item.ts'
import { secondOf } from '../../time.ts'

/** Attributes of a client's secrets: at most two at once, so that a client can change from one to the other. */
export const CLIENT_SECRETS = {
  /** SHA-256 of the secret, in base64url. */
  secretHash: optionalText,
  /** Hash of the secret before it, while that one is still valid. */
  earlierSecretHash: optionalText,
  /** Second since the epoch from which on the earlier secret is invalid. */
  earlierSecretEndsAt: optionalNumber,
} satisfies Attributes

export type ClientSecrets = ValuesOf<typeof CLIENT_SECRETS>

/** Random bytes of a secret. */
export const SECRET_BYTES = 32

/** How long the earlier secret stays valid after a new one. */
const EARLIER_SECRET_SECONDS = 86_400

/**
 * Returns a secret in base64url. That has only unreserved characters (RFC 3986 section 2.3), so a header, a
 * form and a URL need no encoding.
 *
 * @param random - {@link SECRET_BYTES} fresh random bytes.
 */
export const secretOf = (random: Buffer): string => random.toString('base64url')

/** Returns what is stored of a secret. It has 256 random bits, so a hash without salt and cost cannot be inverted by guessing. */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'base64url')

/** Whether the earlier of two secrets is valid. */
export const hasEarlierSecret = (
  { earlierSecretHash, earlierSecretEndsAt = 0 }: ClientSecrets,
  now: Date,
): boolean => earlierSecretHash !== undefined && secondOf(now) < earlierSecretEndsAt

/**
 * Returns the secrets after a new one was made. The current one becomes the earlier one.
 *
 * @param isImmediate - Whether all others end at once.
 */
export const withNewSecret = (
  { secretHash }: ClientSecrets,
  secret: string,
  { isImmediate, now }: { isImmediate: boolean; now: Date },
): ClientSecrets => ({
  secretHash: hashSecret(secret),
  earlierSecretHash: isImmediate ? undefined : secretHash,
  earlierSecretEndsAt:
    isImmediate || secretHash === undefined ? undefined : secondOf(now) + EARLIER_SECRET_SECONDS,
})

/**
 * Whether a secret is one of a client's. Both comparisons run, each in constant time. So the time shows
 * neither which secret matches nor how much of it is correct.
 */
export function isSecretOf(secrets: ClientSecrets, unverifiedSecret: string, now: Date): boolean {
  const given = Buffer.from(hashSecret(unverifiedSecret))
  const isCurrent = isEqual(given, secrets.secretHash)
  const isEarlier = isEqual(given, secrets.earlierSecretHash)
  return isCurrent || (isEarlier && hasEarlierSecret(secrets, now))
}

const isEqual = (given: Buffer, stored: string | undefined): boolean =>
  stored?.length === given.length && timingSafeEqual(given, Buffer.from(stored))
