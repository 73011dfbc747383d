import type { At } from '../context.ts'
import { ServiceError } from '../errors.ts'
import { byUser } from '../events/event.ts'
import { logEvent } from '../log.ts'
import { secondOf } from '../time.ts'
import { acrOf, type FactorPolicy, needsFactor } from '../users/factors.ts'
import type { UserState } from '../users/user.ts'
import { classifySecret, type PresentedToken, type SecretState } from './refresh-token.ts'
import { isLive, type Session, type SessionLifetimes } from './session.ts'
import { endSession, findSession } from './store.ts'

/** A valid refresh token's session and user, as just read. */
export interface Redeemed {
  session: Session
  user: UserState
  state: Exclude<SecretState, 'reused'>
}

/**
 * Verifies a refresh token and returns its session and user.
 *
 * Detects reuse: a token that was replaced earlier ends its session, because an attacker may have
 * copied it (RFC 9700 section 4.14.2). A repeated token is logged, because a thief who follows the owner
 * closely looks the same as an impatient client.
 *
 * @param graceSeconds - How long a replaced token still gets its replacement.
 * @throws {@link ServiceError} `invalid_refresh_token`, the same for every reason, or `unavailable`.
 */
export async function redeemRefreshToken(
  at: At,
  { userId, sessionId, secret }: PresentedToken,
  graceSeconds: number,
): Promise<Redeemed> {
  const { table, now } = at
  const { session, user } = await findSession(table, userId, sessionId)
  if (!session || !user || !isLive(session, user, now)) {
    throw new ServiceError('invalid_refresh_token', 'no such session')
  }
  const state = classifySecret(session, secret, graceSeconds, now)
  if (state === 'reused') {
    // Logged first: the theft must show even if the write fails.
    logEvent('warn', { event: 'session.reuse', userId, sessionId })
    await endSession(table, session, 'reused', byUser(at, userId))
    throw new ServiceError('invalid_refresh_token', 'the token was replaced earlier')
  }
  if (state === 'repeated') logEvent('warn', { event: 'session.repeated', userId, sessionId })
  return { session, user, state }
}

/**
 * Requires that a session is no older than sessions may become now. It may have begun when they could become older.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`.
 */
export function requireYoung(
  { session }: Pick<Redeemed, 'session'>,
  { absoluteTtlSeconds }: SessionLifetimes,
  now: Date,
): void {
  if (session.createdAt + absoluteTtlSeconds > secondOf(now)) return
  throw new ServiceError('invalid_refresh_token', 'the session is older than sessions may become')
}

/**
 * Requires that a session began with as many factors as the policy demands of its user now. The user signs in again, and then
 * enrols a factor.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`.
 */
export function requireFactors(
  { session, user }: Pick<Redeemed, 'session' | 'user'>,
  policy: FactorPolicy,
): void {
  if (acrOf(session.amr) === 'aal2' || !needsFactor(user.role, policy)) return
  throw new ServiceError('invalid_refresh_token', 'the policy demands a second factor')
}
