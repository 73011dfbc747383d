import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import type { Principal } from '../users/user.ts'

/**
 * What an access token opens, as an answer of a Lambda authorizer.
 *
 * API Gateway keeps the answer and applies it to every route the token is then used on, so it speaks of the
 * whole stage and not of the method that was asked for. `expiresAt` lets handlers see that a kept answer has
 * outlived its token.
 *
 * @param methodArn - `arn:aws:execute-api:region:account:api/stage/METHOD/path`.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function policyFor(
  { username, role, expiresAt, sessionId }: Principal,
  methodArn: string,
): APIGatewayAuthorizerResult {
  const stageArn = methodArn.split('/', 2).join('/')
  const statement = (Effect: 'Allow' | 'Deny', Resource: string) => ({
    Action: 'execute-api:Invoke',
    Effect,
    Resource,
  })
  return {
    principalId: username,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        statement('Allow', `${stageArn}/*`),
        ...(role === 'admin' ? [] : [statement('Deny', `${stageArn}/*/admin*`)]),
      ],
    },
    context: { username, role, expiresAt, ...(sessionId !== undefined && { sessionId }) },
  }
}
