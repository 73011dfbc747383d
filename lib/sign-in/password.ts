import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { notifyNewSource } from '../mail/request.ts'
import { upgradeHash } from '../passwords/verify.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds } from '../sessions/session.ts'
import { type Attempt, completeAttempt, markAttempt } from '../throttling/attempt.ts'
import type { ReservingTable } from '../throttling/store.ts'
import type { IssuedToken, IssuerSetting } from '../tokens/issue.ts'
import { BY_PASSWORD } from '../users/factors.ts'
import type { User } from '../users/user.ts'
import { completeSignIn } from './complete.ts'

type Settings =
  | IssuerSetting
  | 'SESSION_TTL_SECONDS'
  | 'SESSION_IDLE_TTL_SECONDS'
  | 'REFRESH_GRACE_SECONDS'
  | 'MAILER'
  | 'NOTIFY_NEW_SOURCE'

/** A sign-in with a correct password and without a second factor. */
interface PasswordSignIn {
  user: User
  password: string
  inCookie: boolean
  /** Token of the session before it; empty without one. */
  refreshToken: string
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
  at: At<Settings, ReservingTable>,
  attempt: Attempt,
  { user, password, inCookie, refreshToken: unverifiedToken }: PasswordSignIn,
): Promise<{ token: IssuedToken; refreshToken: string; refreshExpiresIn: number }> {
  const { table, config, origin, now } = at
  const lifetimes = lifetimesFrom(config)
  const presented = parseRefreshToken(unverifiedToken)
  const signing = { user, graceSeconds: config.REFRESH_GRACE_SECONDS, act: byUser(at, user.id) }
  // Given back once, even if the sign-in is tried twice.
  const givingBack = completeAttempt(table, attempt)
  const upgrading = upgradeHash(table, user, password)
  const find = async () => {
    const [replaced] = await together([findReplaced(table, presented, signing), upgrading])
    return replaced
  }
  // This attempt is among them.
  const failures = attempt.pairAttempts.length - 1
  const signIn = { user, presented, amr: BY_PASSWORD, inCookie, origin, lifetimes, failures }
  const complete = async () => {
    const completed = await completeSignIn(at, signIn, find)
    await together([
      markAttempt(table, attempt, lifetimes.absoluteTtlSeconds, now),
      notifyNewSource(at, attempt.mark, user),
    ])
    return completed
  }
  const [{ token, session, refreshToken }] = await together([complete(), givingBack])
  logEvent('info', { event: 'login.accepted', userId: user.id })
  return { token, refreshToken, refreshExpiresIn: refreshTtlSeconds(session, now) }
}
