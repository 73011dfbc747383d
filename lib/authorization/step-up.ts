import { type Challenge, ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'
import {
  type Acr,
  type FactorPolicy,
  type FactorState,
  factorsOf,
  needsFactor,
  type PolicySubject,
} from '../users/factors.ts'
import type { Principal } from '../users/user.ts'

/** Requirements of a route for its caller's sign-in. */
export interface Authentication {
  acr: Acr
  /** Seconds since the sign-in. */
  maxAgeSeconds: number
}

/** Requirements of a change of the account, for a user with second factors: a new sign-in. */
const STEP_UP: Authentication = { acr: 'aal2', maxAgeSeconds: 300 }

/** Detail of the response to a caller who must sign in again. */
const SIGN_IN_AGAIN = 'Sign in again to continue.'

/**
 * Returns the members of a problem that a client needs to sign its user in again (RFC 9470 section 3). REST
 * APIs rename the header `WWW-Authenticate` of a function.
 */
const challengeOf = ({ acr, maxAgeSeconds }: Authentication): Challenge => ({
  error: 'insufficient_user_authentication',
  acr_values: acr,
  max_age: maxAgeSeconds,
})

/** The problem of {@link requireStepUp}, as the API description shows it. */
export const STEP_UP_PROBLEM = { detail: SIGN_IN_AGAIN, ...challengeOf(STEP_UP) }

/**
 * Requires that the caller signed in recently enough, and with enough factors.
 *
 * Otherwise the client signs the user in again, and repeats the request with the new token (RFC 9470 section
 * 4). A refresh of the token is not enough: it changes neither time nor factors of the sign-in.
 *
 * @throws {@link ServiceError} `invalid_token`, with what is required.
 * @example
 * requireAuthentication(principalOf(event, now), { acr: 'aal2', maxAgeSeconds: 600 }, now)
 */
export function requireAuthentication(
  principal: Pick<Principal, 'acr' | 'authTime'>,
  required: Authentication,
  now: Date,
): void {
  if (hasAuthentication(principal, required, now)) return
  throw new ServiceError('invalid_token', 'the sign-in is too old or had too few factors', {
    event: 'stepup.required',
    detail: SIGN_IN_AGAIN,
    challenge: challengeOf(required),
  })
}

const hasAuthentication = (
  { acr, authTime }: Pick<Principal, 'acr' | 'authTime'>,
  required: Authentication,
  now: Date,
): boolean => acr >= required.acr && secondOf(now) - authTime <= required.maxAgeSeconds

/** Returns the `acr` that a sign-in still counts for at a change of the account: a sign-in with two factors for some minutes. */
export const acrForChange = (principal: Pick<Principal, 'acr' | 'authTime'>, now: Date): Acr =>
  hasAuthentication(principal, STEP_UP, now) ? STEP_UP.acr : 'aal1'

/**
 * Requires a recent sign-in with two factors, if the user has second factors or must have one. Routes that
 * change an account call it and also verify the current password.
 *
 * A token may be older than the policy. With only the password, a thief could add the first second factor, or
 * change the address that proves an enrolment. A sign-in of a user who must have a factor leads to the
 * enrolment.
 *
 * @param user - From a read of this request. The token does not show whether its user has factors now.
 * @throws {@link ServiceError} as {@link requireAuthentication}.
 */
export function requireStepUp(
  principal: Pick<Principal, 'acr' | 'authTime'>,
  user: FactorState & PolicySubject,
  policy: FactorPolicy,
  now: Date,
): void {
  const isCovered = factorsOf(user).length > 0 || needsFactor(user, policy)
  if (isCovered) requireAuthentication(principal, STEP_UP, now)
}

/**
 * Requires that a change that began under {@link requireStepUp} may be completed. The age of the sign-in was
 * verified at the beginning, but the policy may include the user only since then.
 *
 * @throws {@link ServiceError} as {@link requireAuthentication}.
 */
export function requireStillAllowed(
  { acr }: Pick<Principal, 'acr'>,
  user: PolicySubject,
  policy: FactorPolicy,
  now: Date,
): void {
  if (needsFactor(user, policy)) requireAuthentication({ acr, authTime: secondOf(now) }, STEP_UP, now)
}
