import { ServiceError } from '../../errors.ts'
import { hostOf, isClientUrl } from '../clients/url-client.ts'
import { type Parameters, parameterOf } from '../parameters.ts'

/** Errors of `POST /oauth2/token` and `/oauth2/revoke`, with their statuses (RFC 6749 section 5.2, RFC 7009 section 2.2.1, RFC 8707 section 2). */
export const TOKEN_ERRORS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  unsupported_token_type: 400,
} as const

export type TokenError = keyof typeof TOKEN_ERRORS

/** Details of an invalid code or token. They are the same for every reason. */
const DETAILS: Partial<Record<TokenError, string>> = {
  invalid_grant: 'The code or the token is invalid, expired, was used before, or is of another client.',
  invalid_client: 'The client is unknown, or its secret is wrong.',
}

/**
 * Returns the error of a request of a client.
 *
 * @param reason - For the log. It is also the detail, except where a detail could help an attacker.
 * @param clientId - For the log. Anybody can send a URL with any text, so the log gets only its host.
 */
export const tokenRefusal = (error: TokenError, reason: string, clientId?: string): ServiceError =>
  new ServiceError(error === 'invalid_client' ? 'invalid_token' : 'malformed_body', reason, {
    event: 'client.refused',
    error,
    detail: DETAILS[error] ?? reason,
    log: { clientId: isClientUrl(clientId) ? hostOf(clientId) : clientId, error },
  })

/**
 * Returns a parameter that a request must have.
 *
 * @throws {@link ServiceError} with the `error` `invalid_request` (RFC 6749 section 5.2).
 */
export function requiredOf(parameters: Parameters, name: string): string {
  const value = parameterOf(parameters, name)
  if (value === undefined) throw tokenRefusal('invalid_request', `${name} is missing.`)
  return value
}
