import { getItems, type Table, type TransactWrite } from '../aws/dynamodb.ts'
import { parseRefreshToken } from './refresh-token.ts'
import type { Session } from './session.ts'
import { endingOf, sessionKey } from './store.ts'

/**
 * Returns the name of the session that a sign-in replaces: user id and session id, with a dot between them. It contains no
 * secret. Any token with the selector of a session once belonged to it, so its secret need not be verified.
 *
 * @param refreshToken - In the cookie that the browser is about to lose, or in the request; empty without one.
 * @returns `undefined`, if it does not have the form of a refresh token.
 */
export function replacedSession(refreshToken: string): string | undefined {
  const { userId, sessionId } = parseRefreshToken(refreshToken) ?? {}
  return userId && `${userId}.${sessionId}`
}

/** Returns the session of a name that {@link replacedSession} returned. */
export function sessionOfName(name: string): Pick<Session, 'userId' | 'id'> {
  const [userId = '', id = ''] = name.split('.')
  return { userId, id }
}

/**
 * Returns the write that ends the session that a sign-in replaces. Without one it returns no write, and makes no call.
 *
 * @param refreshToken - As for {@link replacedSession}.
 * @throws ServiceError `unavailable`.
 */
export async function endingOfReplaced(
  table: Table,
  refreshToken: string,
  now: Date,
): Promise<TransactWrite[]> {
  const name = replacedSession(refreshToken)
  if (name === undefined) return []
  const session = sessionOfName(name)
  const [found] = await getItems(table, [sessionKey(session)], ['expiresAt'])
  return found ? [{ Update: endingOf(session, now) }] : []
}
