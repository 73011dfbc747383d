import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Config, SettingName } from '../config.ts'
import type { At } from '../context.ts'
import { reservingTable } from '../throttling/reservations.ts'
import type { ReservingTable } from '../throttling/store.ts'
import type { Request } from './handler.ts'
import { originOf } from './headers.ts'

/** Returns what the steps of a request have in common, with the table of `reservingTable`. */
export const reservingContext = <N extends SettingName>(
  event: APIGatewayProxyEvent,
  request: Pick<Request, 'deadlineMs' | 'afterFailure' | 'now'>,
  config: Config<N | 'TABLE_NAME'>,
): At<N | 'TABLE_NAME', ReservingTable> => ({
  table: reservingTable(request, config.TABLE_NAME),
  config,
  origin: originOf(event),
  now: request.now,
})
