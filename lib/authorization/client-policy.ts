import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { type ClientPrincipal, clientContextOf } from './client-principal.ts'
import { readListedRoutes } from './listed-routes.ts'

/**
 * Returns the result of a Lambda authorizer for a client with an access token for this service's own API,
 * like `policyFor` in `policy.ts`. It allows only the routes of which the client has a scope, and does not
 * depend on the requested route.
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
  const stageArn = methodArn.split('/', 2).join('/')
  const opened = openedTo(client.scopes, scoped).map((resource) => `${stageArn}/${resource}`)
  // A policy must have a statement.
  const [Effect, Resource] =
    opened.length > 0 ? (['Allow', opened] as const) : (['Deny', `${stageArn}/*`] as const)
  return {
    principalId: client.clientId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: Resource as string | string[] }],
    },
    context: clientContextOf(client),
  }
}

const RULE = 'SCOPED_ROUTES must be none, or routes such as GET/notes=notes:read'

const openedTo = (owned: readonly string[], scoped: string): string[] =>
  readListedRoutes(scoped, RULE)
    .filter(({ names }) => names.some((scope) => owned.includes(scope)))
    .map(({ resource }) => resource)
