import type { WrittenFunction } from '../framework.d.ts'
import { rolesOf } from './guards.ts'
import { eventsOf, hasAuth, methodsOf, routesOf } from './routes.ts'

/** Functions of this repository whose routes `lib/openapi/routes.ts` and the demo page know. A project may have others there. */
const CONTENT = ['user-content', 'admin-content']

/** What Lambda's environment of 4 KB has room for, with the scopes. Other settings take the rest. */
const MAX_CHARACTERS = 3_000

/**
 * Returns the settings of the API description and of the demo page about the functions of a project: which of {@link CONTENT} it
 * has, and its other routes that demand an access token, such as `GET/notes/{id}`. A `!` follows a route that not every caller may
 * use.
 *
 * @param own - Functions that the service does not bring. If there is no room for their routes, all are left out.
 * @param scopes - The setting `API_SCOPES`, which takes room too.
 */
export function settingsOfOwnRoutes(own: Record<string, WrittenFunction>, scopes: string) {
  const content = CONTENT.filter((key) => own[key]?.handler === `functions/content/${key}.handler`)
  const others = Object.entries(own).filter(([key]) => !content.includes(key))
  const routes = others.flatMap(([, definition]) =>
    routesOf({ ...definition, events: eventsOf(definition).filter(hasAuth) }).flatMap((route) =>
      methodsOf(route).map(
        (method) => `${method}/${route.path.join('/')}${isGuarded(definition) ? '!' : ''}`,
      ),
    ),
  )
  const OWN_ROUTES = routes.join(',')
  const isTooLong = OWN_ROUTES.length + scopes.length > MAX_CHARACTERS
  return { CONTENT: content.join(','), OWN_ROUTES: isTooLong ? '' : OWN_ROUTES }
}

const isGuarded = (definition: WrittenFunction) =>
  rolesOf(definition) !== undefined || Array.isArray(definition.scopes)
