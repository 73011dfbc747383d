import { readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { bySharedPath } from '../../lib/http/shared-path.ts'
import { route as discovery } from './discovery.ts'
import { route as jwks } from './jwks.ts'
import { route as protectedResource } from './protected-resource.ts'

const SETTINGS = [
  'TOKEN_ISSUER',
  'PUBLISHED_KEYS',
  'OAUTH',
  'CLIENT_METADATA_HOSTS',
  'PUBLIC_URL',
  'SERVICE_NAME',
  'API_SCOPES',
] as const

const route = bySharedPath({
  'GET /.well-known/jwks.json': jwks,
  'GET /.well-known/openid-configuration': discovery,
  'GET /.well-known/oauth-authorization-server': discovery,
  'GET /.well-known/oauth-protected-resource': protectedResource,
})

/** The routes of metadata for verifiers of access tokens and for clients. */
export const handler = apiHandler(async (event, request) =>
  route(event, { ...request, config: readConfig(SETTINGS) }),
)
