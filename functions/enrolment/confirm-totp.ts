import { readConfig } from '../../lib/config.ts'
import { completeEnrolment } from '../../lib/factors/complete-enrolment.ts'
import { findProvedEnrolment } from '../../lib/factors/enrolment.ts'
import { verifyTotpSetup } from '../../lib/factors/totp-setup.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { EnrolmentTotpConfirmation } from '../../lib/http/schemas.ts'
import { readJson } from '../../lib/sessions/request.ts'
import { reservingTable } from '../../lib/throttling/reservations.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'

const issueToken = tokenIssuer()

/** POST /enrolment/totp/confirm: adds an authenticator app as the first second factor, and completes the sign-in with it. */
export const handler = apiHandler(async (event, request) => {
  const config = readConfig([
    'TABLE_NAME',
    'FACTOR_KEY',
    'COOKIE_SESSIONS',
    'SESSION_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'SIGNING_KEY',
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_TTL_SECONDS',
    'NOTIFY_NEW_SOURCE',
    'MAILER',
  ])
  const { now } = request
  const table = reservingTable(request, config.TABLE_NAME)
  const { enrolmentToken, code } = readJson(event, EnrolmentTotpConfirmation, { config })
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now, { ...request, event })
  const { user, login } = enrolment
  const verified = await verifyTotpSetup(table, config, user, code, now, login.id)
  const factor = { factor: 'totp', ...verified } as const
  return completeEnrolment(table, config, enrolment, factor, { ...request, event }, (changed, session) =>
    issueToken(table.aws, config, changed, session, now),
  )
})
