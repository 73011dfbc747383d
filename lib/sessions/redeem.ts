import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import type { User } from '../users/user.ts'
import { classifySecret, type PresentedToken } from './refresh-token.ts'
import { isLive, type Session } from './session.ts'
import { deleteSession, findSession } from './store.ts'

/**
 * Verifies a refresh token and returns its session and user.
 *
 * Detects reuse: a token that was replaced earlier ends its session, because an attacker may have
 * copied it (RFC 9700 section 4.14.2).
 *
 * @returns Also whether the token is the session's current one, not a repeated one.
 * @throws {@link ServiceError} `invalid_refresh_token`, the same for every reason, or `unavailable`.
 */
export async function redeemRefreshToken(
  table: Table,
  presented: PresentedToken,
  now: Date,
): Promise<{ session: Session; user: User; isCurrent: boolean }> {
  const { username, sessionId, secret } = presented
  const { session, user } = await findSession(table, username, sessionId)
  if (!session || !user || !isLive(session, user, now)) {
    throw new ServiceError('invalid_refresh_token', 'no such session')
  }
  const state = classifySecret(session, secret, now)
  if (state === 'reused') {
    await deleteSession(table, session)
    console.warn({ event: 'session.reuse', username, sessionId })
  }
  if (state === 'reused' || state === 'foreign') {
    throw new ServiceError('invalid_refresh_token', `the secret is ${state}`)
  }
  return { session, user, isCurrent: state === 'current' }
}
