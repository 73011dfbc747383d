import { RecoveryCodeLoginRequest } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { notify } from '../../lib/mail/request.ts'
import type { SignInSetting } from '../../lib/settings.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyRecoveryCode } from '../../lib/sign-in/code.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { AMR } from '../../lib/users/factors.ts'

/** POST /login/recovery-code: completes a sign-in with a recovery code. */
export const route: ReservingRoute<SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE'> = async (event, at) => {
  const { table, now } = at
  const { loginToken, code } = readJson(event, RecoveryCodeLoginRequest, at)
  const page = pageOf(event, at)
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor', page }, now)
  const spending = await verifyRecoveryCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.recoveryCode }
  const signedIn = await completeFactorSignIn(at, signIn, page)
  await notify(at, 'recovery-code-used', begun.user)
  return sessionResponse(signedIn)
}
