import { randomBytes } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { together } from '../aws/together.ts'
import type { Config } from '../config.ts'
import { json } from '../http/responses.ts'
import { logEvent } from '../log.ts'
import { type Attempt, returnAttempt, upgradeHash } from '../passwords/verify.ts'
import { replacedSession } from '../sessions/sign-in.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { factorsOf, needsFactor } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import { LOGIN_TOKEN_RANDOM_BYTES, type LoginToken, startLoginToken, storeLoginToken } from './login-token.ts'
import { findRecoveryCodes } from './recovery-codes-store.ts'

/** The request of a password step: what the steps after it need. */
export interface PasswordStep {
  username: string
  password: string
  inCookie: boolean
  /** Of the session that the sign-in replaces; empty without one. */
  refreshToken: string
}

/**
 * Returns the response to a right password that does not complete the sign-in: the user has second factors, or must have one.
 *
 * The attempt is given back, because it was no wrong guess. Nothing else is: the earlier attempts stay counted and the source
 * stays unknown until the sign-in is complete. An attacker with the password alone gains nothing but the next step.
 *
 * @param user - As read before the password was verified.
 * @returns `undefined`, without any call, if the password completes the sign-in.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function nextStep(
  table: ReservingTable,
  config: Config<'REQUIRE_SECOND_FACTOR' | 'MAILER'>,
  attempt: Attempt,
  user: User,
  step: PasswordStep,
  now: Date,
): Promise<APIGatewayProxyResult | undefined> {
  const hasFactors = factorsOf(user).length > 0
  if (!hasFactors && !needsFactor(user.role, config.REQUIRE_SECOND_FACTOR)) return undefined
  const { stored, token } = startLoginToken(
    user,
    { ...detailsOf(attempt, step), purpose: hasFactors ? 'second-factor' : 'enrolment' },
    now,
    randomBytes(LOGIN_TOKEN_RANDOM_BYTES),
  )
  const [codesLeft] = await together([
    hasFactors ? findRecoveryCodes(table, user.id) : Promise.resolve([]),
    storeLoginToken(table, stored),
    returnAttempt(table, attempt),
    // Only this step knows the password.
    upgradeHash(table, user, step.password),
  ])
  if (!hasFactors) {
    logEvent('info', { event: 'enrolment.required', userId: user.id })
    return json(200, enrolmentBody(user, config.MAILER, token))
  }
  logEvent('info', { event: 'factor.required', userId: user.id })
  return json(200, secondFactorBody(user, codesLeft.length > 0, token))
}

/** Returns what the login token keeps of a password step. */
function detailsOf(
  { id, counters: [pair], pairAttempts }: Attempt,
  { username, inCookie, refreshToken }: PasswordStep,
): Pick<LoginToken, 'loginName' | 'inCookie' | 'replaces' | 'pairSk' | 'pairAttempts'> {
  return {
    loginName: username,
    inCookie,
    replaces: replacedSession(refreshToken),
    pairSk: pair.key.sk.S,
    pairAttempts: pairAttempts.filter((attemptId) => attemptId !== id),
  }
}

const secondFactorBody = (user: User, hasCodes: boolean, loginToken: string) => ({
  next: 'second-factor',
  factors: [...factorsOf(user), ...(hasCodes ? ['recovery-code'] : [])],
  loginToken,
})

/**
 * Returns the body of a response that leads to the enrolment of a second factor.
 *
 * @param mailerName - Name of the function that sends mails, if there is one.
 */
const enrolmentBody = (
  { email, emailVerified }: Pick<User, 'email' | 'emailVerified'>,
  mailerName: string | undefined,
  enrolmentToken: string,
) => ({
  next: 'enrolment',
  proofs: email !== undefined && emailVerified && mailerName !== undefined ? ['mail', 'code'] : ['code'],
  enrolmentToken,
})
