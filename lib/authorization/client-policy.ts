import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { type ClientPrincipal, clientContextOf } from './client-principal.ts'
import { readListedRoutes } from './listed-routes.ts'
import { policyOpening } from './opening-policy.ts'

/**
 * Returns the result of a Lambda authorizer for a client with an access token for this service's own API,
 * like `policyFor` in `policy.ts`. It allows only the routes of which the client has a scope.
 *
 * Its context has none of the names that `principalOf` reads, so a handler that does not expect clients
 * rejects them.
 *
 * @param scoped - Routes that demand one of several scopes, such as `GET/notes=notes:read`: with spaces between routes and bars between
 *   scopes.
 * @throws Error if `scoped` has another form.
 */
export function clientPolicyFor(
  client: ClientPrincipal,
  methodArn: string,
  scoped: string,
): APIGatewayAuthorizerResult {
  return policyOpening(openedTo(client.scopes, scoped), client.clientId, methodArn, clientContextOf(client))
}

const RULE = 'SCOPED_ROUTES must be none, or routes such as GET/notes=notes:read'

const openedTo = (owned: readonly string[], scoped: string): string[] =>
  readListedRoutes(scoped, RULE)
    .filter(({ names }) => names.some((scope) => owned.includes(scope)))
    .map(({ resource }) => resource)
