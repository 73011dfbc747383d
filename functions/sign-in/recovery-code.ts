import type { Config } from '../../lib/config.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { RecoveryCodeLoginRequest } from '../../lib/http/schemas/factors.ts'
import { notify } from '../../lib/mail/request.ts'
import { readJson } from '../../lib/sessions/request.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyRecoveryCode } from '../../lib/sign-in/code.ts'
import { type CompletionConfig, completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { reservingContext } from '../../lib/throttling/reservations.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'
import { AMR } from '../../lib/users/factors.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /login/recovery-code: completes a sign-in with a recovery code. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const { loginToken, code } = readJson(event, RecoveryCodeLoginRequest, { config })
  const begun = await findBegunLogin(
    table,
    loginToken,
    { purpose: 'second-factor', page: { ...request, event } },
    now,
  )
  const spending = await verifyRecoveryCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.recoveryCode }
  const response = await completeFactorSignIn(at, signIn, { ...request, event }, (session) =>
    issueToken(at, begun.user, session),
  )
  await notify(at, 'recovery-code-used', begun.user)
  return response
}
