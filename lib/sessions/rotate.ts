import type { At } from '../context.ts'
import { logEvent } from '../log.ts'
import { type Redeemed, redeemRefreshToken } from './redeem.ts'
import { nextSecret, type PresentedToken } from './refresh-token.ts'
import { rotated, type Session, type SessionLifetimes } from './session.ts'
import { replaceSecret } from './store.ts'

/** A session after a refresh, and the secret of the refresh token that the client gets. */
export interface Rotated {
  session: Session
  secret: string
}

/** A rotation of a session's secret. */
interface Rotation {
  presented: PresentedToken
  /** The presented token, as {@link redeemRefreshToken} read it. */
  redeemed: Pick<Redeemed, 'session' | 'state'>
  lifetimes: SessionLifetimes
  /** As for {@link redeemRefreshToken}. */
  graceSeconds: number
}

/**
 * Replaces the secret of a session by the next one, if the presented one is due.
 *
 * A secret that replaced another moments ago is not due: the client gets it back. Clients that are
 * impatient or reload would otherwise outrun their own requests, and lose their session.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`, if the session ended since, or `unavailable`.
 */
export async function rotateSecret(
  at: At,
  { presented, redeemed, lifetimes, graceSeconds }: Rotation,
): Promise<Rotated> {
  const { table, now } = at
  const { session, state } = redeemed
  const { userId, sessionId, secret } = presented
  if (state === 'fresh') {
    // A thief who presents the newest token moments after the owner gets this too, and leaves no other trace.
    logEvent('warn', { event: 'session.repeated', userId, sessionId })
    return { session, secret }
  }
  const next = nextSecret(session, secret)
  if (state === 'repeated') return { session, secret: next }
  const after = rotated(session, next, lifetimes, now)
  if (await replaceSecret(table, session, after)) return { session: after, secret: next }
  // A concurrent request with the same token came first. Its next token is the same, if the session is still live.
  const again = await redeemRefreshToken(at, presented, graceSeconds)
  return { session: again.session, secret: next }
}
