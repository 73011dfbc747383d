import type { APIGatewayAuthorizerResult } from 'aws-lambda'
import { ATTRIBUTES, type UserAttributes } from '../../lib/application/attributes.ts'
import { ROLES } from '../../lib/application/roles.ts'
import { actPolicyFor } from '../../lib/authorization/act-policy.ts'
import { clientPolicyFor } from '../../lib/authorization/client-policy.ts'
import { policyFor } from '../../lib/authorization/policy.ts'
import { IS_PACKAGE } from '../../project/origin.ts'
import { longestClaimed } from '../config/attributes.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { LONGEST_STAGE } from '../parameters/parameters.ts'
import { actRoutes, faultsOfOpenedByActs } from './acts.ts'
import { faultsOfGuards, guardedRoutes } from './guards.ts'
import { faultsOfSameRoutes, httpApiRoutes } from './http-api.ts'
import { faultsOfWildcards, scopedRoutes, scopesIn } from './scopes.ts'

/** Three quarters of what Lambda takes for the environment of a function. */
const MAX_ROUTE_CHARACTERS = 3_000

/** AWS names a quota of 8 KB for the result of an authorizer (L-20859C74), which cannot be raised. */
const MAX_RESULT_BYTES = 8_192

/** What the authorizer knows of routes. */
export type RouteSettings = {
  GUARDED_ROUTES: string
  SCOPED_ROUTES: string
  /** Only if a function has `actAs`. */
  ACT_AS_ROUTES?: string
  /** Only if the project has protected routes at an HTTP API. */
  HTTP_API_ROUTES?: string
}

/**
 * Returns what the authorizer knows of the routes of all functions, and what is wrong with them.
 *
 * @param brought - Those among the functions that the project cannot change.
 */
export function routeSettingsOf(
  functions: Record<string, WrittenFunction>,
  brought: Record<string, unknown>,
): { settings: RouteSettings; faults: string[] } {
  const HTTP_API_ROUTES = httpApiRoutes(functions)
  const ACT_AS_ROUTES = actRoutes(functions)
  const settings = {
    ...(ACT_AS_ROUTES !== '' && { ACT_AS_ROUTES }),
    ...(HTTP_API_ROUTES !== '' && { HTTP_API_ROUTES }),
    GUARDED_ROUTES: guardedRoutes(functions) || 'none',
    SCOPED_ROUTES: scopedRoutes(functions) || 'none',
  }
  const { length } = Object.values(settings).join('')
  const faults = [
    ...faultsOfWildcards(functions, brought),
    ...faultsOfOpenedByActs(functions, brought),
    ...faultsOfSameRoutes(functions),
    ...faultsOfResults(settings, scopesIn(functions)),
    ...(IS_PACKAGE ? faultsOfGuards(functions, brought) : []),
  ]
  if (length > MAX_ROUTE_CHARACTERS) {
    faults.push(
      `The routes with roles, scopes and actAs, and those of the HTTP API, take ${length} characters of the authorizer's environment. Lambda takes 4 KB for all of it.`,
    )
  }
  return { settings, faults }
}

/** Returns the settings of the authorizer, which is another function with `actAs=on`. */
export const authorizerSettings = (
  { ACT_AS_ROUTES = 'none', ...settings }: RouteSettings,
  { actAs }: { actAs?: unknown },
): RouteSettings => ({ ...settings, ...(actAs === 'on' && { ACT_AS_ROUTES }) })

/** The ARN of a method, as long as it can be. */
const LONGEST_ARN = `arn:aws-us-gov:execute-api:us-gov-west-1:${'0'.repeat(12)}:${'a'.repeat(10)}/${'a'.repeat(LONGEST_STAGE)}/GET/`

/** Finds results of the authorizer that API Gateway may not take. Each is of a caller whose names are as long as they can be. */
function faultsOfResults(
  { GUARDED_ROUTES, SCOPED_ROUTES, ACT_AS_ROUTES }: RouteSettings,
  scopes: readonly string[],
): string[] {
  const ids = { userId: 'a'.repeat(22), sessionId: 'a'.repeat(22), expiresAt: 9_999_999_999 }
  const attributes = longestClaimed(ATTRIBUTES) as UserAttributes
  const user = { ...ids, username: 'a'.repeat(254), generation: 9_999_999_999, authTime: ids.expiresAt }
  // The id of a client may be a URL of 512 characters. A client asks for 1,024 characters of scopes.
  const client = {
    ...ids,
    clientId: 'a'.repeat(512),
    scopes: scopes.join(' ').padEnd(1_024, ' a').split(' '),
  }
  return [
    ...(ACT_AS_ROUTES === undefined
      ? []
      : ROLES.flatMap((role) =>
          faultsOfResult(
            `an operator who acts as a user with the role ${role}`,
            'actAs',
            actPolicyFor({ ...user, role, acr: 'aal1', attributes }, ids.userId, LONGEST_ARN, ACT_AS_ROUTES),
          ),
        )),
    ...ROLES.flatMap((role) =>
      faultsOfResult(
        `the role ${role}`,
        'roles',
        policyFor({ ...user, role, acr: 'aal2', attributes }, LONGEST_ARN, GUARDED_ROUTES),
      ),
    ),
    ...(SCOPED_ROUTES === 'none'
      ? []
      : faultsOfResult(
          'a client with all scopes',
          'scopes',
          clientPolicyFor(client, LONGEST_ARN, SCOPED_ROUTES),
        )),
  ]
}

function faultsOfResult(who: string, what: string, result: APIGatewayAuthorizerResult): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes <= MAX_RESULT_BYTES) return []
  return [
    `The authorizer's result for ${who} may take ${bytes} bytes, and API Gateway takes ${MAX_RESULT_BYTES}. Name ${what} at fewer routes, or join routes by a parameter, such as notes/{id}.`,
  ]
}
