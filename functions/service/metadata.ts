import { readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { byRoute } from '../../lib/http/routes.ts'
import { route as discovery } from './discovery.ts'
import { route as jwks } from './jwks.ts'

const route = byRoute({
  'GET /.well-known/jwks.json': jwks,
  'GET /.well-known/openid-configuration': discovery,
  'GET /.well-known/oauth-authorization-server': discovery,
})

/** What verifiers of access tokens read. */
export const handler = apiHandler(async (event, request) => {
  const config = readConfig(['TOKEN_ISSUER', 'PUBLISHED_KEYS', 'OAUTH'])
  return route(event, { ...request, config })
})
