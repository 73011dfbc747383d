import { timingSafeEqual } from 'node:crypto'
import { argon2, type Cost } from './argon2.ts'
import { readForeign } from './foreign/read.ts'
import { type Argon2Hash, formatPhc, readPhc } from './phc.ts'

/** Cost of new hashes (OWASP Password Storage Cheat Sheet, argon2id). scrypt of the same strength takes ten times as long. */
const CURRENT_COST: Cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 }

const TAG_BYTES = 32

/** Size of the salt for {@link hashPassword} in bytes (RFC 9106 section 3.1). */
export const SALT_BYTES = 16

/**
 * A hash of the current cost that no password matches. A password for an unknown user is verified against it,
 * which takes as long as for an existing user. It is also the stored hash of a user without a password.
 */
export const DECOY_HASH = formatPhc(CURRENT_COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(TAG_BYTES))

/** Whether a stored hash is that of a password, and not a {@link DECOY_HASH} of any cost. */
export const hasPassword = (storedHash: string): boolean => !/^\$argon2id\$.*\$A{22}\$A{43}$/.test(storedHash)

/** A stored hash, read from its text. */
interface StoredHash {
  /** Name of its kind, for operators. */
  kind: string
  matches(password: string): boolean | Promise<boolean>
  /** Whether a new hash of the matching password replaces it. */
  isReplaceable(password: string): boolean
}

/**
 * Hashes a password with argon2id (RFC 9106) at the current cost.
 *
 * @param password - The same as for {@link verifyPassword}.
 * @param salt - {@link SALT_BYTES} fresh random bytes.
 * @returns A PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  const tag = await argon2('argon2id', password, salt, { cost: CURRENT_COST, tagBytes: TAG_BYTES })
  return formatPhc(CURRENT_COST, salt, tag)
}

/**
 * Verifies a password against a stored hash. The time does not depend on the place of a difference.
 *
 * @param password - In Unicode normalisation form C (RFC 8265 section 4.2.1); its UTF-8 bytes are hashed.
 * @param storedHash - Hash of this service or, in its format, of another program, within the cost limits.
 * @throws RangeError if the string is not such a hash. Then the stored value is wrong, not the password.
 */
export async function verifyPassword(password: string, storedHash: string): Promise<boolean> {
  return readHash(storedHash).matches(password)
}

/**
 * Whether a new hash replaces a stored one after a sign-in. It does if the stored one is not in this
 * service's format of argon2id. It also does if it costs an attacker less than a new one, in memory, or in
 * memory times passes. If a hash covers only the beginning of the password, it stays: the rest of the
 * password was not verified.
 *
 * @param storedHash - A hash that {@link verifyPassword} has accepted.
 * @param password - The password that matched.
 */
export function needsRehash(storedHash: string, password: string): boolean {
  return readHash(storedHash).isReplaceable(password)
}

/**
 * Returns the kind of a stored hash.
 *
 * @throws RangeError as {@link verifyPassword} does. Its message names the kind, if it is known, and repeats no part of
 *   the hash.
 */
export const kindOf = (storedHash: string): string => readHash(storedHash).kind

function readHash(text: string): StoredHash {
  const phc = readPhc(text)
  if (phc) return storedArgon2(phc)
  const found = readForeign(text)
  if (!found) throw new RangeError('unknown kind of hash')
  const { kind, parts } = found
  return {
    kind: kind.name,
    matches: (password) => kind.matches(password, parts),
    isReplaceable: (password) => Buffer.byteLength(password) <= (kind.passwordBytes ?? Infinity),
  }
}

function storedArgon2({ variant, cost, salt, tag, isDjango }: Argon2Hash): StoredHash {
  const isOurs = variant === 'argon2id' && !isDjango
  return {
    kind: variant,
    matches: async (password) =>
      timingSafeEqual(await argon2(variant, password, salt, { cost, tagBytes: tag.length }), tag),
    isReplaceable: () => !isOurs || isWeaker(cost),
  }
}

function isWeaker({ memoryKiB, passes }: Cost): boolean {
  const isSmaller = memoryKiB < CURRENT_COST.memoryKiB
  return isSmaller || memoryKiB * passes < CURRENT_COST.memoryKiB * CURRENT_COST.passes
}
