import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import type { CompletionConfig } from '../../lib/factors/complete.ts'
import { completeEnrolment } from '../../lib/factors/complete-enrolment.ts'
import { findProvedEnrolment } from '../../lib/factors/enrolment.ts'
import { verifyTotpSetup } from '../../lib/factors/totp-setup.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentTotpConfirmation } from '../../lib/http/schemas.ts'
import { readJson } from '../../lib/sessions/request.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS' | 'FACTOR_KEY'>

const issueToken = tokenIssuer()

/** POST /enrolment/totp/confirm: adds an authenticator app as the first second factor, and completes the sign-in with it. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const { now, deadlineMs } = request
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { enrolmentToken, code } = readJson(event, EnrolmentTotpConfirmation, { config })
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now, { ...request, event })
  const { user, login } = enrolment
  const verified = await verifyTotpSetup(table, config, user, code, now, login.id)
  const factor = { factor: 'totp', ...verified } as const
  return completeEnrolment(table, config, enrolment, factor, { ...request, event }, (changed, session) =>
    issueToken(table.aws, config, changed, session, now),
  )
}
