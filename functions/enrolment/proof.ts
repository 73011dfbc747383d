import { findEnrolment } from '../../lib/enrolment/enrolment.ts'
import { proveByCode, proveByMail } from '../../lib/enrolment/proof.ts'
import { readBody } from '../../lib/http/body.ts'
import { noContent } from '../../lib/http/responses.ts'
import { EnrolmentProofRequest } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'

/** POST /enrolment/proof: accepts a proof of the account, in addition to the password. */
export const route: ReservingRoute = async (event, { table, origin, now }) => {
  const { enrolmentToken, operatorCode, ...fields } = readBody(event, EnrolmentProofRequest)
  const enrolment = await findEnrolment(table, enrolmentToken, now)
  await (operatorCode === undefined
    ? proveByMail(table, enrolment, { ...fields, ...origin }, now)
    : proveByCode(table, enrolment, operatorCode, now))
  logEvent('info', { event: 'enrolment.proved', userId: enrolment.user.id })
  return noContent()
}
