import type { APIGatewayAuthorizerResult } from 'aws-lambda'

/**
 * Returns the result of a Lambda authorizer that allows only some routes of the stage. It does not depend on the requested route.
 *
 * @param opened - The `resource` of each. Without any, all routes are denied.
 */
export function policyOpening(
  opened: readonly string[],
  principalId: string,
  methodArn: string,
  context: Record<string, string>,
): APIGatewayAuthorizerResult {
  const stageArn = methodArn.split('/', 2).join('/')
  // A policy must have a statement.
  const [Effect, Resource] =
    opened.length > 0
      ? (['Allow', opened.map((resource) => `${stageArn}/${resource}`)] as const)
      : (['Deny', `${stageArn}/*`] as const)
  return {
    principalId,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect, Resource: Resource as string | string[] }],
    },
    context,
  }
}
