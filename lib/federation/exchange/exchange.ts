import { hash } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { ServiceError } from '../../errors.ts'
import { BOUNDS, type Bounds, isLoopback, type Sent, send } from '../../send.ts'
import type { Claimed } from '../identity.ts'
import { isAsymmetric, type Provider } from '../provider.ts'
import { cancelledAt, providerFailed, providerRefused, queryError } from '../refusals.ts'
import type { Try } from '../try.ts'
import { appleClientSecret } from './apple.ts'
import { claimedOf } from './claimed.ts'
import { findGitHubUser } from './github.ts'
import { fetchKeys, knownAt } from './keys.ts'
import { tokensIn } from './tokens.ts'

const CLOCK_TOLERANCE_SECONDS = 30

/** Errors of a user who cancels. Apple has its own word. */
const CANCELLED = ['access_denied', 'user_cancelled_authorize']

/** The response of a provider, and what its request had. */
interface ProviderResponse {
  /** The query that the page of the redirect URI got. */
  query: string
  redirectUri: string
  /** Limits of each request. All requests together have the time of one. */
  bounds?: Bounds
}

/**
 * Returns the URL at which a user signs in.
 *
 * @param isAgain - Whether the user is to prove the identity again. No provider promises to ask.
 */
export function authorizationUrl(
  { authorizationEndpoint, clientId, scope, kind }: Provider,
  { state, nonce, verifier }: Try,
  { redirectUri, isAgain }: { redirectUri: string; isAgain: boolean },
): string {
  const url = new URL(authorizationEndpoint)
  const parameters = {
    client_id: clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state,
    ...(kind !== 'github' && { nonce }),
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    // This service cannot sign out there, so the next person at a machine would become the one before.
    ...(['google', 'entra', 'github'].includes(kind) && { prompt: 'select_account' }),
    ...(isAgain && ['oidc', 'entra'].includes(kind) && { prompt: 'login', max_age: '0' }),
    ...(kind === 'apple' && { response_mode: 'form_post' }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

/**
 * Exchanges the code of a response, and verifies who signed in at the provider. Spends nothing here.
 *
 * @param secret - The client secret, or Apple's private key.
 * @throws {@link ServiceError} `invalid_credentials` for a response that no honest user has; `unavailable` if the provider does not
 *   respond, or refuses this service.
 */
export async function exchange(
  provider: Provider,
  secret: string,
  own: Try,
  { query, redirectUri, bounds = BOUNDS }: ProviderResponse,
): Promise<Claimed> {
  const server = serverOf(provider)
  const client = { client_id: provider.clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS }
  const parameters = readResponse(provider, server, client, { query, state: own.state })
  const left = startTimer(bounds)
  const options = optionsFor(provider, left)
  const authentication = authenticationOf(provider, secret)
  const response = await oauth
    .authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      parameters,
      redirectUri,
      own.verifier,
      options,
    )
    .catch((error) => {
      throw providerFailed(provider, 'the provider does not respond', networkCode(error))
    })
  const { access_token, id_token } = await tokensIn(provider, response)
  if (provider.kind === 'github' && typeof access_token === 'string') {
    return findGitHubUser(provider, access_token, left())
  }
  if (typeof id_token !== 'string') {
    throw providerFailed(provider, 'the provider refuses this service', 'no_id_token')
  }
  return verifyIdToken(provider, response, { server, client, options, nonce: own.nonce })
}

/** Verifies the id_token of a response: its claims, then its signature. */
async function verifyIdToken(
  provider: Provider,
  response: Response,
  expected: {
    server: oauth.AuthorizationServer
    client: oauth.Client
    options: ReturnType<typeof optionsFor>
    nonce: string
  },
): Promise<Claimed> {
  const { server, client, options, nonce: expectedNonce } = expected
  try {
    const given = { expectedNonce, requireIdToken: true }
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, given)
    await oauth.validateApplicationLevelSignature(server, response, options)
    return claimedOf(provider, oauth.getValidatedIdTokenClaims(tokens) as oauth.IDToken)
  } catch (error) {
    if (error instanceof ServiceError) throw error
    const { code, cause } = Object(error)
    // The library adds the body to a fault of the response around the id_token. No user has caused that.
    if (Object(cause).body !== undefined) {
      throw providerFailed(provider, 'the provider does not respond', code)
    }
    throw providerRefused('the id_token is invalid', { provider: provider.id, error: code })
  }
}

const serverOf = (provider: Provider): oauth.AuthorizationServer => ({
  issuer: provider.issuer,
  authorization_endpoint: provider.authorizationEndpoint,
  token_endpoint: provider.tokenEndpoint,
  ...(provider.jwksUri !== undefined && { jwks_uri: provider.jwksUri }),
  ...(provider.sendsIssuer && { authorization_response_iss_parameter_supported: true }),
  id_token_signing_alg_values_supported: (provider.algorithms ?? []).filter(isAsymmetric),
})

/** Starts the time of an exchange. @returns What returns the limits of its next request, which has the rest of the time. */
function startTimer({ timeoutMs, ...others }: Bounds): () => Bounds {
  const endsAtMs = performance.now() + timeoutMs
  return () => ({ ...others, timeoutMs: Math.max(1, endsAtMs - performance.now()) })
}

/** Returns how requests are sent: those for keys fall back to earlier keys. */
function optionsFor(provider: Provider, left: () => Bounds) {
  const { tokenEndpoint, jwksUri } = provider
  // oauth4webapi asks for URLs in this form.
  const keysUrl = jwksUri === undefined ? '' : new URL(jwksUri).href
  const sendBounded = async (url: string, options: Sent) => {
    if (url !== keysUrl) return send(url, options, left())
    return fetchKeys(url, options, left()).catch((error) => {
      throw providerFailed(provider, 'the provider does not respond', `keys_${networkCode(error)}`)
    })
  }
  return {
    [oauth.customFetch]: sendBounded as typeof sendBounded & object,
    [oauth.jwksCache]: knownAt(keysUrl).cache,
    ...(isLoopback(tokenEndpoint) && { [oauth.allowInsecureRequests]: true }),
  }
}

/** Verifies the parameters of a response: state, issuer, error. */
function readResponse(
  provider: Provider,
  server: oauth.AuthorizationServer,
  client: oauth.Client,
  { query, state }: { query: string; state: string },
): URLSearchParams {
  const log = { provider: provider.id }
  const sent = new URLSearchParams(query)
  // The issuer of GitHub's metadata is not the address of the site.
  if (provider.kind === 'github') sent.delete('iss', `${provider.issuer}/login/oauth`)
  try {
    const parameters = oauth.validateAuthResponse(server, client, sent, state)
    const [code, ...others] = parameters.getAll('code')
    if (code && others.length === 0) return parameters
    throw new Error('not one code')
  } catch (error) {
    if (!(error instanceof oauth.AuthorizationResponseError)) {
      throw providerRefused('the response is invalid', { ...log, error: Object(error).code })
    }
    if (CANCELLED.includes(error.error)) {
      throw providerRefused('the user cancelled', log, cancelledAt(provider.name))
    }
    throw providerRefused('the provider returned an error', { ...log, error: queryError(error.error) })
  }
}

/** Returns how this service proves who it is. */
function authenticationOf(provider: Provider, secret: string): oauth.ClientAuth {
  if (provider.clientAuthentication === 'basic') return basicOf(secret)
  if (provider.clientAuthentication === 'post') return oauth.ClientSecretPost(secret)
  try {
    return oauth.ClientSecretPost(appleClientSecret(provider, secret, new Date()))
  } catch {
    throw providerFailed(provider, 'the secret is invalid')
  }
}

/**
 * Returns how a secret goes into the header (RFC 6749 section 2.3.1). Unlike that of the library, the encoding leaves `-`, `.` and `_`:
 * some providers do not decode id and secret, where these are usual.
 *
 * @see https://url.spec.whatwg.org/#urlencoded-serializing
 */
function basicOf(secret: string): oauth.ClientAuth {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)
  return (_server, { client_id }, _body, headers) => {
    headers.set('authorization', `Basic ${btoa(`${encode(client_id)}:${encode(secret)}`)}`)
  }
}

/** Returns the code of a request that failed, for the log: see `send` in `lib/send.ts`. */
const networkCode = (error: unknown): string => {
  const { message } = Object(error)
  return /^\w{1,40}$/.test(message) ? message : 'error'
}
