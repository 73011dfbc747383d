import { completeEnrolment } from '../../lib/enrolment/complete.ts'
import { findProvedEnrolment } from '../../lib/enrolment/enrolment.ts'
import { verifyTotpSetup } from '../../lib/factors/totp/setup.ts'
import { EnrolmentTotpConfirmation } from '../../lib/http/schemas/factors.ts'
import { pageOf, readJson } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { bySharedPath } from '../../lib/http/shared-path.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { SIGN_INS } from '../../lib/settings.ts'

export const SETTINGS = [...SIGN_INS, 'FACTOR_KEY', 'NOTIFY_NEW_SOURCE', 'MAILER'] as const

/** POST /enrolment/totp/confirm: adds an authenticator app as the first second factor, and completes the sign-in with it. */
const complete: ReservingRoute<(typeof SETTINGS)[number]> = async (event, at) => {
  const { table, now } = at
  const { enrolmentToken, code } = readJson(event, EnrolmentTotpConfirmation, at)
  const page = pageOf(event, at)
  const enrolment = await findProvedEnrolment(table, enrolmentToken, now, page)
  const { user, login } = enrolment
  const verified = await verifyTotpSetup(at, user, code, login.id)
  const factor = { factor: 'totp', ...verified } as const
  const signedIn = await completeEnrolment(at, { ...enrolment, page }, factor)
  return sessionResponse(signedIn)
}

// The gateway has the path for each step of an enrolment.
export const route = bySharedPath({ 'POST /enrolment/totp/confirm': complete })

export const handler = reservingHandler(SETTINGS, route)
