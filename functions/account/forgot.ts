import { randomBytes } from 'node:crypto'
import { readConfig } from '../../lib/config.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { accepted } from '../../lib/http/responses.ts'
import { ForgottenPasswordRequest } from '../../lib/http/schemas/account.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { requestMail } from '../../lib/mail/request.ts'

/** POST /password/forgot: sends a link for a new password to the address of a user, if there is one. */
export const handler = apiHandler(async (event, request) => {
  const config = readConfig(['TABLE_NAME', 'MAILER', 'LIMIT_MAIL_SOURCE'])
  const { table, origin, now } = reservingContext(event, request, config)
  const { login: loginName } = readBody(event, ForgottenPasswordRequest)

  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const at = now.toISOString()
  const mail = { kind: 'reset', mailId, loginName, at, origin } as const
  await requestMail(table, config, mail, now)
  return accepted(mailId)
})
