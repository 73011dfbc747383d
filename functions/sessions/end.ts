import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { endGrantsOfSession } from '../../lib/oauth/grants/list.ts'
import { isLive, isSessionId } from '../../lib/sessions/session.ts'
import { endSession, findSession } from '../../lib/sessions/store.ts'

/**
 * DELETE /sessions/{id}: ends one of the caller's sessions, and then the grants of apps that began in it. If
 * that fails, a repeated request ends the rest.
 */
export const route: TableRoute = async (event, at) => {
  const { table, now } = at
  const { userId, generation } = principalOf(event, now)
  const id = event.pathParameters?.id
  if (!isSessionId(id)) throw new ServiceError('not_found', 'not a session id')
  // The key contains the caller's id, so the caller cannot find another user's session.
  const { session, isEnded, user } = await findSession(table, userId, id)
  if (user?.generation !== generation) throw new ServiceError('invalid_token', 'the token was revoked')
  if (!isEnded && !(session && isLive(session, user, now))) {
    throw new ServiceError('not_found', 'no such session')
  }
  const act = byUser(at, userId)
  if (session) await endSession(table, session, 'ended', act)
  await endGrantsOfSession(table, { userId, id }, act)
  return noContent()
}
