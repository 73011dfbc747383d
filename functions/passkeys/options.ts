import { principalOf } from '../../lib/authorization/principal.ts'
import type { Config } from '../../lib/config.ts'
import { type CallerConfig, verifyCaller } from '../../lib/factors/caller.ts'
import { beginRegistration } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeyOptionsRequest } from '../../lib/http/schemas/passkeys.ts'
import { reservingContext } from '../../lib/http/table.ts'

type Settings = CallerConfig & Config<'TABLE_NAME' | 'RP_ID' | 'SERVICE_NAME'>

/** POST /passkeys/options: begins to add a passkey to the caller's account. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const principal = principalOf(event, at.now)
  const { currentPassword } = readBody(event, PasskeyOptionsRequest)
  const { user } = await verifyCaller(at, principal, currentPassword)
  return json(200, await beginRegistration(at, { user }))
}
