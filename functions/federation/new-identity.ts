import { together } from '../../lib/aws/together.ts'
import { beginEnrolment } from '../../lib/enrolment/enrolment.ts'
import { createAccount } from '../../lib/federation/new-account.ts'
import { findPending } from '../../lib/federation/pending.ts'
import { askedLanguage } from '../../lib/http/pages/language.ts'
import { json } from '../../lib/http/responses.ts'
import { IdentityRegistration } from '../../lib/http/schemas/federation.ts'
import { browserKeyOf } from '../../lib/http/sessions/browser-key.ts'
import { pageOf, readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { logEvent } from '../../lib/log.ts'
import { requireSameOrigin } from '../../lib/oauth/authorize/cookie.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { signInWithOneStep } from '../../lib/sign-in/password.ts'
import { markKnownSources } from '../../lib/throttling/known-sources.ts'
import { AMR, needsFactor } from '../../lib/users/factors.ts'

export const SETTINGS = [
  ...SIGN_INS,
  'REGISTRATION',
  'ALLOWED_EMAIL_DOMAINS',
  'REQUIRE_SECOND_FACTOR',
] as const

/** POST /register/provider: creates the account of an identity that no user has, and signs in. */
export const route: ReservingRoute<(typeof SETTINGS)[number]> = async (event, at) => {
  const request = readSignIn(event, IdentityRegistration, at)
  requireSameOrigin(pageOf(event, at))
  const waiting = { key: browserKeyOf(event), purpose: 'sign-in' } as const
  const pending = await findPending(at.table, request.identityToken, waiting, at.now)
  const user = await createAccount(at, pending, { ...request, locale: askedLanguage(event) })
  logEvent('info', { event: 'account.created', userId: user.id })
  // The source is the user's own, as after `POST /register/confirm`, and no second step follows.
  const marking = markKnownSources(at, user, undefined)
  if (needsFactor(user, at.config.REQUIRE_SECOND_FACTOR)) {
    const step = { ...request, first: 'fed', provider: pending.provider } as const
    const [next] = await together([beginEnrolment(at.table, user, step, at.now), marking])
    return json(200, next)
  }
  const signIn = { ...request, user, amr: AMR.federated, about: { ref: pending.provider } }
  return sessionResponse(await signInWithOneStep(at, signIn, marking))
}

export const handler = reservingHandler(SETTINGS, route)
