import { NAMED_LANGUAGES } from '../application/languages.ts'
import type { Config } from '../config.ts'
import { ACRS } from '../users/factors.ts'
import { CLAIMS, STANDARD_SCOPES } from './scopes.ts'

/** Returns the metadata of this service. Without OAuth, the members that belong to a provider of OpenID Connect are missing. */
export function metadataOf(config: Config<'TOKEN_ISSUER' | 'OAUTH' | 'CLIENT_METADATA_HOSTS'>) {
  const issuer = config.TOKEN_ISSUER
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    userinfo_endpoint: `${issuer}/userinfo`,
    // No other member names the algorithm, so verifiers of access tokens read this one.
    id_token_signing_alg_values_supported: ['RS256'],
    ...(config.OAUTH && providerOf(issuer)),
    // draft-ietf-oauth-client-id-metadata-document section 5.
    ...(config.OAUTH &&
      config.CLIENT_METADATA_HOSTS.length > 0 && { client_id_metadata_document_supported: true }),
  }
}

/** Public clients have no secret. The default is only Basic. */
const AUTH_METHODS = ['client_secret_basic', 'client_secret_post', 'none']

/** Returns the members of a provider of OpenID Connect. A missing member has the default of the standards. */
const providerOf = (issuer: string) => ({
  authorization_endpoint: `${issuer}/oauth2/authorize`,
  token_endpoint: `${issuer}/oauth2/token`,
  token_endpoint_auth_methods_supported: AUTH_METHODS,
  end_session_endpoint: `${issuer}/oauth2/logout`,
  revocation_endpoint: `${issuer}/oauth2/revoke`,
  revocation_endpoint_auth_methods_supported: AUTH_METHODS,
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
  code_challenge_methods_supported: ['S256'],
  authorization_response_iss_parameter_supported: true,
  subject_types_supported: ['public'],
  scopes_supported: STANDARD_SCOPES,
  acr_values_supported: ACRS,
  prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
  claims_supported: [
    'sub',
    'iss',
    'aud',
    'exp',
    'iat',
    'auth_time',
    'nonce',
    'acr',
    'amr',
    'sid',
    ...Object.values(CLAIMS).flatMap(Object.keys),
  ],
  ...(NAMED_LANGUAGES && { ui_locales_supported: NAMED_LANGUAGES }),
  // The default of this member is true.
  request_uri_parameter_supported: false,
})
