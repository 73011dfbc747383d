import type { At } from '../context.ts'
import { logEvent } from '../log.ts'
import { type Redeemed, redeemRefreshToken, type ShownToken } from './redeem.ts'
import { nextSecret } from './refresh-token.ts'
import { rotated, type Session, type SessionLifetimes } from './session.ts'
import { replaceSecret } from './store.ts'

/** A session after a refresh, and the secret of the refresh token that the client gets. */
export interface Rotated {
  session: Session
  secret: string
}

/** A rotation of a session's secret. */
interface Rotation {
  presented: ShownToken
  /** The result of {@link redeemRefreshToken} for the presented token. */
  redeemed: Pick<Redeemed, 'session' | 'state'>
  lifetimes: SessionLifetimes
  /** As for {@link redeemRefreshToken}. */
  graceSeconds: number
}

/**
 * Replaces the secret of a session by the next one, if a rotation is due.
 *
 * No rotation is due if the secret replaced another one moments ago: the client gets the same secret back.
 * Otherwise clients that send requests at once or reload would present replaced secrets, and lose their
 * session.
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
    // A thief who presents the newest token moments after the owner gets the same result. This log line is
    // the only trace.
    logEvent('warn', { event: 'session.repeated', userId, sessionId })
    return { session, secret }
  }
  const next = nextSecret(session, secret)
  if (state === 'repeated') return { session, secret: next }
  const after = rotated(session, next, lifetimes, now)
  if (await replaceSecret(table, session, after)) return { session: after, secret: next }
  // A concurrent request with the same token came first. Both get the same next token, if the session is
  // still live.
  const again = await redeemRefreshToken(at, presented, graceSeconds)
  return { session: again.session, secret: next }
}
