import { json } from '../../lib/http/responses.ts'
import { MailSignInConfirmation } from '../../lib/http/schemas/mail-sign-in.ts'
import { browserKeyOf } from '../../lib/http/sessions/browser-key.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { completeFactorSignIn } from '../../lib/sign-in/factor.ts'
import { nextAfterMail, verifySignInMail } from '../../lib/sign-in/mail.ts'
import { AMR } from '../../lib/users/factors.ts'

export const SETTINGS = [...SIGN_INS, 'NOTIFY_NEW_SOURCE', 'MAILER', 'REQUIRE_SECOND_FACTOR'] as const

/** POST /login/mail/confirm: signs in with the link or the code of a mail, in the browser that asked for it. */
export const route: ReservingRoute<(typeof SETTINGS)[number]> = async (event, at) => {
  const request = readSignIn(event, MailSignInConfirmation, at)
  const { inCookie, refreshToken: replaces, browserKey = '' } = request
  const page = pageOf(event, at)
  if (inCookie) requireSameOrigin(page)
  // A script in an app's page has its attacker's key, but cannot put it into the visitor's cookie.
  const verified = await verifySignInMail(at, request, inCookie ? browserKeyOf(event) : browserKey)
  if ('next' in verified) return json(200, verified.next)
  // The source becomes known under the name of the next mail, also if it is known under another one.
  const loginName = String(verified.user.email)
  const login = { loginName, inCookie, replaces: replaces || undefined }
  const { user, next } = await nextAfterMail(at, verified, login)
  if (next) return json(200, next)

  const signIn = { user, amr: AMR.mail, login, spends: [verified.spending] }
  return sessionResponse(await completeFactorSignIn(at, signIn, page))
}

export const handler = reservingHandler(SETTINGS, route)
