import { membersOf } from '../../send.ts'
import type { Provider } from '../provider.ts'
import { loggedCode, providerFailed, providerRefused } from '../refusals.ts'

/**
 * Errors of a token endpoint that are about the code or its user: the last two are of GitHub. All others are failures.
 *
 * @see https://docs.github.com/en/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
 */
const OF_THE_CODE = ['invalid_grant', 'bad_verification_code', 'unverified_user_email']

/**
 * Errors of a token endpoint that no code causes: the first three are of RFC 6749 section 5.2, the others are of providers. An error in
 * neither list may be of a made-up code, so its attempt stays counted.
 */
const OF_THE_CLIENT = [
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'incorrect_client_credentials',
  'redirect_uri_mismatch',
  'invalid_redirect_uri',
  'application_suspended',
]

/**
 * Returns the members of a response of the token endpoint. GitHub sends errors with the status 200.
 *
 * @throws {@link ServiceError} `provider_refused` for a fault of the code or its user, otherwise `unavailable`.
 */
export async function tokensIn(provider: Provider, response: Response): Promise<Record<string, unknown>> {
  const members = await membersOf(response)
  const { error, error_codes } = members
  if (response.status === 200 && error === undefined) {
    if (typeof members.access_token === 'string') return members
    throw providerFailed(provider, 'the provider does not respond', 'no_tokens')
  }
  if (response.status < 500 && OF_THE_CODE.includes(String(error))) {
    throw providerRefused('the code is invalid', { provider: provider.id, error: String(error) })
  }
  // Entra has one error for several faults, and numbers for them: an expired secret, for example.
  const [number] = Array.isArray(error_codes) ? error_codes : []
  const code = loggedCode(error) ?? `status_${response.status}`
  throw providerFailed(
    provider,
    mayBeOfTheCode(response, error)
      ? 'the provider refuses the request'
      : 'the provider refuses this service',
    Number.isSafeInteger(number) ? `${code}_${number}` : code,
  )
}

/** Whether a code that a stranger made up may have caused an error. */
const mayBeOfTheCode = ({ status }: Response, error: unknown): boolean =>
  (status === 200 || (status >= 400 && status < 500)) &&
  status !== 429 &&
  !OF_THE_CLIENT.includes(String(error))
