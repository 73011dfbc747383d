import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { endSessionWithGrants } from '../../lib/oauth/grants/end-session.ts'
import { isSessionId } from '../../lib/sessions/session.ts'
import { findSession } from '../../lib/sessions/store.ts'

/** DELETE /sessions/{id}: ends one of the caller's sessions, and then the grants of apps that began in it. */
export const route: TableRoute = async (event, at) => {
  const { table, now } = at
  const { userId, generation } = principalOf(event, now)
  const id = event.pathParameters?.id
  if (!isSessionId(id)) throw new ServiceError('not_found', 'not a session id')
  // The key contains the caller's id, so the caller cannot find another user's session.
  const found = await findSession(table, userId, id)
  if (found.user?.generation !== generation) throw new ServiceError('invalid_token', 'the token was revoked')
  await endSessionWithGrants(table, { userId, id }, found, byUser(at, userId))
  return noContent()
}
