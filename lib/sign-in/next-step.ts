import { randomBytes } from 'node:crypto'
import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { findRecoveryCodes } from '../factors/recovery-codes/store.ts'
import { applyElapsedFactorReset } from '../factors/reset.ts'
import { logEvent } from '../log.ts'
import { upgradeHash } from '../passwords/verify.ts'
import { type Attempt, returnAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { factorsOf, needsFactor } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import { passwordEvent, placeOf } from './correct-password.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, type LoginToken, startLoginToken, storeLoginToken } from './login-token.ts'

/** Values of a password step that the steps after it need. */
export interface PasswordStep {
  username: string
  password: string
  inCookie: boolean
  /** Token of the session before the sign-in; empty without one. */
  refreshToken: string
}

/**
 * Returns the next step after a correct password. If the user has second factors, or must have one, it is the
 * body of a response with a login token. Before that, a reset of the factors whose delay is over is applied.
 *
 * The attempt is given back, because it was no wrong guess. The earlier attempts stay counted and the source
 * stays unknown until the sign-in is complete. An attacker with only the password gains only the next step.
 *
 * @param verified - The profile that was read before the password was verified.
 * @returns The user, after a reset; and `next`, or `undefined` if the password completes the sign-in. For a
 *   user without factors who needs none, it makes no call.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function nextStep(
  at: At<'REQUIRE_SECOND_FACTOR' | 'MAILER', ReservingTable>,
  attempt: Attempt,
  verified: User,
  step: PasswordStep,
): Promise<{ user: User; next: object | undefined }> {
  const { table, config, now } = at
  const hasNext = (one: User) => factorsOf(one).length > 0 || needsFactor(one, config.REQUIRE_SECOND_FACTOR)
  if (!hasNext(verified)) return { user: verified, next: undefined }
  const [user, place] = await together([
    applyElapsedFactorReset(at, verified),
    placeOf(at, attempt, verified),
  ])
  // The reset has removed the factors. The place stays counted.
  if (!hasNext(user)) return { user, next: undefined }
  const hasFactors = factorsOf(user).length > 0
  const { stored, token } = startLoginToken(
    user,
    { ...detailsOf(attempt, step), purpose: hasFactors ? 'second-factor' : 'enrolment' },
    now,
    randomBytes(LOGIN_TOKEN_RANDOM_BYTES),
  )
  const [codesLeft] = await together([
    hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve([]),
    storeLoginToken(table, stored, passwordEvent(at, stored, place)),
    returnAttempt(table, attempt),
    // Only this step has the password.
    upgradeHash(table, user, step.password),
  ])
  if (!hasFactors) {
    logEvent('info', { event: 'enrolment.required', userId: user.id })
    return { user, next: enrolmentBody(user, config.MAILER, token) }
  }
  logEvent('info', { event: 'factor.required', userId: user.id })
  return { user, next: secondFactorBody(user, codesLeft.length > 0, token) }
}

/** Returns the values of a password step for the login token. */
function detailsOf(
  { id, counters: [pair], pairAttempts }: Attempt,
  { username, inCookie, refreshToken }: PasswordStep,
): Pick<LoginToken, 'loginName' | 'inCookie' | 'replaces' | 'pairSk' | 'pairAttempts'> {
  return {
    loginName: username,
    inCookie,
    replaces: refreshToken || undefined,
    pairSk: pair.key.sk.S,
    pairAttempts: pairAttempts.filter((attemptId) => attemptId !== id),
  }
}

/** Returns the body of a response that leads to the second factor. */
export const secondFactorBody = (user: User, hasCodes: boolean, loginToken: string) => ({
  next: 'second-factor',
  factors: [...factorsOf(user), ...(hasCodes ? ['recovery-code'] : [])],
  loginToken,
})

/**
 * Returns the body of a response that leads to the enrolment of a second factor.
 *
 * @param mailerName - Name of the function that sends mails, if there is one.
 */
export const enrolmentBody = (
  { email, emailVerified }: Pick<User, 'email' | 'emailVerified'>,
  mailerName: string | undefined,
  enrolmentToken: string,
) => ({
  next: 'enrolment',
  proofs: email !== undefined && emailVerified && mailerName !== undefined ? ['mail', 'code'] : ['code'],
  enrolmentToken,
})
