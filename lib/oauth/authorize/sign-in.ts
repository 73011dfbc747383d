import type { Session } from '../../sessions/session.ts'
import { secondOf } from '../../time.ts'
import { type Amr, acrOf } from '../../users/factors.ts'
import type { AuthorizationRequest } from './request.ts'

/** The sign-in of a session, as codes and tokens name it. */
export interface SignIn {
  sessionId: string
  /** Second since the epoch. */
  authTime: number
  amr: Amr
}

/** Returns the sign-in of a session. */
export const signInOf = ({ id, authTime, amr }: Session): SignIn => ({ sessionId: id, authTime, amr })

/**
 * How long a sign-in counts as the one that a request has asked for. After that, the screen may have been
 * open for too long.
 */
const COUNTS_SECONDS = 600

/**
 * Whether a request demands a newer or stronger sign-in than that of the session (OpenID Connect Core section
 * 3.1.2.1).
 *
 * A sign-in at or after `start` is the one that this request asked for: it meets `prompt=login` and `max_age`, for ten minutes at
 * least. An `acr_values` that it could not meet is voluntary. `max_age=0` is `prompt=login`.
 *
 * @param signIn - `undefined` without a session. Then the result says whether a sign-in of another tab is not
 *   enough.
 * @param start - Second since the epoch, from {@link startOf} at an earlier try of the same request.
 */
export function needsSignIn(
  { prompts, maxAgeSeconds, acrValues }: AuthorizationRequest,
  signIn: Pick<SignIn, 'authTime' | 'amr'> | undefined,
  start: number | undefined = Infinity,
  now: Date,
): boolean {
  const ageSeconds = signIn ? secondOf(now) - signIn.authTime : Infinity
  const countsSeconds = Math.max(COUNTS_SECONDS, maxAgeSeconds ?? 0)
  if (signIn && signIn.authTime >= start && ageSeconds <= countsSeconds) return false
  if (prompts.includes('login') || maxAgeSeconds === 0) return true
  if (ageSeconds > (maxAgeSeconds ?? Infinity)) return true
  const isAsking = acrValues.includes('aal2') && !prompts.includes('none')
  return isAsking && !(signIn && acrValues.includes(acrOf(signIn.amr)))
}

/**
 * Returns the second from which on a sign-in counts as the one that a request asked for. The present sign-in
 * does not count.
 */
export const startOf = (signIn: SignIn | undefined, now: Date): number =>
  Math.max(secondOf(now), (signIn?.authTime ?? 0) + 1)
