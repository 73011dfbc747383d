import { ServiceError } from '../errors.ts'
import { COMMON_PASSWORDS } from './common.ts'

/** The least and the most characters that a new password may have. */
export const MIN_CODE_POINTS = 15
export const MAX_CODE_POINTS = 128

/**
 * Says which rule a new password breaks: length in code points, a list of common ones, the user's own name. There
 * are no composition rules (NIST SP 800-63B-4 section 3.1.1.2).
 *
 * @param password - In Unicode normalisation form C.
 * @param username - As stored, in lower case.
 * @returns What would be valid, or `undefined` if it is.
 */
export function brokenPasswordRule(password: string, username: string): string | undefined {
  const codePoints = [...password].length
  const folded = password.toLowerCase()
  if (codePoints < MIN_CODE_POINTS) return `At least ${MIN_CODE_POINTS} characters.`
  if (codePoints > MAX_CODE_POINTS) return `At most ${MAX_CODE_POINTS} characters.`
  if (folded === username) return 'Must not be the username.'
  if (COMMON_PASSWORDS.has(folded)) return 'Must not be one of the passwords that many people use.'
  return undefined
}

/**
 * Refuses a new password that breaks a rule.
 *
 * @param pointer - Where in the body the password is.
 * @throws {@link ServiceError} `invalid_fields`.
 */
export function refuseIfWeak(password: string, username: string, pointer: string): void {
  const detail = brokenPasswordRule(password, username)
  if (detail === undefined) return
  throw new ServiceError('invalid_fields', 'the new password breaks a rule', {
    fields: [{ pointer, detail }],
  })
}
