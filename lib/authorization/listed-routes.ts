import type { APIGatewayAuthorizerResult } from 'aws-lambda'

/** A route of a setting of the authorizer, and the names of roles or scopes that may use it. */
interface ListedRoute {
  /** In the form of an ARN of `execute-api`, such as `GET/notes`. */
  resource: string
  names: readonly string[]
}

/**
 * Reads a setting such as `GET/admin=admin`: with spaces between routes and bars between names.
 *
 * @param rule - Required form of the setting, for the error.
 * @throws Error if it has another form.
 */
export const readListedRoutes = (text: string, rule: string): ListedRoute[] =>
  text.split(' ').map((route) => {
    const [, resource, names] = /^([A-Z]+\/[^= ]*)=([^= ]+)$/.exec(route) ?? []
    if (resource === undefined || names === undefined) throw new Error(rule)
    return { resource, names: names.split('|') }
  })

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
