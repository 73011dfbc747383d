import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { startTotp } from '../../lib/factors/totp/setup.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'
import type { TableRoute } from '../../lib/http/table.ts'

/** POST /enrolment/totp: begins to set up an authenticator app as the first second factor. */
export const route: TableRoute<'FACTOR_KEY' | 'SERVICE_NAME'> = async (event, at) => {
  const { table, now } = at
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { login, user } = await findProvedEnrolment(table, enrolmentToken, now)
  return json(200, await startTotp(at, user, { loginTokenId: login.id }))
}
