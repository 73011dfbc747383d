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

/** The live session of a refresh token and its user, from a read of this request. */
export interface Presented {
  session: Session
  user: UserState
  /** The relation of the token to the session. */
  state: SecretState
}

/** A refresh token, and whether the request has it in the cookie. */
export interface ShownToken extends PresentedToken {
  inCookie?: boolean
}

/** A valid refresh token's session and user, from a read of this request. */
export interface Redeemed extends Presented {
  state: 'fresh' | 'current' | 'repeated'
}

/** Like {@link Redeemed}, or for a token of another sign-in of the session. */
interface RedeemedAny extends Presented {
  state: Redeemed['state'] | 'changed'
}

/** The problem of a token of another sign-in of its session. Clients compare `error`. */
export const SESSION_CHANGED = {
  error: 'session_changed',
  detail: 'Another sign-in has renewed the session. Repeat the request once with the latest token.',
}

/** Returns the error of a token of another sign-in of its session: {@link SESSION_CHANGED}. */
export const sessionChanged = (): ServiceError =>
  new ServiceError('conflict', 'the token is of another sign-in of the session', SESSION_CHANGED)

/** Returns the error of a refresh token that was used again. Its session has ended. */
const reused = (): ServiceError =>
  Object.assign(new ServiceError('invalid_refresh_token', 'the token was replaced earlier'), {
    isReuse: true,
  })

/** Whether an error says that a refresh token was used again, and that its session has ended. */
export const isReuse = (error: unknown): boolean => error instanceof ServiceError && 'isReuse' in error

/**
 * Finds the live session of a refresh token, and classifies the token. Changes nothing.
 *
 * The sign-in is compared first: the token of another one is no copy, if another tab has just signed in. Then the device, and last the
 * secret: a copy without the device must not end the session.
 *
 * @param graceSeconds - How long a replaced token still gets its replacement.
 * @throws {@link ServiceError} `invalid_refresh_token`, if there is no such session; as `require` of `ShownDevice` in `lib/context.ts`; or
 *   `unavailable`.
 */
export async function findPresented(
  { table, now, device }: Pick<At, 'table' | 'now' | 'device'>,
  presented: ShownToken,
  graceSeconds: number,
): Promise<Presented> {
  const { session, user } = await findSession(table, presented.userId, presented.sessionId, device)
  if (!session || !user || !isLive(session, user, now)) {
    throw new ServiceError('invalid_refresh_token', 'no such session')
  }
  const state = classifySecret(session, presented, graceSeconds, now)
  if (state !== 'changed') device?.require(session, presented.inCookie ?? false)
  return { session, user, state }
}

/**
 * Verifies a refresh token like {@link redeemAnyToken}, but only one of the latest sign-in of its session.
 *
 * A token of another sign-in of the session ends nothing. A sign-in in another tab may replace the token at
 * any time, and the client then has the next one in its cookie.
 *
 * @param graceSeconds - How long a replaced token still gets its replacement.
 * @throws {@link ServiceError} `conflict`, as {@link SESSION_CHANGED}; or as {@link redeemAnyToken}.
 */
export async function redeemRefreshToken(
  at: At,
  presented: ShownToken,
  graceSeconds: number,
): Promise<Redeemed> {
  const { session, user, state } = await redeemAnyToken(at, presented, graceSeconds)
  if (state !== 'changed') return { session, user, state }
  throw sessionChanged()
}

/**
 * Verifies a refresh token of any sign-in of a session, and returns the session and its user.
 *
 * Detects reuse: a token that was replaced earlier ends its session, because an attacker may have copied it
 * (RFC 9700 section 4.14.2). Only tokens of the same sign-in are compared for that. A repeated token is
 * logged: a thief who follows the owner closely cannot be distinguished from an impatient client.
 *
 * @param graceSeconds - How long a replaced token still gets its replacement.
 * @throws {@link ServiceError} `invalid_refresh_token`, the same for every reason, or `unavailable`.
 */
export async function redeemAnyToken(
  at: At,
  presented: ShownToken,
  graceSeconds: number,
): Promise<RedeemedAny> {
  const { session, user, state } = await findPresented(at, presented, graceSeconds)
  const { userId, id: sessionId } = session
  if (state === 'reused') {
    await endSession(at.table, session, 'reused', byUser(at, userId))
    throw reused()
  }
  if (state === 'repeated') logEvent('warn', { event: 'session.repeated', userId, sessionId })
  return { session, user, state }
}

/**
 * Requires that the sign-in of a session is not older than the present limit. The limit may have been higher
 * at the sign-in.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`.
 */
export function requireYoung(
  { session }: Pick<Redeemed, 'session'>,
  { absoluteTtlSeconds }: SessionLifetimes,
  now: Date,
): void {
  if (session.authTime + absoluteTtlSeconds > secondOf(now)) return
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
  if (acrOf(session.amr) === 'aal2' || !needsFactor(user, policy)) return
  throw new ServiceError('invalid_refresh_token', 'the policy demands a second factor')
}
