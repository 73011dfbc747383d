import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'
import type { Role } from '../application/roles.ts'
import type { Principal } from '../users/user.ts'
import { clientPolicyFor } from './client-policy.ts'
import type { ClientPrincipal } from './client-principal.ts'
import { readListedRoutes } from './listed-routes.ts'

/** What an API asks the authorizer: about which token, and what it takes as a response. */
export interface Question<Response> {
  header: unknown
  /** Whether some route takes tokens of clients. */
  takesClients: boolean
  forClient(client: ClientPrincipal): Response
  forUser(user: Principal): Response
}

/** Returns what a REST API asks the authorizer. */
export const askedByRestApi = (
  { authorizationToken, methodArn }: APIGatewayTokenAuthorizerEvent,
  { GUARDED_ROUTES, SCOPED_ROUTES }: { GUARDED_ROUTES: string; SCOPED_ROUTES: string },
): Question<APIGatewayAuthorizerResult> => ({
  header: authorizationToken,
  takesClients: SCOPED_ROUTES !== 'none',
  forClient: (client) => clientPolicyFor(client, methodArn, SCOPED_ROUTES),
  forUser: (user) => policyFor(user, methodArn, GUARDED_ROUTES),
})

/**
 * Returns the result of a Lambda authorizer for the caller of an access token: an IAM policy and a context.
 *
 * API Gateway caches the result and applies it to every route on which the token is then used. So the policy
 * covers the whole stage, not only the requested method. Handlers compare `expiresAt` with the clock, because
 * a cached result may outlive its token.
 *
 * @param methodArn - `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
 * @param guarded - Routes that only some roles may use, in the form of an ARN of `execute-api`. An example is
 *   `GET/admin=admin`, with spaces between routes and bars between roles, or `none`. The policy denies these
 *   routes to callers with another role.
 * @throws Error if `guarded` has another form.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function policyFor(
  principal: Principal,
  methodArn: string,
  guarded: string,
): APIGatewayAuthorizerResult {
  const stageArn = methodArn.split('/', 2).join('/')
  const statement = (Effect: 'Allow' | 'Deny', Resource: string | string[]) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource,
  })
  const resources = deniedTo(principal.role, guarded).map((resource) => `${stageArn}/${resource}`)
  return {
    principalId: principal.userId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        statement('Allow', `${stageArn}/*`),
        ...(resources.length > 0 ? [statement('Deny', resources)] : []),
      ],
    },
    context: contextOf(principal),
  }
}

/** Returns the context of a user. AWS documents texts as values. Handlers read them with `principalOf`. */
export const contextOf = ({ attributes, ...values }: Principal): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])),
  ...(Object.keys(attributes).length > 0 && { attributes: JSON.stringify(attributes) }),
})

const RULE = 'GUARDED_ROUTES must be none, or routes such as GET/admin=admin'

const deniedTo = (role: Role, guarded: string): string[] =>
  guarded === 'none'
    ? []
    : readListedRoutes(guarded, RULE)
        .filter(({ names }) => !names.includes(role))
        .map(({ resource }) => resource)
