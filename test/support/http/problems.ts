import { PROBLEMS } from '../../../lib/errors.ts'

/** Codes of problems with a detail of their own, by status. */
const CODES: Record<number, string> = {
  400: 'malformed_body',
  401: 'invalid_credentials',
  403: 'forbidden',
  404: 'not_found',
  409: 'conflict',
  503: 'unavailable',
}

/** Codes of such problems of status 401 that have another one, by their `error`. */
const TOKEN_ERRORS = /^(insufficient_user_authentication|device_required)$/

/** Returns the code that a problem of the API must have, by its other members. */
export function codeOf(status: number, detail: string, more: object = {}): string | undefined {
  const known = Object.entries(PROBLEMS).find(([, row]) => row[0] === status && row[1] === detail)
  const { error = '' } = more as { error?: string }
  const isOfToken = TOKEN_ERRORS.test(error) || detail === 'Open the user from the console again.'
  return known?.[0] ?? (isOfToken ? 'invalid_token' : CODES[status])
}

/** The rule of each detail, with its values. A text that is missing breaks `required`, and another value breaks `type`. */
const RULES: Record<string, object> = {
  'Choose a username.': { rule: 'required' },
  'Confirm your address by the code of a mail.': { rule: 'required' },
  'Incorrect code.': { rule: 'incorrect' },
  'Incorrect password.': { rule: 'incorrect' },
  'Invalid or expired. Confirm the change again.': { rule: 'expired' },
  'Must be "cookie".': { rule: 'one_of', values: { options: ['cookie'] } },
  'Must be "public-key".': { rule: 'one_of', values: { options: ['public-key'] } },
  'Must be "sign-in" or "link".': { rule: 'one_of', values: { options: ['sign-in', 'link'] } },
  'Must be 6 digits.': { rule: 'format', values: { digits: 6 } },
  'Must be 8 digits.': { rule: 'format', values: { digits: 8 } },
  'Must be a JSON object.': { rule: 'type' },
  'Must be a boolean.': { rule: 'type' },
  'Must be a number.': { rule: 'type' },
  'Must be a string.': { rule: 'required' },
  'Must be an address at example.org or example.com.': {
    rule: 'domain',
    values: { domains: ['example.org', 'example.com'] },
  },
  'Must be at least 15 characters.': { rule: 'too_short', values: { min: 15 } },
  'Must be true or false.': { rule: 'type' },
  'Must have a mailId and a code, or neither.': { rule: 'combination' },
  'Must not be a commonly used password.': { rule: 'common' },
  'Must not be a password from a known data breach.': { rule: 'breached' },
  'Must not be empty.': { rule: 'required' },
  'Must not be the e-mail address.': { rule: 'own_name' },
  'Must not be the username.': { rule: 'own_name' },
  'Must not exceed 1,024 bytes in UTF-8.': { rule: 'too_long', values: { max: 1024 } },
  'This address already has an account.': { rule: 'taken' },
  'This address already has an account. Sign in, or ask for a new password.': { rule: 'taken' },
  'This service has no cookie sessions.': { rule: 'not_supported' },
  'This username is taken.': { rule: 'taken' },
  'Unknown fields are not allowed.': { rule: 'unknown' },
  'Use a passkey with a PIN, fingerprint or face.': { rule: 'unverified' },
  'You have no password yet. Choose one by a mail.': { rule: 'no_password' },
}

/** Returns the error of a field, whole. */
export function fieldError(pointer: string, detail: string, more: object = {}) {
  const [, max] = /^Must not exceed (\d+) characters\.$/.exec(detail) ?? []
  const ofMax = max !== undefined && { rule: 'too_long', values: { max: Number(max) } }
  const ofSeveral = detail.startsWith('Must have ') && { rule: 'combination' }
  return { pointer, detail, ...(RULES[detail] || ofMax || ofSeveral || { rule: 'format' }), ...more }
}
