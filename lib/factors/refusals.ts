import { ServiceError } from '../errors.ts'

/** Details of the responses to requests that a second factor or a passkey cannot complete. */
export const FACTOR_REFUSALS = {
  invalid_login_token: 'The sign-in has expired. Sign in again.',
  invalid_passkey: 'The passkey was not accepted.',
  unknown_passkey: 'This passkey is not registered here.',
  unproved:
    'Prove first that the account is yours: by the link or code in a mail, or by a code of the operator.',
  last_factor: 'This account must have a second factor. Add another one first.',
}

export type FactorRefusal = keyof typeof FACTOR_REFUSALS

const CODES = {
  invalid_login_token: 'invalid_credentials',
  invalid_passkey: 'invalid_credentials',
  unknown_passkey: 'invalid_credentials',
  unproved: 'forbidden',
  last_factor: 'conflict',
} as const satisfies Record<FactorRefusal, string>

/** Returns the error of a refusal. `reason` and `log` are for the log only. */
export const refusal = (name: FactorRefusal, reason: string, log?: object) =>
  new ServiceError(CODES[name], reason, {
    event: 'factor.refused',
    detail: FACTOR_REFUSALS[name],
    ...(log && { log }),
  })

/** Returns the error of a wrong code, which stays counted. */
export const wrongCode = (reason: string, log?: object) =>
  new ServiceError('invalid_fields', reason, {
    event: 'factor.refused',
    fields: [{ pointer: '#/code', detail: 'Incorrect code.' }],
    ...(log && { log }),
  })
