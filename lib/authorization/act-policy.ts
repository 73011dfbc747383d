import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import type { Principal } from '../users/user.ts'
import { readListedRoutes } from './listed-routes.ts'
import { policyOpening } from './opening-policy.ts'
import { contextOf } from './policy.ts'

/** In place of roles, at a route that every user may use. */
export const EVERY_ROLE = '*'

/**
 * Returns the result of a Lambda authorizer for an operator who acts as a user, like `policyFor` in `policy.ts`. It allows only GET and HEAD
 * of functions with `actAs`, where the user's role may use them.
 *
 * Its context has one value, whose name no handler reads that does not expect it: see `principalOf`.
 *
 * @param operatorId - Id of the operator's own account.
 * @param routes - `none`, or routes such as `GET/=user|editor`: with spaces between routes and bars between roles.
 * @throws Error if `routes` has another form.
 */
export function actPolicyFor(
  principal: Principal,
  operatorId: string,
  methodArn: string,
  routes: string,
): APIGatewayAuthorizerResult {
  const act = JSON.stringify({ ...contextOf(principal), operatorId })
  return policyOpening(openedTo(principal.role, routes), principal.userId, methodArn, { act })
}

const RULE = 'ACT_AS_ROUTES must be none, or routes such as GET/=user'

const openedTo = (role: string, routes: string): string[] =>
  routes === 'none'
    ? []
    : readListedRoutes(routes, RULE)
        .filter(({ resource }) => /^(GET|HEAD)\//.test(resource))
        .filter(({ names }) => names.includes(EVERY_ROLE) || names.includes(role))
        .map(({ resource }) => resource)
