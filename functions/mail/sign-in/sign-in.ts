import { randomBytes } from 'node:crypto'
import { newKey } from '../../../lib/federation/try.ts'
import { askedLanguage } from '../../../lib/http/pages/language.ts'
import { json } from '../../../lib/http/responses.ts'
import { MailSignInRequest } from '../../../lib/http/schemas/mail-sign-in.ts'
import { browserKeyOf, keyCookie } from '../../../lib/http/sessions/browser-key.ts'
import { pageOf, readSignIn } from '../../../lib/http/sessions/request.ts'
import type { ReservingRoute } from '../../../lib/http/table.ts'
import { BOUND_MAIL_ID_BYTES, newBoundMailId } from '../../../lib/mail/browser.ts'
import { requestMail } from '../../../lib/mail/request.ts'
import { requireSameOrigin } from '../../../lib/oauth/authorize/cookie.ts'

/**
 * POST /login/mail: sends a mail that signs in the browser or the client that asks. The response does not depend on the address: the
 * mailer decides, after it, what mail the address gets.
 */
export const route: ReservingRoute<'MAILER' | 'LIMIT_MAIL_SIGN_INS' | 'COOKIE_SESSIONS'> = async (
  event,
  at,
) => {
  const { table, config, origin, now } = at
  const { email, inCookie } = readSignIn(event, MailSignInRequest, at)
  if (inCookie) requireSameOrigin(pageOf(event, at))
  const key = (inCookie && browserKeyOf(event)) || newKey()
  const mailId = newBoundMailId(randomBytes(BOUND_MAIL_ID_BYTES), key, email)
  const language = askedLanguage(event)
  const mail = { kind: 'sign-in', mailId, language, at: now.toISOString(), origin } as const
  await requestMail(table, { ...config, LIMIT_MAIL_SOURCE: config.LIMIT_MAIL_SIGN_INS }, mail, now)
  // The cookie is sent again for its hour, so that it outlives the mail.
  return inCookie ? json(202, { mailId }, keyCookie(key)) : json(202, { mailId, browserKey: key })
}
