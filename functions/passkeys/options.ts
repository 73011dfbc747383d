import { principalOf } from '../../lib/authorization/principal.ts'
import type { Config } from '../../lib/config.ts'
import { type CallerConfig, verifyCaller } from '../../lib/factors/caller.ts'
import { beginRegistration } from '../../lib/factors/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeyOptionsRequest } from '../../lib/http/schemas.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'

type Settings = CallerConfig & Config<'TABLE_NAME' | 'RP_ID' | 'SERVICE_NAME'>

/** POST /passkeys/options: begins to add a passkey to the caller's account. */
export const handler: RouteHandler<Settings> = async (event, { now, ...request }, config) => {
  const table = reservingTable(request, config.TABLE_NAME)
  const principal = principalOf(event, now)
  const { currentPassword } = readBody(event, PasskeyOptionsRequest)
  const origin = originOf(event)
  const { user } = await verifyCaller(table, config, principal, currentPassword, origin, now)
  return json(200, await beginRegistration(table, config, { user }, origin.sourceIp, now))
}
