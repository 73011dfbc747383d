import { PasskeySignIn } from '../../lib/http/schemas/passkeys.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import type { SignInSetting } from '../../lib/settings.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { verifyPasskey, verifySecondPasskey } from '../../lib/sign-in/passkey.ts'

/** POST /login/passkey: signs in with a passkey, without a name or as second factor. */
export const route: ReservingRoute<
  SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE' | 'RP_ID' | 'RP_ORIGINS'
> = async (event, at) => {
  const { table, config, now } = at
  const given = readSignIn(event, PasskeySignIn, at)
  const { loginToken, response, inCookie } = given
  const page = pageOf(event, at)
  const signIn =
    loginToken === undefined
      ? {
          ...(await verifyPasskey(table, config, response, now)),
          login: { inCookie, replaces: given.refreshToken },
        }
      : await verifySecondPasskey(at, loginToken, response, page)

  const signedIn = await completeFactorSignIn(at, signIn, page)
  return sessionResponse(signedIn)
}
