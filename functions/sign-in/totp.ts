import type { Config } from '../../lib/config.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { TotpLoginRequest } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyTotpCode } from '../../lib/sign-in/code.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS' | 'FACTOR_KEY'>

const issueToken = tokenIssuer()

/** POST /login/totp: completes a sign-in with a code of an authenticator app. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const { loginToken, code } = readJson(event, TotpLoginRequest, { config })
  const page = pageOf(event, request)
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor', page }, now)
  const spending = await verifyTotpCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.totp }
  const signedIn = await completeFactorSignIn(at, signIn, page, (session) =>
    issueToken(at, begun.user, session),
  )
  return sessionResponse(signedIn)
}
