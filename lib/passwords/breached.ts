import { createHash } from 'node:crypto'
import { urlToHttpOptions } from 'node:url'
import type { Config } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { getOnce } from '../get.ts'
import { logEvent } from '../log.ts'

/** The rule that a breached password breaks, as users see it. */
export const BREACHED_RULE = 'Must not be a password from a known data breach.'

/** Limits of a response. A range has about 1,000 rows, so its size is far below. */
const BOUNDS = { timeoutMs: 500, maxBytes: 262_144 }

/** The API rejects requests without a user agent. Padding hides the number of rows from observers of the network. */
const HEADERS = { 'User-Agent': 'serverless-jwt-auth', 'Add-Padding': 'true' }

/** Rows with the second part of a hash and the number of times that its password was found. */
const RANGE = /^(?:[\dA-F]{35}:\d+(?:\r?\n|$))+$/

/**
 * Rejects a new password that is known from a data breach. Call it only after the caller's proof is verified:
 * otherwise any client could make the service send requests.
 *
 * After an outage of the API, the password is accepted, and `breached.unchecked` is logged. There is one try.
 *
 * @param password - In Unicode normalisation form C, within the rules of {@link validateNewPassword}.
 * @param pointer - RFC 6901 pointer to the password in the body, as a URI fragment.
 * @param config - With the setting `undefined`, passwords are not checked.
 * @throws {@link ServiceError} `invalid_fields`, if the password is known.
 * @example
 * await rejectBreached(newPassword, '#/newPassword', config)
 */
export async function rejectBreached(
  password: string,
  pointer: string,
  { BREACHED_PASSWORDS: api }: Config<'BREACHED_PASSWORDS'>,
): Promise<void> {
  if (api === undefined) return
  const isKnown = await isBreached(password, api).catch(({ message: reason }: Error) => {
    logEvent('warn', { event: 'breached.unchecked', reason })
    return false
  })
  if (!isKnown) return
  throw new ServiceError('invalid_fields', 'the new password is from a data breach', {
    fields: [{ pointer, detail: BREACHED_RULE, rule: 'breached' }],
  })
}

/**
 * Asks an API like Have I Been Pwned whether a password is known from a data breach
 * (https://haveibeenpwned.com/API/v3#PwnedPasswords). The API learns only the first five digits of the SHA-1,
 * which about 1,000 known passwords share (k-anonymity).
 *
 * @param api - URL of the ranges, with a slash at the end.
 * @throws Error if there is no readable response in time. Its message is the reason, and contains no part of the hash.
 */
export async function isBreached(password: string, api: URL): Promise<boolean> {
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase()
  const target = { ...urlToHttpOptions(new URL(hash.slice(0, 5), api)), headers: HEADERS }
  const range = (await getOnce(target, BOUNDS)).body.toString('latin1')
  if (!RANGE.test(range)) throw new Error('unreadable response')
  // A row with the count 0 is padding.
  return new RegExp(`${hash.slice(5)}:0*[1-9]`).test(range)
}
