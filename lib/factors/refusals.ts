import { ServiceError } from '../errors.ts'

/**
 * Refusals of second factors, by the member `error` of their problems, which clients compare. Each has the
 * code that decides its status, and the detail for people.
 */
export const FACTOR_REFUSALS = {
  login_expired: ['invalid_credentials', 'The sign-in has expired. Sign in again.'],
  passkey_refused: ['invalid_credentials', 'The passkey was not accepted.'],
  unknown_passkey: ['invalid_credentials', 'This passkey is not registered here.'],
  proof_required: [
    'forbidden',
    'Prove first that the account is yours: by the link or code in a mail, or by a code of the operator.',
  ],
  setup_expired: ['conflict', 'The setup has expired. Start again.'],
  no_factor: ['conflict', 'Recovery codes need a second factor. Add one first.'],
  too_many_passkeys: ['conflict', 'An account can have at most 20 passkeys. Remove one first.'],
  last_factor: ['conflict', 'This account must have a second factor. Add another one first.'],
} as const

export type FactorRefusal = keyof typeof FACTOR_REFUSALS

/** Returns the error of a refusal. `reason` and `log` are for the log only. */
export function refusal(error: FactorRefusal, reason: string, log?: object): ServiceError {
  const [code, detail] = FACTOR_REFUSALS[error]
  return new ServiceError(code, reason, { event: 'factor.refused', error, detail, ...(log && { log }) })
}

/**
 * Returns the error of a wrong code, which stays counted.
 *
 * @param pointer - RFC 6901 pointer to the code in the body, as a URI fragment.
 */
export const wrongCode = (reason: string, log?: object, pointer = '#/code') =>
  new ServiceError('invalid_fields', reason, {
    event: 'factor.refused',
    fields: [{ pointer, detail: 'Incorrect code.', rule: 'incorrect' }],
    ...(log && { log }),
  })

/** Returns the error of a valid passkey that a new user cannot sign in with, so that the user takes another one. */
export const unverifiedUser = () =>
  new ServiceError('invalid_fields', 'no user verification', {
    event: 'factor.refused',
    fields: [
      { pointer: '#/response', detail: 'Use a passkey with a PIN, fingerprint or face.', rule: 'unverified' },
    ],
  })
