import { randomBytes } from 'node:crypto'
import type { Config } from '../../lib/config.ts'
import { findEnrolment } from '../../lib/enrolment/enrolment.ts'
import { readBody } from '../../lib/http/body.ts'
import { accepted } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'
import { reservingContext } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { requestMail } from '../../lib/mail/request.ts'

/** POST /enrolment/mail: sends a mail to the verified address of a user, which proves the enrolment. */
export const route: RouteHandler<Config<'TABLE_NAME' | 'MAILER' | 'LIMIT_MAIL_SOURCE'>> = async (
  event,
  request,
  config,
) => {
  const { table, origin, now } = reservingContext(event, request, config)
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { id: userId, generation } = (await findEnrolment(table, enrolmentToken, now)).user
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const at = now.toISOString()
  const mail = { kind: 'enrolment', mailId, userId, generation, at, origin } as const
  await requestMail(table, config, mail, now)
  return accepted(mailId)
}
