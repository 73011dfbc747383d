import { hash } from 'node:crypto'
import { encodeBits } from '../totp/totp.ts'

const CODES = 10
const CODE_BYTES = 10
const CODE_CHARACTERS = 16

/** Random bytes that {@link codeOf80Bits} needs. */
export const CODE_RANDOM_BYTES = CODE_BYTES

/** Random bytes that {@link recoveryCodes} needs: 80 bits for each code. */
export const RECOVERY_CODES_RANDOM_BYTES = CODES * CODE_BYTES

/** Crockford's base32 leaves out I, L, O and U, which people confuse or read as words (https://www.crockford.com/base32.html). */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Returns a code in the form that users see: four groups of four characters.
 *
 * @param random - {@link CODE_RANDOM_BYTES} fresh random bytes.
 */
export const codeOf80Bits = (random: Buffer): string =>
  encodeBits(random, CROCKFORD).replace(/.{4}(?=.)/g, '$&-')

/**
 * Returns new recovery codes; see {@link codeOf80Bits}.
 *
 * @param random - {@link RECOVERY_CODES_RANDOM_BYTES} fresh random bytes.
 */
export const recoveryCodes = (random: Buffer): string[] =>
  Array.from({ length: CODES }, (_, index) =>
    codeOf80Bits(random.subarray(index * CODE_BYTES, (index + 1) * CODE_BYTES)),
  )

/**
 * Reads a recovery code that a person has typed. It accepts upper and lower case, hyphens and spaces. O
 * counts as 0, and I and L as 1.
 *
 * @returns The code's 16 characters, or `undefined` if the text is no recovery code.
 */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed.replace(/[ -]/g, '').toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1')
  return code.length === CODE_CHARACTERS && [...code].every((one) => CROCKFORD.includes(one))
    ? code
    : undefined
}

/**
 * Returns the stored hash of a recovery code. The user id is part of it, so equal codes of two users have
 * different hashes.
 *
 * One round of SHA-256 costs almost no time in a sign-in. A search for 80 random bits needs about 2^79
 * rounds.
 *
 * @param code - In the form that users see, or that {@link readRecoveryCode} returns.
 */
export const hashRecoveryCode = (userId: string, code: string): string =>
  hash('sha256', `${userId}:${code.replaceAll('-', '')}`, 'base64url')
