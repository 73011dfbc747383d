import type { Config } from '../../lib/config.ts'
import type { ApiRoute, Request } from '../../lib/http/handler.ts'
import { publicJson } from '../../lib/http/responses.ts'
import { metadataOf } from '../../lib/oauth/discovery.ts'

type Described = Request & { config: Config<'TOKEN_ISSUER' | 'OAUTH' | 'CLIENT_METADATA_HOSTS'> }

/**
 * GET /.well-known/openid-configuration and /.well-known/oauth-authorization-server: metadata for verifiers
 * of access tokens, and for apps (OpenID Connect Discovery section 3, RFC 8414 section 2).
 */
export const route: ApiRoute<Described> = async (_event, { config }) => {
  return publicJson(metadataOf(config))
}
