import type { Config } from '../../lib/config.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { TotpLoginRequest } from '../../lib/http/schemas/factors.ts'
import { readJson } from '../../lib/sessions/request.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyTotpCode } from '../../lib/sign-in/code.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { reservingContext } from '../../lib/throttling/reservations.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS' | 'FACTOR_KEY'>

const issueToken = tokenIssuer()

/** POST /login/totp: completes a sign-in with a code of an authenticator app. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const { loginToken, code } = readJson(event, TotpLoginRequest, { config })
  const begun = await findBegunLogin(
    table,
    loginToken,
    { purpose: 'second-factor', page: { ...request, event } },
    now,
  )
  const spending = await verifyTotpCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.totp }
  return completeFactorSignIn(at, signIn, { ...request, event }, (session) =>
    issueToken(at, begun.user, session),
  )
}
