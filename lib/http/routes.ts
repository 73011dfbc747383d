import type { Table } from '../aws/dynamodb.ts'
import type { SettingName } from '../config.ts'
import { ServiceError } from '../errors.ts'
import type { TableRoute } from './table.ts'

/**
 * Joins the routes of a function, which need the same permissions.
 *
 * @param routes - By method and path, as in `functions.yml` with a leading slash.
 * @example
 * export const handler = tableHandler([], byRoute({ 'GET /passkeys': list, 'PATCH /passkeys/{id}': rename }))
 */
export const byRoute =
  <N extends SettingName, T extends Table>(routes: Record<string, TableRoute<N, T>>): TableRoute<N, T> =>
  async (event, at) => {
    const route = routes[`${event.httpMethod} ${event.resource}`]
    if (route === undefined) throw new ServiceError('not_found', 'no such route in this function')
    return route(event, at)
  }
