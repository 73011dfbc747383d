import type { Config } from '../../lib/config.ts'
import { beginPasskeySignIn } from '../../lib/factors/passkey-sign-in.ts'
import { readBody } from '../../lib/http/body.ts'
import { originOf } from '../../lib/http/headers.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeySignInOptions } from '../../lib/http/schemas.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'

type Settings = Config<'TABLE_NAME' | 'RP_ID'>

/** POST /login/passkey/options: begins a sign-in by a passkey, without a name or as second factor. */
export const handler: RouteHandler<Settings> = async (event, { now, ...request }, config) => {
  const table = reservingTable(request, config.TABLE_NAME)
  const { loginToken } = readBody(event, PasskeySignInOptions)
  const { sourceIp } = originOf(event)
  return json(200, await beginPasskeySignIn(table, config, loginToken, sourceIp, now))
}
