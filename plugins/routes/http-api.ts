import { listedRoute } from '../../lib/authorization/http-api.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import { eventsOf, hasAuth, routesOf } from './routes.ts'

type Written = Record<string, WrittenFunction>

/** A route of an HTTP API, with its key as API Gateway has it, such as `GET /notes` or `$default`. */
export interface HttpRoute {
  routeKey: string
  isProtected: boolean
}

/** Returns the routes of a function at the HTTP API. */
export const httpRoutesOf = (definition: Pick<WrittenFunction, 'events'>): HttpRoute[] =>
  eventsOf(definition).flatMap((event) => {
    const { httpApi } = event
    if (httpApi === undefined || httpApi === null) return []
    const [method, path] =
      typeof httpApi === 'string' && httpApi !== '*'
        ? httpApi.split(' ')
        : [Object(httpApi).method, Object(httpApi).path ?? httpApi]
    const routeKey = path === '*' ? '$default' : `${String(method).toUpperCase().replace('*', 'ANY')} ${path}`
    return [{ routeKey, isProtected: hasAuth(event) }]
  })

/** Whether a function has a route with `authorizer: auth` at the HTTP API. */
export const usesHttpApi = (functions: Written): boolean =>
  Object.values(functions).some((one) => httpRoutesOf(one).some(({ isProtected }) => isProtected))

/**
 * Returns the setting `HTTP_API_ROUTES` of the authorizer: each protected route, with the roles or scopes of which a caller needs one, such
 * as `GET/notes=role:admin`. One for every user has `any`. The authorizer denies all other routes.
 */
export const httpApiRoutes = (functions: Written): string =>
  Object.values(functions)
    .flatMap((definition) => {
      const scopes = Array.isArray(definition.scopes) ? definition.scopes : []
      const names = [
        ...(rolesOf(definition) ?? []).map((name) => `role:${name}`),
        ...scopes.map((name) => `scope:${name}`),
      ]
      return httpRoutesOf(definition)
        .filter(({ isProtected }) => isProtected)
        .map(({ routeKey }) => `${listedRoute(routeKey)}=${names.join('|') || 'any'}`)
    })
    .join(' ')

/**
 * Finds paths that both APIs have. On AWS each has an address, and `sls offline` has one port.
 *
 * @param brought - Keys of functions that the project cannot change.
 */
export function faultsOfSharedPaths(functions: Written, brought: ReadonlySet<string>): string[] {
  const all = Object.values(functions)
  const nameless = (path: string) => path.replaceAll(/\{[^}+]*/g, '{').replace(/\/$/, '')
  const pathsOf = (some: readonly WrittenFunction[]) =>
    new Map(some.flatMap(routesOf).map(({ path }) => [nameless(`/${path.join('/')}`), `/${path.join('/')}`]))
  const ofRest = pathsOf(all)
  const ofPackage = pathsOf(
    Object.entries(functions).flatMap(([key, definition]) => (brought.has(key) ? [definition] : [])),
  )
  const paths = all.flatMap(httpRoutesOf).map(({ routeKey }) => nameless(routeKey.replace(/^\S+ /, '')))
  return [...new Set(paths)].flatMap((path) => {
    if (ofPackage.has(path)) {
      return `The path ${ofPackage.get(path)} has an httpApi event, and serverless-jwt-auth has it at its REST API. sls offline has one port for both: give yours another path.`
    }
    return ofRest.has(path)
      ? `The path ${ofRest.get(path)} has an http event and an httpApi event, and sls offline has one port for both. Give one of them another path.`
      : []
  })
}

/** Finds protected routes that two functions have. The framework would take the last `$default`, with the rule of the first. */
export function faultsOfSameRoutes(functions: Written): string[] {
  const all = Object.values(functions).flatMap(httpRoutesOf)
  const keys = all.filter(({ isProtected }) => isProtected).map(({ routeKey }) => routeKey)
  return [...new Set(keys)]
    .filter((key) => all.filter(({ routeKey }) => routeKey === key).length > 1)
    .map((key) => `Two httpApi events have the route ${key}. Give it to one function.`)
}
