import type { At } from '../../context.ts'
import { byUser } from '../../events/event.ts'
import { isReuse } from '../../sessions/redeem.ts'
import type { PresentedToken } from '../../sessions/refresh-token.ts'
import { endGrantsOfSession } from './list.ts'

/**
 * Runs a function that redeems a refresh token of a session. If that detects reuse, it ends the session. Then
 * this ends the grants that began in the session: a thief with a copy of the token may have given an app
 * lasting access.
 *
 * @throws What `redeem` throws, or {@link ServiceError} `unavailable`.
 */
export async function endingGrantsAtReuse<T>(
  at: At,
  { userId, sessionId }: Pick<PresentedToken, 'userId' | 'sessionId'>,
  redeem: () => Promise<T>,
): Promise<T> {
  try {
    return await redeem()
  } catch (error) {
    if (isReuse(error)) await endGrantsOfSession(at.table, { userId, id: sessionId }, byUser(at, userId))
    throw error
  }
}
