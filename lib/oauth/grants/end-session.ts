import type { Table } from '../../aws/dynamodb.ts'
import { ServiceError } from '../../errors.ts'
import { type Act, withoutDemands } from '../../events/event.ts'
import { isLive } from '../../sessions/session.ts'
import { endSession, type findSession } from '../../sessions/store.ts'
import { endGrantsOfSession } from './list.ts'

/**
 * Ends a session of a user, and then the grants of apps that began in it. If that fails, a repeated request ends the rest.
 *
 * @param found - The result of `findSession` for this session.
 * @throws {@link ServiceError} `not_found`, if the user has no such session; `unavailable`, or the refusal of one of the act's demands.
 */
export async function endSessionWithGrants(
  table: Table,
  key: { userId: string; id: string },
  { session, isEnded, user }: Awaited<ReturnType<typeof findSession>>,
  act: Act,
): Promise<void> {
  if (!isEnded && !(session && isLive(session, user, act.now))) {
    throw new ServiceError('not_found', 'no such session')
  }
  if (session) await endSession(table, session, 'ended', act)
  // The end of the session has proved an operator and the user. Many grants at once that check their profiles would conflict.
  await endGrantsOfSession(table, key, session ? withoutDemands(act) : act)
}
