import { principalOf } from '../../lib/authorization/principal.ts'
import type { Config } from '../../lib/config.ts'
import { type CallerConfig, verifyCaller } from '../../lib/factors/caller.ts'
import { startTotp } from '../../lib/factors/totp/setup.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { FactorChangeRequest } from '../../lib/http/schemas/factors.ts'
import { reservingContext } from '../../lib/http/table.ts'

type Settings = CallerConfig & Config<'TABLE_NAME' | 'FACTOR_KEY' | 'SERVICE_NAME'>

/** POST /factors/totp: begins to set up an authenticator app. A code of the app confirms it. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const principal = principalOf(event, at.now)
  const { currentPassword } = readBody(event, FactorChangeRequest)
  const { user } = await verifyCaller(at, principal, currentPassword)
  return json(200, await startTotp(at, user))
}
