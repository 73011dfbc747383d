import { randomBytes } from 'node:crypto'
import { findEnrolment } from '../../lib/enrolment/enrolment.ts'
import { ServiceError } from '../../lib/errors.ts'
import { readBody } from '../../lib/http/body.ts'
import { accepted } from '../../lib/http/responses.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { MAIL_ID_BYTES, newMailId } from '../../lib/mail/confirmation.ts'
import { requestMail } from '../../lib/mail/request.ts'

/** POST /enrolment/mail: sends a mail to the verified address of a user, which proves the enrolment. */
export const route: ReservingRoute<'MAILER' | 'LIMIT_MAIL_SOURCE'> = async (
  event,
  { table, config, origin, now },
) => {
  // The gateway has the path for the other steps, too.
  if (config.MAILER === undefined) throw new ServiceError('not_found', 'the service sends no mails')
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { id: userId, generation } = (await findEnrolment(table, enrolmentToken, now)).user
  const mailId = newMailId(randomBytes(MAIL_ID_BYTES))
  const mail = { kind: 'enrolment', mailId, userId, generation, at: now.toISOString(), origin } as const
  await requestMail(table, config, mail, now)
  return accepted(mailId)
}
