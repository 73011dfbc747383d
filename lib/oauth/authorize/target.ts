import { ServiceError } from '../../errors.ts'
import type { Client } from '../clients/client.ts'
import { matchesRedirectUri } from '../clients/redirect-uri.ts'
import { isRepeated, type Parameters, parameterOf, readParameters } from '../parameters.ts'

/**
 * Reasons why a request leads nowhere: the error code that clients compare, and the text that the user sees.
 */
export const TARGET_REFUSALS = {
  invalid_query: 'The request must have client_id and redirect_uri once each, and at most 4 KiB.',
  unknown_client: 'The app is not registered, or it is disabled.',
  unknown_redirect_uri: 'The app has not registered this redirect_uri.',
  not_allowed:
    'With prompt=none, an app that is not registered needs a user who is signed in and has allowed it.',
  unreachable_document: 'The metadata document of the app could not be fetched.',
  invalid_document: 'The metadata document of the app cannot be used.',
  invalid_sign_out: 'Each parameter of a sign-out may stand once, in at most 4 KiB.',
  other_client: 'client_id is not the app of id_token_hint.',
  unknown_logout_uri: 'The app has not registered this post_logout_redirect_uri.',
} as const

/** A reason that follows the one of `invalid_document`. `lib/oauth/documents/document.ts` has the others. */
export const OTHER_CLIENT_ID = 'Its client_id is not its own URL.'

/** The gateway takes 8,192 characters for a URL. */
export const MAX_QUERY_BYTES = 4_096

/** Where a request leads back to. */
export interface Target {
  clientId: string
  redirectUri: string
}

/**
 * Reads the query of a request. Its client and its redirect URI are not yet compared with registered ones.
 *
 * @throws {@link ServiceError} with an `error` of {@link TARGET_REFUSALS}. No error of this file leads to a URI: an attacker may have
 *   written it (RFC 6749 section 4.1.2.1).
 */
export function readQuery(query: string): { parameters: Parameters; target: Target } {
  const parameters = readParameters(query)
  const [clientId, redirectUri] = ['client_id', 'redirect_uri'].map((name) =>
    isRepeated(parameters, name) ? undefined : parameterOf(parameters, name),
  )
  const isTooLong = Buffer.byteLength(query) > MAX_QUERY_BYTES
  if (isTooLong || clientId === undefined || redirectUri === undefined) throw targetRefusal('invalid_query')
  return { parameters, target: { clientId, redirectUri } }
}

/**
 * Requires that a client is known and enabled, and has registered a redirect URI.
 *
 * @throws {@link ServiceError} as {@link readQuery}.
 */
export function requireTarget(client: Client | undefined, { redirectUri }: Target): asserts client is Client {
  if (client === undefined || client.disabled) throw targetRefusal('unknown_client')
  if (!matchesRedirectUri(client, redirectUri)) throw targetRefusal('unknown_redirect_uri')
}

/** Returns the error of a request that leads nowhere. @param more - A sentence that follows the error's own. */
export const targetRefusal = (error: keyof typeof TARGET_REFUSALS, more = ''): ServiceError =>
  new ServiceError('malformed_body', `request of an app: ${error}`, {
    event: 'client.refused',
    error,
    detail: `${TARGET_REFUSALS[error]} ${more}`.trim(),
  })
