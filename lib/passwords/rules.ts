import { type FieldError, ServiceError } from '../errors.ts'
import type { User } from '../users/user.ts'
import { COMMON_PASSWORDS } from './common.ts'

/** Names that a password must not be, in their stored form, lower case. */
export type ForbiddenNames = Pick<User, 'username' | 'email'>

/** Minimum and maximum length of a new password, in code points. */
export const MIN_CODE_POINTS = 15
export const MAX_CODE_POINTS = 128

/** A rule of new passwords: in words for users, and as clients compare it. */
type PasswordRule = Omit<FieldError, 'pointer'>

const tooShort = (min: number): PasswordRule => ({
  detail: `Must be at least ${min} characters.`,
  rule: 'too_short',
  values: { min },
})
const tooLong = (max: number): PasswordRule => ({
  detail: `Must not exceed ${max} characters.`,
  rule: 'too_long',
  values: { max },
})

/**
 * Returns the rule that a new password breaks: its length, common passwords, the user's own names.
 * There are no composition rules (NIST SP 800-63B-4 section 3.1.1.2).
 *
 * @param password - In Unicode normalisation form C.
 * @returns The rule, or `undefined` if the password breaks none.
 */
export function brokenPasswordRule(
  password: string,
  { username, email }: ForbiddenNames,
): PasswordRule | undefined {
  const codePoints = [...password].length
  const folded = password.toLowerCase()
  if (codePoints < MIN_CODE_POINTS) return tooShort(MIN_CODE_POINTS)
  if (codePoints > MAX_CODE_POINTS) return tooLong(MAX_CODE_POINTS)
  if (folded === username) return { detail: 'Must not be the username.', rule: 'own_name' }
  if (folded === email) return { detail: 'Must not be the e-mail address.', rule: 'own_name' }
  if (COMMON_PASSWORDS.has(folded)) return { detail: 'Must not be a commonly used password.', rule: 'common' }
  return undefined
}

/**
 * Validates a new password.
 *
 * @param pointer - RFC 6901 pointer to the password in the body, as a URI fragment.
 * @throws {@link ServiceError} `invalid_fields`, if it breaks a rule.
 */
export function validateNewPassword(password: string, names: ForbiddenNames, pointer: string): void {
  const broken = brokenPasswordRule(password, names)
  if (broken === undefined) return
  throw new ServiceError('invalid_fields', 'the new password breaks a rule', {
    fields: [{ pointer, ...broken }],
  })
}
