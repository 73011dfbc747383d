import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { beginRegistration } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'
import type { ReservingRoute } from '../../lib/http/table.ts'

/** POST /enrolment/passkey/options: begins to add a passkey as the first second factor. */
export const route: ReservingRoute<'RP_ID' | 'SERVICE_NAME'> = async (event, at) => {
  const { table, now } = at
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { login, user } = await findProvedEnrolment(table, enrolmentToken, now)
  const registrant = { user, loginTokenId: login.id }
  return json(200, await beginRegistration(at, registrant))
}
