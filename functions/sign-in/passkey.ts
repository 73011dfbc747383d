import type { Config } from '../../lib/config.ts'
import type { RelyingParty } from '../../lib/factors/ceremony.ts'
import { type CompletionConfig, completeSignIn } from '../../lib/factors/complete.ts'
import { verifyPasskey, verifySecondPasskey } from '../../lib/factors/passkey-sign-in.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { PasskeySignIn } from '../../lib/http/schemas.ts'
import { readSignIn } from '../../lib/sessions/request.ts'
import type { Session } from '../../lib/sessions/session.ts'
import { replacedSession } from '../../lib/sessions/sign-in.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = CompletionConfig & IssuerConfig & RelyingParty & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /login/passkey: signs in with a passkey, without a name or as second factor. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const { now, allowedOrigins } = request
  const table = reservingTable(request, config.TABLE_NAME)
  const given = readSignIn(event, PasskeySignIn, { config, allowedOrigins })
  const { loginToken, response, inCookie } = given
  const signIn =
    loginToken === undefined
      ? {
          ...(await verifyPasskey(table, config, response, now)),
          login: { inCookie, replaces: replacedSession(given.refreshToken) },
        }
      : await verifySecondPasskey(table, config, loginToken, response, now, { ...request, event })

  const issue = (session: Session) => issueToken(table.aws, config, signIn.user, session, now)
  return completeSignIn(table, config, signIn, { ...request, event }, issue)
}
