import { randomBytes } from 'node:crypto'
import { together } from '../../lib/aws/together.ts'
import { beginEnrolment } from '../../lib/enrolment/enrolment.ts'
import { askedLanguage } from '../../lib/http/pages/language.ts'
import { json } from '../../lib/http/responses.ts'
import { RegistrationConfirmation } from '../../lib/http/schemas/account.ts'
import { readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { addressIn } from '../../lib/mail/confirmation.ts'
import { confirmedNames, storeUser, verifyMail } from '../../lib/registration/new-account.ts'
import { hashNewPassword } from '../../lib/registration/password.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { signInWithOneStep } from '../../lib/sign-in/password.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { needsFactor } from '../../lib/users/factors.ts'
import { newUser, USER_RANDOM_BYTES } from '../../lib/users/user.ts'

export const SETTINGS = [...SIGN_INS, 'BREACHED_PASSWORDS', 'REQUIRE_SECOND_FACTOR'] as const

/** POST /register/confirm: creates the account of a confirmed address, and signs in. */
export const route: ReservingRoute<(typeof SETTINGS)[number]> = async (event, arrival) => {
  const { table, config, origin } = arrival
  const request = readSignIn(event, RegistrationConfirmation, arrival)
  const { mailId, role } = await verifyMail(table, request, origin.sourceIp, arrival.now)
  const names = confirmedNames(addressIn(mailId), request.username)
  const passwordHash = await hashNewPassword(request.password, names, config)
  const at = { ...arrival, now: new Date() }
  const locale = askedLanguage(event)
  const user = newUser({ ...names, role, locale, passwordHash }, at.now, randomBytes(USER_RANDOM_BYTES))
  await storeUser(at, user, mailId)
  logEvent('info', { event: 'account.created', userId: user.id })
  // The mail has proved the address. So the source is the user's own, and no second step follows.
  const marking = markKnownSources(at, user, undefined)
  if (needsFactor(user, config.REQUIRE_SECOND_FACTOR)) {
    const [next] = await together([beginEnrolment(table, user, request, at.now), marking])
    return json(200, next)
  }
  return sessionResponse(await signInWithOneStep(at, { ...request, user }, marking))
}

export const handler = reservingHandler(SETTINGS, route)
