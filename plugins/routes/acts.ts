import { EVERY_ROLE } from '../../lib/authorization/act-policy.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import {
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
    ? routesOf(definition)
        .filter(({ isProtected }) => isProtected)
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
  const isReadable = eventsOf(definition).some(hasAuth) && readableOf(definition).length > 0
  return isReadable
    ? []
    : [
        `Function ${key} has actAs, and so needs a GET or HEAD route with "authorizer: auth". Other methods stay closed.`,
      ]
}

/**
 * Finds routes that would open others, as `faultsOfWildcards` in `scopes.ts` does: a wildcard of IAM matches slashes too. An operator who may
 * read `notes/{id}` would reach `notes/{id}/log`.
 */
export function faultsOfOpenedByActs(functions: Written, brought: object = {}): string[] {
  const others = Object.entries(functions).flatMap(([key, definition]) =>
    definition.actAs === true ? [] : routesOf(definition).map((route) => ({ key, route })),
  )
  return Object.entries(functions).flatMap(([key, definition]) =>
    readableOf(definition).flatMap((route) =>
      others
        .filter((other) => other.route.isProtected && matches(route, other.route))
        .map(
          (other) =>
            `Function ${key} has actAs, and its route ${shown(route)} also matches ${shown(other.route)} of ${named(other.key, brought)}, which has none. ${Object.hasOwn(brought, other.key) ? 'Give yours another path.' : `Give ${other.key} actAs too, or another path.`}`,
        ),
    ),
  )
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
