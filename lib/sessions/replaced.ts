import { getItems, type Item, number, type Table, type TransactWrite } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { secondOf } from '../time.ts'
import type { UserState } from '../users/user.ts'
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

/** Attributes of the session that a sign-in replaces. */
export const REPLACED_SESSION = ['endedAt', 'expiresAt', 'sessionGeneration'] as const

/** Who signs in. The session before may be that of another user. */
type Signing = Pick<UserState, 'id' | 'sessionGeneration' | 'survivingSession'>

/**
 * Returns the writes that end the session that a sign-in replaces. Without one it returns no write, and makes no call.
 *
 * @param refreshToken - As for {@link replacedSession}.
 * @param user - Who signs in.
 * @throws ServiceError `unavailable`.
 */
export async function endingOfReplaced(
  table: Table,
  refreshToken: string,
  user: Signing,
  act: Act,
): Promise<TransactWrite[]> {
  const name = replacedSession(refreshToken)
  if (name === undefined) return []
  const session = sessionOfName(name)
  const [found] = await getItems(table, [sessionKey(session)], REPLACED_SESSION)
  return found && isUsable(found, session, user, act.now) ? endingOf(table, session, 'replaced', act) : []
}

/** Whether a session that a sign-in replaces can still be used. Of another user's, only its own item is known. */
export const isUsable = (
  item: Item,
  { userId, id }: Pick<Session, 'userId' | 'id'>,
  user: Signing,
  now: Date,
): boolean =>
  item.endedAt === undefined &&
  number(item, 'expiresAt') > secondOf(now) &&
  (userId !== user.id ||
    id === user.survivingSession ||
    number(item, 'sessionGeneration') === user.sessionGeneration)
