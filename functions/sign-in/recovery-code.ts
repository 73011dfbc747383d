import type { Config } from '../../lib/config.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { RecoveryCodeLoginRequest } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { notify } from '../../lib/mail/request.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyRecoveryCode } from '../../lib/sign-in/code.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /login/recovery-code: completes a sign-in with a recovery code. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const { loginToken, code } = readJson(event, RecoveryCodeLoginRequest, { config })
  const page = pageOf(event, request)
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor', page }, now)
  const spending = await verifyRecoveryCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.recoveryCode }
  const signedIn = await completeFactorSignIn(at, signIn, page, (session) =>
    issueToken(at, begun.user, session),
  )
  await notify(at, 'recovery-code-used', begun.user)
  return sessionResponse(signedIn)
}
