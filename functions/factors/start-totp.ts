import { principalOf } from '../../lib/authorization/principal.ts'
import { type CallerSetting, verifyCaller } from '../../lib/factors/caller.ts'
import { startTotp } from '../../lib/factors/totp/setup.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { FactorChangeRequest } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'

/** POST /factors/totp: begins to set up an authenticator app. A code of the app confirms it. */
export const route: ReservingRoute<CallerSetting | 'FACTOR_KEY' | 'SERVICE_NAME'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { currentPassword } = readBody(event, FactorChangeRequest)
  const { user } = await verifyCaller(at, principal, currentPassword)
  return json(200, await startTotp(at, user))
}
