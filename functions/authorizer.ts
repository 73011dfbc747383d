import type {
  APIGatewayAuthorizerResult,
  APIGatewayRequestAuthorizerEventV2,
  APIGatewayTokenAuthorizerEvent,
  Context,
} from 'aws-lambda'
import { clientPolicyFor } from '../lib/authorization/client-policy.ts'
import type { ClientPrincipal } from '../lib/authorization/client-principal.ts'
import {
  DENIED,
  type Decision,
  decisionForClient,
  decisionForUser,
  takesClients,
  tokenAndRouteOf,
} from '../lib/authorization/http-api.ts'
import { policyFor } from '../lib/authorization/policy.ts'
import { within } from '../lib/aws/client.ts'
import { readConfig } from '../lib/config.ts'
import { ServiceError } from '../lib/errors.ts'
import { deadlineOf } from '../lib/http/handler.ts'
import { logFailure } from '../lib/log.ts'
import { verifyLiveClient } from '../lib/oauth/live-token.ts'
import { readBearer } from '../lib/tokens/bearer.ts'
import { isOfClient } from '../lib/tokens/client-token.ts'
import { type Verifying, verifyLiveUser } from '../lib/tokens/live-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import type { Principal } from '../lib/users/user.ts'

const SETTINGS = [
  'GUARDED_ROUTES',
  'HTTP_API_ROUTES',
  'SCOPED_ROUTES',
  'PUBLISHED_KEYS',
  'TABLE_NAME',
  'TOKEN_AUDIENCE',
  'TOKEN_ISSUER',
] as const

const publicKeys = publicKeyCache()

/**
 * Lambda authorizer of both kinds of API: verifies an access token. A REST API (event `TOKEN`) gets an IAM policy for its caller. The HTTP
 * API of a project (event `REQUEST`, payload 2.0) gets a decision about the one route of the request.
 */
export async function handler(
  event: APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEventV2,
  context: Context,
): Promise<APIGatewayAuthorizerResult | Decision> {
  const isHttpApi = event.type === 'REQUEST'
  try {
    const config = readConfig(SETTINGS)
    const at = { table: { aws: within(deadlineOf(context)), name: config.TABLE_NAME }, config }
    if (isHttpApi) {
      const { header, route } = tokenAndRouteOf(event)
      const routes = config.HTTP_API_ROUTES
      const caller = await verify(at, header, takesClients(routes))
      return 'user' in caller
        ? decisionForUser(caller.user, route, routes)
        : decisionForClient(caller.client, route, routes)
    }
    const { authorizationToken, methodArn } = event
    const caller = await verify(at, authorizationToken, config.SCOPED_ROUTES !== 'none')
    return 'user' in caller
      ? policyFor(caller.user, methodArn, config.GUARDED_ROUTES)
      : clientPolicyFor(caller.client, methodArn, config.SCOPED_ROUTES)
  } catch (error) {
    logFailure(error)
    const isOfToken = error instanceof ServiceError && error.code === 'invalid_token'
    // AWS documents no 401 of an HTTP API for a token that the authorizer rejects. An error of the authorizer is a 500, which is not cached.
    if (isHttpApi && isOfToken) return DENIED
    // API Gateway returns 401 for this exact message. For any other it returns 500, which gateway-responses.yml makes
    // a 503. So only a fault of the token may use it: an outage must not make clients throw valid tokens away.
    throw isOfToken ? new Error('Unauthorized') : error
  }
}

/** Verifies the token of a user or, if some route takes clients, of a client. */
async function verify(
  at: Verifying<'TOKEN_AUDIENCE'>,
  header: unknown,
  withClients: boolean,
): Promise<{ user: Principal } | { client: ClientPrincipal }> {
  const unverified = readBearer(header)
  return withClients && isOfClient(unverified)
    ? { client: await verifyLiveClient(at, unverified, publicKeys) }
    : { user: await verifyLiveUser(at, unverified, publicKeys) }
}
