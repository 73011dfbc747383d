import type { Config } from '../../lib/config.ts'
import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { beginRegistration } from '../../lib/factors/passkeys/registration.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'
import { reservingContext } from '../../lib/http/table.ts'

type Settings = Config<'TABLE_NAME' | 'RP_ID' | 'SERVICE_NAME'>

/** POST /enrolment/passkey/options: begins to add a passkey as the first second factor. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const at = reservingContext(event, request, config)
  const { table, now } = at
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { login, user } = await findProvedEnrolment(table, enrolmentToken, now)
  const registrant = { user, loginTokenId: login.id }
  return json(200, await beginRegistration(at, registrant))
}
