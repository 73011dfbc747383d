import { ServiceError } from '../errors.ts'

/** Texts of refused sign-ins with a provider. */
export const PROVIDER_REFUSALS = {
  foreign:
    'This sign-in did not begin in this browser, or a user has signed in or out here since. Start again.',
  expired: 'The sign-in at the provider took too long. Start again.',
  incomplete: 'The sign-in at the provider was not completed. Start again.',
} as const

/** Why a response of a provider is refused, for the log. The list is closed, so no value of a response gets there. */
export type RefusalReason =
  | 'the state is not of this browser, user or provider'
  | 'the sign-in took too long'
  | 'the provider was removed, disabled or changed'
  | 'the user cancelled'
  | 'the provider returned an error'
  | 'the response is invalid'
  | 'the code is invalid'
  | 'the id_token is invalid'
  | 'the subject is invalid'
  | 'the response was used before'
  | 'the identity was unlinked'
  | 'the user is disabled'

/** What the log has of a refusal or a failure. No word of it is from a user or a browser: see {@link queryError}. */
interface Logged {
  /** Id of the provider. */
  provider?: string
  /** Code of the error: of the provider, or of the library that verifies its responses. */
  error?: string | undefined
}

/**
 * Returns the error of a response that is the fault of its user, or an attack.
 *
 * @param detail - For the client: one of {@link PROVIDER_REFUSALS} by default.
 */
export const providerRefused = (
  reason: RefusalReason,
  log: Logged = {},
  detail: string = PROVIDER_REFUSALS.incomplete,
): ServiceError =>
  new ServiceError('invalid_credentials', reason, {
    error: 'provider_refused',
    detail,
    event: 'provider.refused',
    log,
  })

/** Returns the text of a user who cancelled the sign-in at a provider. */
export const cancelledAt = (name: string): string => `You cancelled the sign-in at ${name}.`

/** Returns the text of a provider that failed. */
export const failedAt = (name: string): string =>
  `${name} does not respond. Try again shortly, or sign in in another way.`

const REFUSED_REQUEST = 'the provider refuses the request'

/**
 * Returns the error of a provider that is down, or that refuses this service: the secret has expired, for example. It raises an alarm. It
 * is no verdict on the attempt, unless {@link isRefusedRequest}.
 *
 * @param error - For the log: a code of the provider, or what failed.
 */
export const providerFailed = (
  { id, name }: { id: string; name: string },
  reason:
    | 'the provider does not respond'
    | 'the provider refuses this service'
    | typeof REFUSED_REQUEST
    | 'the secret is invalid',
  error?: string,
): ServiceError =>
  new ServiceError('unavailable', reason, {
    detail: failedAt(name),
    event: 'provider.failed',
    log: { provider: id, error },
  })

/** Whether a provider has refused a request for a reason that a made-up code can cause. */
export const isRefusedRequest = ({ message }: ServiceError): boolean => message === REFUSED_REQUEST

/**
 * Errors of an authorization response: RFC 6749 section 4.1.2.1, then OpenID Connect Core section 3.1.2.6, then GitHub.
 *
 * @see https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-authorization-request-errors
 */
const QUERY_ERRORS = [
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'server_error',
  'temporarily_unavailable',
  'interaction_required',
  'login_required',
  'account_selection_required',
  'consent_required',
  'invalid_request_uri',
  'invalid_request_object',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  'application_suspended',
  'redirect_uri_mismatch',
]

/** Returns the error of a query for the log. A user can change a query, so the list is closed. */
export const queryError = (error: string): string => (QUERY_ERRORS.includes(error) ? error : 'other')

/** Returns an error code of a token endpoint for the log: a short word, or nothing. */
export const loggedCode = (code: unknown): string | undefined =>
  typeof code === 'string' && /^[a-z_]{1,40}$/.test(code) ? code : undefined

/** Returns the text of a page at another address than the public one, to which providers lead. */
export const otherAddress = (publicUrl: string): string => `Open this page at ${publicUrl}/signin.`
