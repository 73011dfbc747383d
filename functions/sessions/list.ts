import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { liveSessions } from '../../lib/sessions/list.ts'
import { isSessionId } from '../../lib/sessions/session.ts'

/** GET /sessions: the caller's live sessions, the newest first, in pages. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, sessionId } = principalOf(event, now)
  const after = event.queryStringParameters?.after
  if (after !== undefined && !isSessionId(after)) {
    const fields = [{ pointer: '#/after', detail: 'Must be the `next` of a previous page.' }]
    throw new ServiceError('invalid_fields', 'the cursor is not a session id', { fields })
  }
  const { sessions, next } = await liveSessions(table, userId, now, after)
  return json(200, {
    sessions: sessions.map((session) => ({ ...session, current: session.id === sessionId })),
    next,
  })
}
