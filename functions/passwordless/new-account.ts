import { together } from '../../lib/aws/together.ts'
import { beginEnrolment } from '../../lib/enrolment/enrolment.ts'
import { askedLanguage } from '../../lib/http/pages/language.ts'
import { json } from '../../lib/http/responses.ts'
import { AnyRegistrationConfirmation } from '../../lib/http/schemas/account.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { createAnyAccount } from '../../lib/registration/any-account.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { signInWithOneStep } from '../../lib/sign-in/password.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { factorsOf, needsFactor } from '../../lib/users/factors.ts'

export const SETTINGS = [
  ...SIGN_INS,
  'BREACHED_PASSWORDS',
  'REQUIRE_SECOND_FACTOR',
  'RP_ID',
  'RP_ORIGINS',
] as const

/** POST /register/confirm with `mailSignIn=on`: creates an account with a password, a passkey or neither, and signs in. */
export const route: ReservingRoute<(typeof SETTINGS)[number]> = async (event, arrival) => {
  const request = readSignIn(event, AnyRegistrationConfirmation, arrival)
  // An app's page takes passwords, and could sign its visitor in by one that it knows. It signs in by nothing else.
  if (request.inCookie && request.password === undefined) requireSameOrigin(pageOf(event, arrival))
  const locale = askedLanguage(event)
  const { user, amr, recoveryCodes } = await createAnyAccount(arrival, { ...request, locale })
  logEvent('info', { event: 'account.created', userId: user.id })
  // The mail has proved the address. So the source is the user's own, and no second step follows.
  const at = { ...arrival, now: new Date(user.createdAt) }
  const marking = markKnownSources(at, user, undefined)
  if (factorsOf(user).length === 0 && needsFactor(user, arrival.config.REQUIRE_SECOND_FACTOR)) {
    const step = { ...request, first: request.password === undefined ? 'mail' : undefined } as const
    const [next] = await together([beginEnrolment(at.table, user, step, at.now), marking])
    return json(200, next)
  }
  const { token, ...session } = await signInWithOneStep(at, { ...request, user, amr }, marking)
  return sessionResponse({ ...session, token: { ...token, recoveryCodes } })
}

export const handler = reservingHandler(SETTINGS, route)
