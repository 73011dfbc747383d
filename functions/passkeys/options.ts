import { principalOf } from '../../lib/authorization/principal.ts'
import { beginRegistration } from '../../lib/factors/passkeys/registration.ts'
import { json } from '../../lib/http/responses.ts'
import { PasskeyOptionsRequest } from '../../lib/http/schemas/passkeys.ts'
import { readProvedBody } from '../../lib/http/schemas/proofs.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import type { OwnerSetting } from '../../lib/passwords/current.ts'
import { verifyCaller } from '../../lib/proofs/verify.ts'

/** POST /passkeys/options: begins to add a passkey to the caller's account. */
export const route: ReservingRoute<OwnerSetting | 'RP_ID' | 'SERVICE_NAME'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { proof } = readProvedBody(event, PasskeyOptionsRequest, at.config)
  const { user, spends } = await verifyCaller(at, principal, proof, 'passkey')
  return json(200, await beginRegistration(at, { user, spends }))
}
