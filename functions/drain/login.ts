import { readDrainFunction } from '../../lib/config.ts'
import { json } from '../../lib/http/responses.ts'
import { LoginRequest } from '../../lib/http/schemas/sessions.ts'
import { readSignIn } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type ReservingRoute, reservingHandler } from '../../lib/http/table.ts'
import { PASSWORD_LIMITS, SIGN_INS } from '../../lib/settings.ts'
import { verifyOrMove } from '../../lib/sign-in/moving-password.ts'
import { nextStep } from '../../lib/sign-in/next-step.ts'
import { completePasswordSignIn } from '../../lib/sign-in/password.ts'
import { admitAttempt } from '../../lib/throttling/attempt.ts'

export const SETTINGS = [
  ...SIGN_INS,
  ...PASSWORD_LIMITS,
  'NOTIFY_NEW_SOURCE',
  'MAILER',
  'REQUIRE_SECOND_FACTOR',
] as const

/**
 * POST /login while passwords come from an old place. It differs from `functions/sessions/login.ts` in the line that verifies: so a
 * service without such a place has nothing of it. A test compares the two.
 */
export const route: ReservingRoute<(typeof SETTINGS)[number]> = async (event, arrival) => {
  const drain = readDrainFunction()
  const request = readSignIn(event, LoginRequest, arrival)
  const attempt = await admitAttempt(arrival, { loginName: request.username })
  const verified = await verifyOrMove(arrival, attempt, request.password, drain)

  // A password hash takes long, so the next steps have a later instant.
  const at = { ...arrival, now: new Date() }
  const { user, next } = await nextStep(at, attempt, verified, request)
  if (next) return json(200, next)

  return sessionResponse(await completePasswordSignIn(at, attempt, { ...request, user }))
}

export const handler = reservingHandler(SETTINGS, route)
