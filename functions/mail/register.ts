import { randomBytes } from 'node:crypto'
import { readBody } from '../../lib/http/body.ts'
import { askedLanguage } from '../../lib/http/pages/language.ts'
import { accepted } from '../../lib/http/responses.ts'
import { RegistrationRequest } from '../../lib/http/schemas/account.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { requestMail } from '../../lib/mail/request.ts'
import { requireAllowedDomain } from '../../lib/registration/domains.ts'

type Setting = 'MAILER' | 'LIMIT_MAIL_SOURCE' | 'ALLOWED_EMAIL_DOMAINS'

/** POST /register: sends a mail to an address, which its recipient confirms to get an account. */
export const route: ReservingRoute<Setting> = async (event, { table, config, origin, now }) => {
  const { email } = readBody(event, RegistrationRequest)
  requireAllowedDomain(email, config.ALLOWED_EMAIL_DOMAINS, '#/email')

  const mailId = newMailId(randomBytes(MAIL_ID_BYTES), email)
  const language = askedLanguage(event)
  const mail = { kind: 'registration', mailId, language, at: now.toISOString(), origin } as const
  await requestMail(table, config, mail, now)
  return accepted(mailId)
}
