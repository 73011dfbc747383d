import { principalOf } from '../../lib/authorization/principal.ts'
import { type CallerSetting, verifyCaller } from '../../lib/factors/caller.ts'
import { beginRegistration } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { PasskeyOptionsRequest } from '../../lib/http/schemas/passkeys.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'

/** POST /passkeys/options: begins to add a passkey to the caller's account. */
export const route: ReservingRoute<CallerSetting | 'RP_ID' | 'SERVICE_NAME'> = async (event, at) => {
  const principal = principalOf(event, at.now)
  const { currentPassword } = readBody(event, PasskeyOptionsRequest)
  const { user } = await verifyCaller(at, principal, currentPassword)
  return json(200, await beginRegistration(at, { user }))
}
