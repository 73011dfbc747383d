import type { At } from '../../context.ts'
import { byUser } from '../../events/event.ts'
import { isReuse } from '../../sessions/redeem.ts'
import type { PresentedToken } from '../../sessions/refresh-token.ts'
import { endGrantsOfSession } from './list.ts'

/**
 * Runs what redeems a refresh token of a session. If that detects reuse, it has ended the session, and this ends the grants that began in
 * it: a thief with a copy of the token may have let an app keep its access.
 *
 * @throws What `redeem` throws, or {@link ServiceError} `unavailable`.
 */
export async function endingGrantsAtReuse<T>(
  at: At,
  { userId, sessionId }: PresentedToken,
  redeem: () => Promise<T>,
): Promise<T> {
  try {
    return await redeem()
  } catch (error) {
    if (isReuse(error)) await endGrantsOfSession(at.table, { userId, id: sessionId }, byUser(at, userId))
    throw error
  }
}
