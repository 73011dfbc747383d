import type { Config } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import type { ApiRoute, Request } from '../../lib/http/handler.ts'
import { publicJson } from '../../lib/http/responses.ts'

type Described = Request & {
  config: Config<'TOKEN_ISSUER' | 'PUBLIC_URL' | 'SERVICE_NAME' | 'API_SCOPES'>
}

/** GET /.well-known/oauth-protected-resource: metadata of the routes with scopes (RFC 9728 section 2). */
export const route: ApiRoute<Described> = async (_event, { config }) => {
  // The gateway has the path for the other documents, too.
  if (config.API_SCOPES.length === 0) throw new ServiceError('not_found', 'no route has scopes')
  return publicJson({
    resource: config.PUBLIC_URL,
    authorization_servers: [config.TOKEN_ISSUER],
    scopes_supported: config.API_SCOPES,
    bearer_methods_supported: ['header'],
    resource_name: config.SERVICE_NAME,
  })
}
