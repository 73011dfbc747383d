import { ServiceError } from '../errors.ts'
import type { ApiRoute } from './handler.ts'

/** The argument that all of these routes need in addition to their events. */
export type NeedOf<F> = [F] extends [ApiRoute<infer R>] ? R : never

/** The error of a path that no route has. Its response is that of the gateway to an unknown path. */
export const noSuchRoute = (): ServiceError => new ServiceError('not_found', 'no such route in this function')

/**
 * Joins the routes of a function, which need the same permissions.
 *
 * @param routes - By method and path, as in the rows of `lib/openapi`. Each has its own path at the gateway.
 * @example
 * export const handler = tableHandler([], byRoute({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename }))
 */
export const byRoute =
  <F extends ApiRoute<never>>(routes: Record<string, F>): ApiRoute<NeedOf<F>> =>
  async (event, at) => {
    const route = routes[`${event.httpMethod} ${event.resource}`]
    if (route === undefined) throw noSuchRoute()
    return route(event, at as never)
  }
