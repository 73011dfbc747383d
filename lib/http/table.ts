import { within } from '../aws/client.ts'
import type { Table } from '../aws/dynamodb.ts'
import { readConfig, type SettingName } from '../config.ts'
import type { At } from '../context.ts'
import { logFailure } from '../log.ts'
import { reservingTable } from '../throttling/reservations.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { type ApiRoute, apiHandler, type Request } from './handler.ts'
import { originOf } from './headers.ts'
import { problem } from './responses.ts'

/** The argument of a route with a table, after its event. */
interface RequestAt<N extends SettingName, T extends Table> extends At<N | 'TABLE_NAME', T>, Request {
  /** Instant at which the request began. */
  now: Date
}

/** A route that uses the table and the settings of these names. */
export type TableRoute<N extends SettingName = never, T extends Table = Table> = ApiRoute<RequestAt<N, T>>

/** A route that also reserves attempts. */
export type ReservingRoute<N extends SettingName = never> = TableRoute<N, ReservingTable>

/**
 * Creates the Lambda handler of a route that uses the table, like `apiHandler` in `lib/http/handler.ts`.
 *
 * @param settings - Names of all settings that it reads. `TABLE_NAME` is always read. A test compares them
 *   with those of the function.
 * @example
 * export const handler = tableHandler(['COOKIE_SESSIONS'], async (event, { table, config, now }) => …)
 */
export const tableHandler = <N extends SettingName = never>(
  settings: readonly N[],
  route: TableRoute<NoInfer<N>>,
) =>
  apiHandler(async (event, request) => {
    const config = readConfig<N | 'TABLE_NAME'>(['TABLE_NAME', ...settings])
    const table = { aws: within(request.deadlineMs), name: config.TABLE_NAME }
    const via = `${event.httpMethod} ${event.resource}`
    const { requestId } = event.requestContext
    return route(event, { ...request, table, config, origin: originOf(event), via, requestId })
  })

/**
 * Creates the handler of a route that reserves attempts, like {@link tableHandler}. If a failure is no
 * verdict on an attempt, the attempt is given back; see `reservingTable` in `lib/throttling/reservations.ts`.
 */
export const reservingHandler = <N extends SettingName = never>(
  settings: readonly N[],
  route: ReservingRoute<NoInfer<N>>,
) =>
  tableHandler(settings, async (event, at) => {
    const { table, release } = reservingTable(at.table, at.deadlineMs)
    return route(event, { ...at, table }).catch(async (error) => {
      // Logged first: Lambda may end the function while attempts are given back.
      const failure = logFailure(error)
      await release(failure)
      return problem(failure)
    })
  })
