import type { APIGatewayRequestAuthorizerEventV2, APIGatewayTokenAuthorizerEvent } from 'aws-lambda'
import type { Principal } from '../users/user.ts'
import { type ClientPrincipal, clientContextOf } from './client-principal.ts'
import { readListedRoutes } from './listed-routes.ts'
import { contextOf, type Question } from './policy.ts'

// An HTTP API caches a simple response by the values of the identity sources, and applies it to every request that has them. So the key of
// the route is one of them. The gateway itself says which route it has matched, and a response for one route opens no other.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

/** By what an HTTP API caches a response of the authorizer, in this order. */
export const IDENTITY_SOURCES = ['$request.header.Authorization', '$context.routeKey']

/** A simple response of a Lambda authorizer. */
export interface Decision {
  isAuthorized: boolean
  context?: Record<string, string>
}

/** AWS documents no 401 of an HTTP API for a token that the authorizer rejects. An error of the authorizer is a 500, which is not cached. */
export const DENIED: Decision = { isAuthorized: false }

/** What a REST API (`TOKEN`) or an HTTP API (`REQUEST`) sends to the authorizer. */
export type AuthorizerEvent = APIGatewayTokenAuthorizerEvent | APIGatewayRequestAuthorizerEventV2

/** Returns what an HTTP API asks the authorizer. */
export function askedByHttpApi(
  event: APIGatewayRequestAuthorizerEventV2,
  { HTTP_API_ROUTES: routes }: { HTTP_API_ROUTES: string | undefined },
): Question<Decision> {
  const { header, route } = tokenAndRouteOf(event)
  return {
    header,
    takesClients: takesClients(routes),
    forClient: (client) => decisionForClient(client, route, routes),
    forUser: (user) => decisionForUser(user, route, routes),
  }
}

/**
 * Returns the header and the route by which the gateway caches the response. Both are also elsewhere in the event. What is verified must be
 * what is cached.
 *
 * @throws Error if the authorizer has other identity sources.
 */
export function tokenAndRouteOf({ identitySource, routeKey }: APIGatewayRequestAuthorizerEventV2): {
  header: string
  route: string
} {
  const [header, route, ...others] = Array.isArray(identitySource) ? identitySource : []
  if (header === undefined || route === undefined || route !== routeKey || others.length > 0) {
    throw new Error(`the authorizer must have the identity sources ${IDENTITY_SOURCES.join(' and ')}`)
  }
  return { header, route }
}

/** Returns a route key as `HTTP_API_ROUTES` has it, such as `GET/notes`. */
export const listedRoute = (routeKey: string): string =>
  routeKey === '$default' ? 'DEFAULT/' : routeKey.replace(' ', '')

const RULE = 'HTTP_API_ROUTES must be routes such as GET/notes=role:admin'

/** Whether clients may use some route. */
export const takesClients = (routes = ''): boolean => /[=|]scope:/.test(routes)

/** Returns the response for a user. A route that the deployment does not know is denied. */
export function decisionForUser(user: Principal, routeKey: string, routes?: string): Decision {
  const names = namesOf(routeKey, routes)
  const roles = names.filter((name) => name.startsWith('role:'))
  const isAllowed = roles.length > 0 ? roles.includes(`role:${user.role}`) : names.length > 0
  return isAllowed ? { isAuthorized: true, context: contextOf(user) } : DENIED
}

/** Returns the response for a client, which needs one of the route's scopes. */
export function decisionForClient(client: ClientPrincipal, routeKey: string, routes?: string): Decision {
  const names = namesOf(routeKey, routes)
  return client.scopes.some((scope) => names.includes(`scope:${scope}`))
    ? { isAuthorized: true, context: clientContextOf(client) }
    : DENIED
}

/** Returns what a route demands: `any`, roles or scopes. A route that is not listed has nothing. */
const namesOf = (routeKey: string, routes: string | undefined): readonly string[] =>
  (routes ? readListedRoutes(routes, RULE) : []).find(({ resource }) => resource === listedRoute(routeKey))
    ?.names ?? []
