import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { startTotp } from '../../lib/factors/totp/setup.ts'
import { readBody } from '../../lib/http/body.ts'
import { json } from '../../lib/http/responses.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentRequest } from '../../lib/http/schemas/factors.ts'

type Settings = Config<'TABLE_NAME' | 'FACTOR_KEY' | 'SERVICE_NAME'>

/** POST /enrolment/totp: begins to set up an authenticator app as the first second factor. */
export const route: RouteHandler<Settings> = async (event, { now, deadlineMs }, config) => {
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { enrolmentToken } = readBody(event, EnrolmentRequest)
  const { login, user } = await findProvedEnrolment(table, enrolmentToken, now)
  return json(200, await startTotp({ table, config, now }, user, login.id))
}
