import { TotpLoginRequest } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import type { SignInSetting } from '../../lib/settings.ts'
import { findBegunLogin } from '../../lib/sign-in/begun.ts'
import { verifyTotpCode } from '../../lib/sign-in/code.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { AMR } from '../../lib/users/factors.ts'

/** POST /login/totp: completes a sign-in with a code of an authenticator app. */
export const route: ReservingRoute<SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE' | 'FACTOR_KEY'> = async (
  event,
  at,
) => {
  const { table, now } = at
  const { loginToken, code } = readJson(event, TotpLoginRequest, at)
  const page = pageOf(event, at)
  const begun = await findBegunLogin(table, loginToken, { purpose: 'second-factor', page }, now)
  const spending = await verifyTotpCode(at, begun, code)

  const signIn = { ...begun, ...spending, amr: AMR.totp }
  const signedIn = await completeFactorSignIn(at, signIn, page)
  return sessionResponse(signedIn)
}
