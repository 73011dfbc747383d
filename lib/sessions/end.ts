import type { Table } from '../aws/dynamodb.ts'
import type { Act } from '../events/event.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUser } from '../users/store.ts'
import { untilStored } from '../users/until-stored.ts'
import { isLive, type Session } from './session.ts'
import { findSession } from './store.ts'

/**
 * Ends every session of a user and revokes its access tokens, on the authority of one live session.
 *
 * Changes nothing if that session has ended before. Its user may have ended it to lock out the very client
 * that sends this request.
 *
 * @param changeId - Random id of this change.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endAllSessions(
  table: Table,
  { userId, id }: Pick<Session, 'userId' | 'id'>,
  changeId: string,
  act: Act,
): Promise<void> {
  await untilStored(async () => {
    const { session, user } = await findSession(table, userId, id)
    if (!session || !user || !isLive(session, user, act.now)) return 'ended'
    const change = { changes: revokeSessions(user), changeId, detail: 'signed-out-everywhere' } as const
    return (await changeUser(table, user, change, act)) || undefined
  })
}
