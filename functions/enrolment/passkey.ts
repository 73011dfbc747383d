import { randomUUID } from 'node:crypto'
import { within } from '../../lib/aws/client.ts'
import type { Config } from '../../lib/config.ts'
import { completeEnrolment } from '../../lib/enrolment/complete.ts'
import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import type { RelyingParty } from '../../lib/factors/passkeys/ceremony.ts'
import { verifyNewPasskey } from '../../lib/factors/passkeys/registration.ts'
import { originOf } from '../../lib/http/headers.ts'
import type { RouteHandler } from '../../lib/http/routes.ts'
import { EnrolmentPasskey } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { CompletionConfig } from '../../lib/sign-in/factor.ts'
import { type IssuerConfig, tokenIssuer } from '../../lib/tokens/issue.ts'

type Settings = RelyingParty & CompletionConfig & IssuerConfig & Config<'TABLE_NAME' | 'COOKIE_SESSIONS'>

const issueToken = tokenIssuer()

/** POST /enrolment/passkey: adds a passkey as the first second factor, and completes the sign-in with it. */
export const route: RouteHandler<Settings> = async (event, request, config) => {
  const { now, deadlineMs } = request
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const at = { table, config, origin: originOf(event), now }
  const { enrolmentToken, ...given } = readJson(event, EnrolmentPasskey, { config })
  const page = pageOf(event, request)
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now, page)
  const registrant = { user: enrolment.user, loginTokenId: enrolment.login.id }
  const changeId = randomUUID()
  const verified = await verifyNewPasskey(at, registrant, given, changeId)
  const factor = { factor: 'passkey', changeId, ...verified } as const
  const signedIn = await completeEnrolment(at, { ...enrolment, page }, factor, (changed, session) =>
    issueToken(at, changed, session),
  )
  return sessionResponse(signedIn)
}
