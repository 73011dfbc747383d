import { randomUUID } from 'node:crypto'
import { completeEnrolment } from '../../lib/enrolment/complete.ts'
import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { verifyNewPasskey } from '../../lib/factors/passkeys/registration.ts'
import { EnrolmentPasskey } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import type { SignInSetting } from '../../lib/settings.ts'

/** POST /enrolment/passkey: adds a passkey as the first second factor, and completes the sign-in with it. */
export const route: TableRoute<
  SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE' | 'RP_ID' | 'RP_ORIGINS'
> = async (event, at) => {
  const { table, now } = at
  const { enrolmentToken, ...given } = readJson(event, EnrolmentPasskey, at)
  const page = pageOf(event, at)
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now, page)
  const registrant = { user: enrolment.user, loginTokenId: enrolment.login.id }
  const changeId = randomUUID()
  const verified = await verifyNewPasskey(at, registrant, given, changeId)
  const factor = { factor: 'passkey', changeId, ...verified } as const
  const signedIn = await completeEnrolment(at, { ...enrolment, page }, factor)
  return sessionResponse(signedIn)
}
