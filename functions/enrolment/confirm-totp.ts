import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import type { CompletionConfig } from '../../lib/factors/complete.ts'
import { completeEnrolment } from '../../lib/factors/complete-enrolment.ts'
import { findProvedEnrolment } from '../../lib/factors/enrolment.ts'
import { verifyTotpSetup } from '../../lib/factors/totp-setup.ts'
import { readBody } from '../../lib/http/body.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentTotpConfirmation } from '../../lib/http/schemas.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'FACTOR_KEY'>

const issueToken = tokenIssuer()

/** POST /enrolment/totp/confirm: adds an authenticator app as the first second factor, and completes the sign-in with it. */
export const handler: RouteHandler<Settings> = async (event, request, config) => {
  const { now, deadlineMs } = request
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { enrolmentToken, code } = readBody(event, EnrolmentTotpConfirmation)
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now)
  const { user, login } = enrolment
  const verified = await verifyTotpSetup(table, config, user, code, now, login.id)
  const factor = { factor: 'totp', ...verified } as const
  return completeEnrolment(table, config, enrolment, factor, { ...request, event }, (changed, session) =>
    issueToken(table.aws, config, changed, session, now),
  )
}
