import type { Config } from '../../lib/config.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeySignInOptions } from '../../lib/http/schemas/passkeys.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { beginPasskeySignIn } from '../../lib/sign-in/passkey.ts'

type Settings = Config<'TABLE_NAME' | 'RP_ID'>

/** POST /login/passkey/options: begins a sign-in by a passkey, without a name or as second factor. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { loginToken } = readBody(event, PasskeySignInOptions)
  return json(200, await beginPasskeySignIn(at, loginToken))
}
