import { ServiceError } from '../../../lib/errors.ts'
import { type ChangingRoute, readUserChange } from '../../../lib/http/operators/changer.ts'
import { noContent } from '../../../lib/http/responses.ts'
import { endSessionWithGrants } from '../../../lib/oauth/grants/end-session.ts'
import { actFor } from '../../../lib/operators/caller.ts'
import { isSessionId } from '../../../lib/sessions/session.ts'
import { findSession } from '../../../lib/sessions/store.ts'

/** POST /admin-api/users/{id}/sessions/{sid}/end: ends a session of a user, and then the grants of apps that began in it. */
export const route: ChangingRoute = async (event, at) => {
  const { operator, target } = await readUserChange(event, at, { may: 'sessions:end', work: 'work' })
  const id = event.pathParameters?.sid
  if (!isSessionId(id)) throw new ServiceError('not_found', 'not a session id')
  const found = await findSession(at.table, target.id, id)
  await endSessionWithGrants(at.table, { userId: target.id, id }, found, actFor(operator, target))
  return noContent()
}
