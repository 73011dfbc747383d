import { ServiceError } from '../errors.ts'
import type { User } from '../users/user.ts'
import { COMMON_PASSWORDS } from './common.ts'

/** Names that a password must not be, in their stored form, lower case. */
export type ForbiddenNames = Pick<User, 'username' | 'email'>

/** Minimum and maximum length of a new password, in code points. */
export const MIN_CODE_POINTS = 15
export const MAX_CODE_POINTS = 128

/**
 * Returns the rule that a new password breaks: its length, common passwords, the user's own names.
 * There are no composition rules (NIST SP 800-63B-4 section 3.1.1.2).
 *
 * @param password - In Unicode normalisation form C.
 * @returns The rule in words for users, or `undefined` if the password breaks none.
 */
export function brokenPasswordRule(
  password: string,
  { username, email }: ForbiddenNames,
): string | undefined {
  const codePoints = [...password].length
  const folded = password.toLowerCase()
  if (codePoints < MIN_CODE_POINTS) return `Must be at least ${MIN_CODE_POINTS} characters.`
  if (codePoints > MAX_CODE_POINTS) return `Must not exceed ${MAX_CODE_POINTS} characters.`
  if (folded === username) return 'Must not be the username.'
  if (folded === email) return 'Must not be the e-mail address.'
  if (COMMON_PASSWORDS.has(folded)) return 'Must not be a commonly used password.'
  return undefined
}

/**
 * Validates a new password.
 *
 * @param pointer - RFC 6901 pointer to the password in the body, as a URI fragment.
 * @throws {@link ServiceError} `invalid_fields`, if it breaks a rule.
 */
export function validateNewPassword(password: string, names: ForbiddenNames, pointer: string): void {
  const detail = brokenPasswordRule(password, names)
  if (detail === undefined) return
  throw new ServiceError('invalid_fields', 'the new password breaks a rule', {
    fields: [{ pointer, detail }],
  })
}
