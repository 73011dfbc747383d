import { ROLES } from '../../lib/application/roles.ts'
import { EVERY_ROLE } from '../../lib/authorization/act-policy.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import {
  adviceFor,
  eventsOf,
  hasAuth,
  matches,
  methodsOf,
  named,
  otherEntryOf,
  type Route,
  resourcesOf,
  routesOf,
  shown,
} from './routes.ts'

type Written = Record<string, WrittenFunction>

/** The parameters, by their names in `custom.auth`. */
type Parameters = { actAs?: unknown }

const READING = ['GET', 'HEAD']

/** Returns the routes that an operator who acts as a user may read, each with one method. */
const readableOf = (definition: WrittenFunction): Route[] =>
  definition.actAs === true
    ? routesOf({ ...definition, events: eventsOf(definition).filter(hasAuth) })
        .flatMap((route) => methodsOf(route).map((method) => ({ ...route, method })))
        .filter(({ method }) => READING.includes(method))
    : []

/** Finds what is wrong with `actAs` of a function. */
export function faultsOfActs(key: string, definition: WrittenFunction): string[] {
  const { actAs } = definition
  if (actAs === undefined || actAs === false) return []
  if (actAs !== true) return [`The actAs of function ${key} must be true or false.`]
  const entry = eventsOf(definition).some(({ httpApi }) => httpApi !== undefined)
    ? 'httpApi'
    : otherEntryOf(definition)
  if (entry !== undefined)
    return [`Function ${key} has actAs, which only http events know. It has ${entry} too.`]
  return readableOf(definition).length > 0
    ? []
    : [
        `Function ${key} has actAs, and so needs a GET or HEAD route with "authorizer: auth". Other methods stay closed.`,
      ]
}

/**
 * Finds routes that would open others, as `faultsOfWildcards` in `scopes.ts` does: a wildcard of IAM matches slashes too. An operator who may
 * read `notes/{id}` would reach `notes/{id}/log`. The policy of an operator denies no route by the user's role, as that of the user does.
 */
export function faultsOfOpenedByActs(functions: Written, brought: object = {}): string[] {
  const protectedRoutes = Object.entries(functions).flatMap(([key, definition]) =>
    routesOf(definition)
      .filter(({ isProtected }) => isProtected)
      .map((route) => ({ key, route, definition })),
  )
  return Object.entries(functions).flatMap(([key, definition]) =>
    readableOf(definition).flatMap((route) =>
      protectedRoutes
        .filter((other) => matches(route, other.route))
        .flatMap((other) => {
          const [what, property] = differenceOf(definition, other.definition, key)
          if (what === undefined) return []
          const advice = adviceFor(other.key, brought, property)
          return `Function ${key} has actAs, and its route ${shown(route)} also matches ${shown(other.route)} of ${named(other.key, brought)}, which ${what}. ${advice}`
        }),
    ),
  )
}

/** Returns what keeps users from a function who may use another one with `actAs`. */
function differenceOf(opened: WrittenFunction, other: WrittenFunction, key: string) {
  if (other.actAs !== true) return ['has no actAs', 'actAs'] as const
  const roles = rolesOf(other)
  const isForFewer = roles && (rolesOf(opened) ?? ROLES).some((role) => !roles.includes(role))
  return isForFewer ? ([`not every role of ${key} may use`, 'role'] as const) : []
}

/** Returns the setting `ACT_AS_ROUTES` of the authorizer: what operators may read who act as users of these roles, such as `GET/=user`. */
export const actRoutes = (functions: Written): string =>
  Object.values(functions)
    .flatMap((definition) => {
      const roles = rolesOf(definition)?.join('|') ?? EVERY_ROLE
      return readableOf(definition)
        .flatMap(resourcesOf)
        .map((one) => `${one}=${roles}`)
    })
    .join(' ')

/** Returns what a function reads that operators may use who act as a user. With `actAs=off` nothing is different. */
export const settingsOfActs = ({ actAs }: WrittenFunction, auth: Parameters) =>
  actAs === true && auth.actAs === 'on' ? { AUTH_TAKES_ACTS: 'on' } : {}
