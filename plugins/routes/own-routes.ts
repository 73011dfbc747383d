import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import { eventsOf, hasAuth, methodsOf, routesOf } from './routes.ts'

/** What Lambda's environment of 4 KB has room for, with the scopes. Other settings take the rest. */
const MAX_CHARACTERS = 3_000

/**
 * Returns the setting `OWN_ROUTES` of the API description and of the demo page: the routes of a project that demand an access token, such
 * as `GET/notes/{id}`. A `!` follows a route that not every caller may use. A `*` stands for routes for which there is no room.
 *
 * @param own - Functions that the service does not bring.
 * @param scopes - The setting `API_SCOPES`, which takes room too.
 */
export function ownRoutes(own: Record<string, WrittenFunction>, scopes: string): string {
  const routes = Object.values(own).flatMap((definition) =>
    routesOf({ ...definition, events: eventsOf(definition).filter(hasAuth) }).flatMap((route) =>
      methodsOf(route).map(
        (method) => `${method}/${route.path.join('/')}${isGuarded(definition) ? '!' : ''}`,
      ),
    ),
  )
  const text = routes.join(',')
  return text.length + scopes.length > MAX_CHARACTERS ? '*' : text
}

const isGuarded = (definition: WrittenFunction) =>
  rolesOf(definition) !== undefined || Array.isArray(definition.scopes)
