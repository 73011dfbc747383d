import type { Route } from '../../lib/openapi/route.ts'
import { gatewayPathOf, ROWS } from '../../lib/openapi/routes/rows.ts'
import type { WrittenFunction } from '../framework.d.ts'

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

/** Rows that share a method and a path of the gateway have one event. */
const eventsOfRows = (key: string) => {
  const rows = ROWS.filter((row) => row.function === key)
  const isSame = (one: Route, other: Route) =>
    one.method === other.method && gatewayPathOf(one) === gatewayPathOf(other)
  return rows
    .filter((row, index) => rows.findIndex((one) => isSame(one, row)) === index)
    .map((row) => ({
      http: {
        method: row.method,
        path: gatewayPathOf(row),
        ...(row.isProtected === true && { authorizer: 'auth' }),
      },
    }))
}

/** Returns the rows of an event of a function: none for a route of a user's own function, several for a shared path. */
export const rowsOfEvent = (key: string, http: { method?: unknown; path?: unknown }): Route[] =>
  ROWS.filter((row) => row.function === key && row.method === http.method && gatewayPathOf(row) === http.path)
