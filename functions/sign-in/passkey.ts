import type { Config } from '../../lib/config.ts'
import type { RelyingParty } from '../../lib/factors/passkeys/ceremony.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeySignIn } from '../../lib/http/schemas/passkeys.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { replacedSession } from '../../lib/sessions/replaced.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { verifyPasskey, verifySecondPasskey } from '../../lib/sign-in/passkey.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = CompletionConfig & IssuerConfig & RelyingParty & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /login/passkey: signs in with a passkey, without a name or as second factor. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const { allowedOrigins } = request
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const given = readSignIn(event, PasskeySignIn, { config, allowedOrigins })
  const { loginToken, response, inCookie } = given
  const page = pageOf(event, request)
  const signIn =
    loginToken === undefined
      ? {
          ...(await verifyPasskey(table, config, response, now)),
          login: { inCookie, replaces: replacedSession(given.refreshToken) },
        }
      : await verifySecondPasskey(at, loginToken, response, page)

  const signedIn = await completeFactorSignIn(at, signIn, page, (session) =>
    issueToken(at, signIn.user, session),
  )
  return sessionResponse(signedIn)
}
