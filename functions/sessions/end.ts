import { principalOf } from '../../lib/authorization/principal.ts'
import { openTable } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { apiHandler, noContent } from '../../lib/http/handler.ts'
import { isLive, isSessionId } from '../../lib/sessions/session.ts'
import { deleteSession, findSession } from '../../lib/sessions/store.ts'

const table = openTable()

/** DELETE /sessions/{id}: ends one of one's own sessions. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const now = new Date()
  const { username } = principalOf(event, now)
  const id = event.pathParameters?.id ?? ''
  if (!isSessionId(id)) throw new ServiceError('not_found', 'no session has such an id')
  // Looked for under the caller's own name: another user's session is not there.
  const { session, user } = await findSession(table, username, id, deadlineMs)
  if (!session || !isLive(session, user, now)) throw new ServiceError('not_found', 'no such session')
  await deleteSession(table, session, deadlineMs)
  return noContent()
})
