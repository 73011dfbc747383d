import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { notifyNewSource } from '../mail/request.ts'
import { upgradeHash } from '../passwords/verify.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds, type SessionTokens } from '../sessions/session.ts'
import type { SignInSetting } from '../settings.ts'
import { type Attempt, completeAttempt } from '../throttling/attempt.ts'
import { markKnownSources } from '../throttling/known-sources.ts'
import type { ReservingTable } from '../throttling/store.ts'
import { type Amr, BY_PASSWORD } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import { completeSignIn, type VerifiedSignIn } from './complete.ts'

/** A sign-in of one step. */
interface OneStepSignIn extends Pick<VerifiedSignIn, 'about'> {
  user: User
  inCookie: boolean
  /** Token of the session before it; empty without one. */
  refreshToken: string
  /** The step; by default the password. */
  amr?: Amr
}

/**
 * Completes the sign-in of a user without second factors.
 *
 * The attempt is given back at the same time: it was no wrong guess, even if the sign-in fails. Only the
 * response waits for that. So a slow counter cannot use up the time of the calls that the sign-in needs. The
 * source becomes known, and a notice is sent, only after the session is stored.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function completePasswordSignIn(
  at: At<SignInSetting | 'MAILER' | 'NOTIFY_NEW_SOURCE', ReservingTable>,
  attempt: Attempt,
  { password, ...signIn }: OneStepSignIn & { password: string },
): Promise<SessionTokens> {
  const { user } = signIn
  const givingBack = completeAttempt(at.table, attempt)
  const upgrading = upgradeHash(at.table, user, password)
  // This attempt is among them.
  const failures = attempt.pairAttempts.length - 1
  const complete = async () => {
    const tokens = await signInWithOneStep(at, { ...signIn, about: { failures } }, upgrading)
    await together([markKnownSources(at, user, attempt.mark), notifyNewSource(at, attempt.mark, user)])
    return tokens
  }
  const [tokens] = await together([complete(), givingBack])
  logEvent('info', { event: 'login.accepted', userId: user.id })
  return tokens
}

/**
 * Signs a user in for whom no second step follows.
 *
 * @param before - Work that ends before the session is stored. It is done once, also if the sign-in is tried twice.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function signInWithOneStep(
  at: At<SignInSetting>,
  { user, inCookie, refreshToken: unverifiedToken, amr = BY_PASSWORD, about }: OneStepSignIn,
  before: Promise<unknown>,
): Promise<SessionTokens> {
  const { table, config, origin, now, signInDevice: device } = at
  const presented = parseRefreshToken(unverifiedToken)
  const graceSeconds = config.REFRESH_GRACE_SECONDS
  const signing = { user, graceSeconds, inCookie, device, act: byUser(at, user.id) }
  const find = async () => {
    const [replaced] = await together([findReplaced(table, presented, signing), before])
    return replaced
  }
  const lifetimes = lifetimesFrom(config)
  const signIn = { user, presented, amr, inCookie, origin, lifetimes, about }
  const { token, session, refreshToken } = await completeSignIn(at, signIn, find)
  const headers = device?.headersFor(session, config.TOKEN_ISSUER)
  return { token, refreshToken, refreshExpiresIn: refreshTtlSeconds(session, now), inCookie, headers }
}
