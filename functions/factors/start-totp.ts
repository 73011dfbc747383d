import { principalOf } from '../../lib/authorization/principal.ts'
import { startTotp } from '../../lib/factors/totp/setup.ts'
import { json } from '../../lib/http/responses.ts'
import { FactorChangeRequest } from '../../lib/http/schemas/factors.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'

/** POST /factors/totp: begins to set up an authenticator app. A code of the app confirms it. */
export const route: ReservingRoute<OwnerSetting | 'FACTOR_KEY' | 'SERVICE_NAME'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { proof } = readProvedBody(event, FactorChangeRequest, at.config)
  const { user, spends } = await verifyCaller(at, principal, proof, 'app')
  return json(200, await startTotp(at, user, { spends }))
}
