import { isRole, ROLES, type Role } from '../../lib/users/user.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { WrittenFunction } from '../framework.d.ts'

/** Methods of a REST API. A wildcard in their place would also match the beginning of a path. */
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

interface Route {
  method: string
  /** Segments of the path. */
  path: string[]
  /** Without roles, every caller may use the route. */
  roles: readonly Role[] | undefined
}

/** Returns the roles that a function names: `role: admin`, or a list. An ARN or an object is a role of IAM. */
export function rolesOf({ role }: WrittenFunction): Role[] | undefined {
  const names = [role].flat()
  return names.length > 0 && names.every(isRole) ? names : undefined
}

/** Finds roles that are mistyped, and roles of functions with a route that anybody may use. */
export function faultsOfRole(key: string, definition: WrittenFunction): string[] {
  const { role, events = [] } = definition
  if (role === undefined || /^arn:|^\$\{/.test(String(role)) || isReference(role)) return []
  const unknown = [role].flat().filter((name) => !isRole(name))
  if (unknown.length > 0) {
    return unknown.map((name) =>
      name === null || name === ''
        ? `Function ${key} has an empty role.`
        : `Function ${key} has an unknown role "${name}".${didYouMean(String(name), ROLES)}`,
    )
  }
  const isOpenRoute = ({ http }: { http?: unknown }) =>
    http !== undefined && Object(http).authorizer !== 'auth'
  return events.some(isOpenRoute)
    ? [`Function ${key} names a role, so each of its routes needs "authorizer: auth".`]
    : []
}

/** Whether a role is a reference to a role of IAM, such as `Fn::GetAtt`. */
const isReference = (role: unknown): boolean =>
  typeof role === 'object' && role !== null && !Array.isArray(role)

/**
 * Returns the setting `GUARDED_ROUTES` of the authorizer: for each route of a function with roles, what the policy denies to
 * callers with other roles, and the roles, such as `GET/admin=admin`.
 *
 * A wildcard of IAM matches slashes too. Where the resource of a route with a parameter would match a route that other roles may
 * use, it is left out: then only the handler checks the role.
 */
export function guardedRoutes(functions: Record<string, WrittenFunction>): string {
  const routes = Object.values(functions).flatMap(routesOf)
  const guarded = routes.flatMap((route) => {
    const { roles } = route
    if (roles === undefined || routes.some((other) => isOpen(other, roles) && matches(route, other)))
      return []
    const path = route.path.map((segment) => (isParameter(segment) ? '*' : segment)).join('/')
    const methods = route.method === 'ANY' ? METHODS : [route.method]
    // The gateway takes a path with a slash at its end for the same route.
    const paths = path === '' || path.endsWith('*') ? [path] : [path, `${path}/`]
    return methods.flatMap((method) => paths.map((one) => `${method}/${one}=${roles.join('|')}`))
  })
  return [...new Set(guarded)].join(' ')
}

function routesOf(definition: WrittenFunction): Route[] {
  const roles = rolesOf(definition)
  return (definition.events ?? []).flatMap(({ http }) => {
    if (http === undefined) return []
    const [method = '', path = ''] =
      typeof http === 'string' ? http.split(' ') : [Object(http).method, Object(http).path]
    const text = String(path).replace(/^\/|\/$/g, '')
    return [
      { method: method.toUpperCase().replace('*', 'ANY'), path: text === '' ? [] : text.split('/'), roles },
    ]
  })
}

const isParameter = (segment: string): boolean => segment.startsWith('{')

/** Whether a role that is not among `roles` may use a route. */
const isOpen = (route: Route, roles: readonly Role[]): boolean =>
  route.roles === undefined || route.roles.some((role) => !roles.includes(role))

/** Whether the resource of a route with a parameter matches some path of another route. */
function matches(route: Route, other: Route): boolean {
  const first = route.path.findIndex(isParameter)
  if (first === -1) return false
  if (route.method !== other.method && route.method !== 'ANY' && other.method !== 'ANY') return false
  const isSame = (segment: string, index: number) =>
    isParameter(other.path[index] ?? '') || other.path[index] === segment
  // The gateway takes `users/` for `users`. A greedy parameter, such as `{proxy+}`, stands for any number of segments.
  const greedy = other.path.findIndex((segment) => segment.endsWith('+}'))
  const known = greedy === -1 ? first : Math.min(first, greedy)
  return (greedy !== -1 || other.path.length >= first) && route.path.slice(0, known).every(isSame)
}
