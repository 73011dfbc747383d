import { ServiceError } from '../../../lib/errors.ts'
import { withoutDemand } from '../../../lib/events/event.ts'
import { type ChangingRoute, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { endGrantsOfSession } from '../../../lib/oauth/grants/list.ts'
import { isLive, isSessionId } from '../../../lib/sessions/session.ts'
import { endSession, findSession } from '../../../lib/sessions/store.ts'

/**
 * POST /admin-api/users/{id}/sessions/{sid}/end: ends a session of a user, and then the grants of apps that
 * began in it. If that fails, a repeated request ends the rest.
 */
export const route: ChangingRoute = async (event, at) => {
  const { operator, target } = await readUserChange(event, at, { may: 'sessions:end', work: 'work' })
  const id = event.pathParameters?.sid
  if (!isSessionId(id)) throw new ServiceError('not_found', 'not a session id')
  const { session, isEnded, user } = await findSession(at.table, target.id, id)
  if (!isEnded && !(session && user && isLive(session, user, at.now))) {
    throw new ServiceError('not_found', 'no such session')
  }
  if (session) await endSession(at.table, session, 'ended', operator.act)
  // The end of the session has proved the operator. Many grants at once that check one profile would conflict.
  const act = session ? withoutDemand(operator.act) : operator.act
  await endGrantsOfSession(at.table, { userId: target.id, id }, act)
  return noContent()
}
