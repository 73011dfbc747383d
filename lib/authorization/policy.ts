import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import type { Principal } from '../users/user.ts'

/** Methods that a route of a REST API may have. A wildcard in their place would also match the beginning of a path. */
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

/**
 * Returns the result of a Lambda authorizer for the caller of an access token: an IAM policy and a context.
 *
 * API Gateway caches the result and applies it to every route on which the token is then used, so
 * the policy covers the whole stage, not only the requested method. Handlers compare `expiresAt`
 * with the clock, because a cached result may outlive its token. The policy denies `/admin` and the paths below it to all roles but
 * `admin`, in this spelling. For a route with another spelling, such as `/Admin`, only the handler checks the role.
 *
 * @param methodArn - `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function policyFor(principal: Principal, methodArn: string): APIGatewayAuthorizerResult {
  const stageArn = methodArn.split('/', 2).join('/')
  const statement = (Effect: 'Allow' | 'Deny', Resource: string | string[]) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource,
  })
  const administration = () =>
    METHODS.flatMap((method) => [`${stageArn}/${method}/admin`, `${stageArn}/${method}/admin/*`])
  return {
    principalId: principal.userId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        statement('Allow', `${stageArn}/*`),
        ...(principal.role === 'admin' ? [] : [statement('Deny', administration())]),
      ],
    },
    // AWS documents texts; handlers read them by `principalOf`.
    context: Object.fromEntries(Object.entries(principal).map(([name, value]) => [name, String(value)])),
  }
}
