import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { PasskeySignInOptions } from '../../lib/http/schemas/passkeys.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { beginPasskeySignIn } from '../../lib/sign-in/passkey.ts'

/** POST /login/passkey/options: begins a sign-in with a passkey, without a name or as second factor. */
export const route: ReservingRoute<'RP_ID'> = async (event, at) => {
  const { loginToken } = readBody(event, PasskeySignInOptions)
  return json(200, await beginPasskeySignIn(at, loginToken))
}
