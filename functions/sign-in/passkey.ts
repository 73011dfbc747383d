import type { Config } from '../../lib/config.ts'
import type { RelyingParty } from '../../lib/factors/passkeys/ceremony.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeySignIn } from '../../lib/http/schemas/passkeys.ts'
import { replacedSession } from '../../lib/sessions/replaced.ts'
import { readSignIn } from '../../lib/sessions/request.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { verifyPasskey, verifySecondPasskey } from '../../lib/sign-in/passkey.ts'
import { reservingContext } from '../../lib/throttling/reservations.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = CompletionConfig & IssuerConfig & RelyingParty & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /login/passkey: signs in with a passkey, without a name or as second factor. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const { allowedOrigins } = request
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const given = readSignIn(event, PasskeySignIn, { config, allowedOrigins })
  const { loginToken, response, inCookie } = given
  const signIn =
    loginToken === undefined
      ? {
          ...(await verifyPasskey(table, config, response, now)),
          login: { inCookie, replaces: replacedSession(given.refreshToken) },
        }
      : await verifySecondPasskey(at, loginToken, response, { ...request, event })

  return completeFactorSignIn(at, signIn, { ...request, event }, (session) =>
    issueToken(at, signIn.user, session),
  )
}
