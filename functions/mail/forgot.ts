import { randomBytes } from 'node:crypto'
import { readBody } from '../../lib/http/body.ts'
import { accepted } from '../../lib/http/responses.ts'
import { ForgottenPasswordRequest } from '../../lib/http/schemas/account.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { requestMail } from '../../lib/mail/request.ts'

/** POST /password/forgot: sends a link for a new password to the address of a user, if there is one. */
export const route: ReservingRoute<'MAILER' | 'LIMIT_MAIL_SOURCE'> = async (event, at) => {
  const { table, config, origin, now } = at
  const { login: loginName } = readBody(event, ForgottenPasswordRequest)

  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const mail = { kind: 'reset', mailId, loginName, at: now.toISOString(), origin } as const
  await requestMail(table, config, mail, now)
  return accepted(mailId)
}
