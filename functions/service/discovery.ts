import type { Config } from '../../lib/config.ts'
import type { ApiRoute, Request } from '../../lib/http/handler.ts'
import { publicJson } from '../../lib/http/responses.ts'

/**
 * GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server: where verifiers of access
 * tokens find the keys (OpenID Connect Discovery section 4, RFC 8414 section 3).
 *
 * The members that belong to a provider of OpenID Connect are missing, such as `authorization_endpoint`.
 */
export const route: ApiRoute<Request & { config: Config<'TOKEN_ISSUER'> }> = async (_event, { config }) => {
  const issuer = config.TOKEN_ISSUER
  return publicJson({
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    userinfo_endpoint: `${issuer}/userinfo`,
    // No other member names the algorithm, and verifiers of access tokens read this one.
    id_token_signing_alg_values_supported: ['RS256'],
  })
}
