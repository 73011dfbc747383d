import { ServiceError } from '../errors.ts'

/**
 * Refusals of second factors: the member `error` of their problems, which clients compare, and the detail, which people read.
 */
export const FACTOR_REFUSALS = {
  login_expired: 'The sign-in has expired. Sign in again.',
  passkey_refused: 'The passkey was not accepted.',
  unknown_passkey: 'This passkey is not registered here.',
  proof_required:
    'Prove first that the account is yours: by the link or code in a mail, or by a code of the operator.',
  setup_expired: 'The setup has expired. Start again.',
  no_factor: 'Recovery codes need a second factor. Add one first.',
  too_many_passkeys: 'An account can have at most 20 passkeys. Remove one first.',
  last_factor: 'This account must have a second factor. Add another one first.',
}

export type FactorRefusal = keyof typeof FACTOR_REFUSALS

/** The codes of the refusals, which decide about their status. */
export const REFUSAL_CODES = {
  login_expired: 'invalid_credentials',
  passkey_refused: 'invalid_credentials',
  unknown_passkey: 'invalid_credentials',
  proof_required: 'forbidden',
  setup_expired: 'conflict',
  no_factor: 'conflict',
  too_many_passkeys: 'conflict',
  last_factor: 'conflict',
} as const satisfies Record<FactorRefusal, string>

/** Returns the error of a refusal. `reason` and `log` are for the log only. */
export const refusal = (name: FactorRefusal, reason: string, log?: object) =>
  new ServiceError(REFUSAL_CODES[name], reason, {
    event: 'factor.refused',
    error: name,
    detail: FACTOR_REFUSALS[name],
    ...(log && { log }),
  })

/**
 * Returns the error of a wrong code, which stays counted.
 *
 * @param pointer - RFC 6901 pointer to the code in the body, as a URI fragment.
 */
export const wrongCode = (reason: string, log?: object, pointer = '#/code') =>
  new ServiceError('invalid_fields', reason, {
    event: 'factor.refused',
    fields: [{ pointer, detail: 'Incorrect code.' }],
    ...(log && { log }),
  })
