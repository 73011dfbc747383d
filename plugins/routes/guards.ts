import { isRole, ROLES, type Role } from '../../lib/application/roles.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { WrittenFunction } from '../framework.d.ts'
import {
  adviceFor,
  eventsOf,
  hasAuth,
  hasOpenRoute,
  matches,
  methodsOf,
  named,
  otherEntryOf,
  type Route,
  resourcesOf,
  routesOf,
  shown,
} from './routes.ts'

/** A route, with the roles that may use it. Without roles, every caller may. */
interface GuardedRoute extends Route {
  roles: readonly Role[] | undefined
}

/** Returns the roles that a function names: `role: admin`, or a list. An ARN or an object is a role of IAM. */
export function rolesOf({ role }: WrittenFunction): Role[] | undefined {
  const names = [role].flat()
  return names.length > 0 && names.every(isRole) ? names : undefined
}

/**
 * Finds roles that are mistyped, and roles of functions with a route that anybody may use.
 *
 * @param iamRoles - Logical ids of roles of IAM, which the framework takes too.
 */
export function faultsOfRole(
  key: string,
  definition: WrittenFunction,
  iamRoles: readonly string[] = [],
): string[] {
  const { role } = definition
  if (role === undefined || isReference(role)) return []
  if (typeof role === 'string') {
    if (role.startsWith('arn:')) return []
    if (iamRoles.includes(role)) {
      const ofUsers = ROLES.find((one) => one.toLowerCase() === role.toLowerCase())
      return ofUsers === undefined
        ? []
        : [
            `Function ${key} names the role "${role}", a role of IAM in resources, and users have the role "${ofUsers}". Name that of IAM as { Fn::GetAtt: [${role}, Arn] }, or give it another logical id.`,
          ]
    }
    // Another plugin may make the role later. CloudFormation refuses one that does not exist.
    if (!eventsOf(definition).some(hasAuth) && /^[A-Z][A-Za-z0-9]*$/.test(role)) return []
  }
  const names = [role].flat()
  if (names.length === 0) return [`Function ${key} has an empty role.`]
  const unknown = names.filter((name) => !isRole(name))
  if (unknown.length > 0) {
    return unknown.map((name) =>
      name === null || name === ''
        ? `Function ${key} has an empty role.`
        : `Function ${key} has an unknown role "${name}".${didYouMean(String(name), ROLES) || ` Use one of ${ROLES.join(', ')}, or name a role of IAM by Fn::GetAtt.`}`,
    )
  }
  const entry = otherEntryOf(definition)
  if (entry !== undefined)
    return [`Function ${key} names a role, which only http and httpApi events know. It has ${entry} too.`]
  return hasOpenRoute(definition)
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
 * A wildcard of IAM matches slashes too, and a route of every method stands for each one. Where a resource would match a route that other
 * roles may use, it is left out: then only the handler checks the role.
 */
export function guardedRoutes(functions: Record<string, WrittenFunction>): string {
  const routes = Object.values(functions).flatMap((definition): GuardedRoute[] =>
    routesOf(definition).map((route) => ({ ...route, roles: rolesOf(definition) })),
  )
  const ofOneMethod = routes.flatMap((route) => methodsOf(route).map((method) => ({ ...route, method })))
  const guarded = ofOneMethod.flatMap((route) => {
    const { roles } = route
    if (roles === undefined || routes.some((other) => isOpen(other, roles) && matches(route, other)))
      return []
    return resourcesOf(route).map((resource) => `${resource}=${roles.join('|')}`)
  })
  return [...new Set(guarded)].join(' ')
}

/**
 * Finds routes that {@link guardedRoutes} leaves out. Handlers of this repository check the role too, and those of other projects need
 * not.
 */
export function faultsOfGuards(functions: Record<string, WrittenFunction>, brought: object = {}): string[] {
  const routes = Object.entries(functions).flatMap(([key, definition]) =>
    routesOf(definition).map((route) => ({ ...route, key, roles: rolesOf(definition) })),
  )
  return routes.flatMap((route) => {
    const { roles, key } = route
    const other = roles && routes.find((one) => isOpen(one, roles) && matches(route, one))
    return other === undefined
      ? []
      : [
          `Function ${key} names a role, but its route ${shown(route)} also matches ${shown(other)} of ${named(other.key, brought)}, which other roles may use. ${adviceFor(other.key, brought, 'role')}`,
        ]
  })
}

/** Whether a role that is not among `roles` may use a route. No policy decides about one without an authorizer. */
const isOpen = (route: GuardedRoute, roles: readonly Role[]): boolean =>
  route.isProtected && (route.roles?.some((role) => !roles.includes(role)) ?? true)
