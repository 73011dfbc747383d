import { timingSafeEqual } from 'node:crypto'
import { argon2id, type Cost } from './argon2.ts'

/** Cost of new hashes (OWASP Password Storage Cheat Sheet, argon2id). */
const CURRENT_COST: Cost = { memoryKiB: 19_456, passes: 2, parallelism: 1 }

/**
 * Maximum cost of a stored hash. A hash that costs more is rejected, not computed. Time grows with memory times passes.
 * Of that, 256 MiB in three passes are allowed, which the slower implementation computes in under two seconds.
 */
const MAX_COST = { memoryKiB: 262_144, passes: 10, parallelism: 4, memoryTimesPasses: 786_432 }

const TAG_BYTES = 32

/** Size of the salt for {@link hashPassword} in bytes (RFC 9106 section 3.1). */
export const SALT_BYTES = 16

/**
 * A hash of the current cost that no password matches. An unknown user is verified against it, which
 * takes as long as for an existing user.
 */
export const DECOY_HASH = phc(CURRENT_COST, Buffer.alloc(SALT_BYTES), Buffer.alloc(TAG_BYTES))

/**
 * Hashes a password with argon2id (RFC 9106) at the current cost.
 *
 * @param password - As for {@link verifyPassword}.
 * @param salt - {@link SALT_BYTES} fresh random bytes.
 * @returns A PHC string, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
 */
export async function hashPassword(password: string, salt: Buffer): Promise<string> {
  return phc(CURRENT_COST, salt, await argon2id(password, salt, CURRENT_COST, TAG_BYTES))
}

/**
 * Verifies a password against a stored hash, in a time that does not depend on where they differ.
 *
 * @param password - In Unicode normalisation form C (RFC 8265 section 4.2.1); its UTF-8 bytes are hashed.
 * @param storedHash - PHC string of an argon2id hash within the limits, of this service or another program.
 * @throws RangeError if the string is not such a hash: the stored value is at fault, not the password.
 */
export async function verifyPassword(password: string, storedHash: string): Promise<boolean> {
  const { cost, salt, tag } = parsePhc(storedHash)
  return timingSafeEqual(await argon2id(password, salt, cost, tag.length), tag)
}

/**
 * Whether a stored hash costs an attacker less than a new one: less memory, or less memory times passes.
 *
 * @param storedHash - A hash that {@link verifyPassword} has accepted.
 */
export function needsRehash(storedHash: string): boolean {
  const { cost } = parsePhc(storedHash)
  const isSmaller = cost.memoryKiB < CURRENT_COST.memoryKiB
  return isSmaller || cost.memoryKiB * cost.passes < CURRENT_COST.memoryKiB * CURRENT_COST.passes
}

/**
 * Returns why a hash of another program cannot be stored.
 *
 * @returns The reason, without the hash, or `undefined` if {@link verifyPassword} accepts it.
 */
export function phcFault(hash: string): string | undefined {
  try {
    parsePhc(hash)
    return undefined
  } catch (error) {
    return (error as RangeError).message
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '')
}

function phc(cost: Cost, salt: Buffer, tag: Uint8Array): string {
  const { memoryKiB, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${base64(salt)}$${base64(tag)}`
}

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/

/** Parses the PHC string format, https://github.com/P-H-C/phc-string-format. */
function parsePhc(text: string) {
  const parts = PHC.exec(text)
  if (!parts) throw new RangeError('not an argon2id PHC string')
  const [m, t, p, salt, tag] = parts.slice(1) as [string, string, string, string, string]
  const cost = { memoryKiB: Number(m), passes: Number(t), parallelism: Number(p) }
  const { memoryKiB, passes, parallelism } = cost
  const isBeyond =
    memoryKiB > MAX_COST.memoryKiB || passes > MAX_COST.passes || parallelism > MAX_COST.parallelism
  if (isBeyond || memoryKiB * passes > MAX_COST.memoryTimesPasses) {
    throw new RangeError('exceeds the cost limits')
  }
  if (parallelism < 1 || passes < 1 || memoryKiB < 8 * parallelism) {
    throw new RangeError('costs less than argon2 allows')
  }
  return { cost, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') }
}
