import { PAGE_ROUTES } from '../../lib/openapi/pages.ts'
import type { Route } from '../../lib/openapi/route.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import type { WrittenFunction } from '../framework.d.ts'

const ROWS = [...ROUTES, ...PAGE_ROUTES]

/**
 * Returns functions of a `functions.yml` with the events of their routes, which the rows of `lib/openapi` name. Events of other kinds
 * stay.
 */
export const withRoutes = (functions: Record<string, WrittenFunction>): Record<string, WrittenFunction> =>
  Object.fromEntries(
    Object.entries(functions).map(([key, definition]) => {
      const events = [...eventsOfRows(key), ...(definition.events ?? [])]
      return [key, events.length > 0 ? { ...definition, events } : definition]
    }),
  )

const eventsOfRows = (key: string) =>
  ROWS.filter((row) => row.function === key).map(({ method, path, isProtected }) => ({
    http: { method, path: path.slice(1), ...(isProtected === true && { authorizer: 'auth' }) },
  }))

/** Returns the row of an event of a function, or `undefined` for a route of a user's own function. */
export const rowOf = (key: string, http: { method?: unknown; path?: unknown }): Route | undefined =>
  ROWS.find((row) => row.function === key && row.method === http.method && row.path === `/${http.path}`)
