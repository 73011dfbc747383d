import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { isScopeName } from '../../lib/oauth/scopes.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import {
  adviceFor,
  eventsOf,
  hasOpenRoute,
  matches,
  named,
  otherEntryOf,
  resourcesOf,
  routesOf,
  shown,
} from './routes.ts'

/** The file with the type of the scopes, which handlers name. */
export const SCOPE_FILE = 'lib/authorization/scope.ts'

type Written = Record<string, WrittenFunction>

/** Returns the scopes of which a client needs one for the routes of a function. */
const scopesOf = ({ scopes }: WrittenFunction): string[] => (Array.isArray(scopes) ? scopes : [])

/** Returns the scopes of all functions, each once. */
export const scopesIn = (functions: Written): string[] =>
  [...new Set(Object.values(functions).flatMap(scopesOf))].sort()

/** Finds what is wrong with the scopes of a function. */
export function faultsOfScopes(key: string, definition: WrittenFunction): string[] {
  const { scope, scopes } = definition
  if (scope !== undefined) return [`Function ${key} has no property "scope". Did you mean scopes?`]
  if (scopes === undefined) return []
  if (!Array.isArray(scopes) || scopes.length === 0) {
    return [`The scopes of function ${key} must be a list, such as [notes:read].`]
  }
  const invalid = scopes.filter((name) => !isScopeName(name))
  if (invalid.length > 0) {
    return invalid.map((name) => {
      const written = typeof name === 'string' ? name : JSON.stringify(name)
      return `Function ${key} has an invalid scope "${written}". A scope has 1 to 64 letters, digits and :._/- but is not one of OpenID Connect.`
    })
  }
  return [
    ...(rolesOf(definition) === undefined
      ? []
      : [`Function ${key} names a role and scopes. Clients have no role.`]),
    ...(!eventsOf(definition).some(({ http, httpApi }) => (http ?? httpApi) !== undefined)
      ? [`Function ${key} names scopes, but has no route.`]
      : []),
    ...(otherEntryOf(definition) === undefined
      ? []
      : [
          `Function ${key} names scopes, which only http and httpApi events know. It has ${otherEntryOf(definition)} too.`,
        ]),
    ...(hasOpenRoute(definition)
      ? [`Function ${key} names scopes, so each of its routes needs "authorizer: auth".`]
      : []),
  ]
}

/**
 * Finds routes that would open others. A wildcard of IAM matches slashes too, so a client with the scope of `notes/{id}` would reach
 * `notes/{id}/log`. A client with the scope of `ANY notes` would reach `DELETE notes`. Such a service is refused: a further denial would
 * also deny other routes, and a route that is left out would be closed.
 */
export function faultsOfWildcards(functions: Written, brought: object = {}): string[] {
  const all = Object.entries(functions).flatMap(([key, definition]) =>
    routesOf(definition).map((route) => ({ key, route, scopes: scopesOf(definition) })),
  )
  return all.flatMap(({ key, route, scopes }) =>
    all
      .filter((other) => other.route.isProtected && matches(route, other.route))
      .filter((other) => scopes.some((scope) => !other.scopes.includes(scope)))
      .map(
        (other) =>
          `Clients with a scope of function ${key} would reach ${shown(other.route)} of ${named(other.key, brought)}, because ${shown(route)} ${shown(route).includes('{') ? 'has a parameter' : 'has the same path'}. ${adviceFor(other.key, brought, 'scopes')}`,
      ),
  )
}

/**
 * Returns the setting `SCOPED_ROUTES` of the authorizer: for each route of a function with scopes, what the policy allows to clients
 * that have one of them, and the scopes, such as `GET/notes=notes:read`.
 */
export const scopedRoutes = (functions: Written): string =>
  Object.values(functions)
    .flatMap((definition) => {
      const scopes = scopesOf(definition).join('|')
      return scopes === ''
        ? []
        : routesOf(definition)
            .flatMap(resourcesOf)
            .map((one) => `${one}=${scopes}`)
    })
    .join(' ')

/** Returns the file with the type of the scopes. */
export function scopeFile(scopes: readonly string[]): string {
  const members = scopes.map((name) => `  ${/^[A-Za-z]\w*$/.test(name) ? name : `'${name}'`}: true\n`)
  return [
    '// The plugin writes this file from `scopes` of the functions, before each command of `sls`. A test compares it.\n\n',
    ...(scopes.length > 0 ? ['interface Scopes {\n', ...members, '}\n\n'] : []),
    '/** A scope that a function demands of clients. Another name in a handler does not compile. */\n',
    `export type Scope = ${scopes.length > 0 ? 'keyof Scopes' : 'never'}\n`,
  ].join('')
}

/**
 * Writes the file with the type of the scopes, if the service has it, with other scopes. It is committed, so that a clean checkout
 * compiles without a step before.
 */
export function keepScopeFile(serviceDir: string, scopes: readonly string[]): void {
  const path = `${serviceDir}/${SCOPE_FILE}`
  const content = scopeFile(scopes)
  if (existsSync(path) && readFileSync(path, 'utf8') !== content) writeFileSync(path, content)
}
