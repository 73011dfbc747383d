import { principalOf } from '../../lib/authorization/principal.ts'
import { json } from '../../lib/http/responses.ts'
import { afterOf } from '../../lib/http/schemas/query.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { liveSessions } from '../../lib/sessions/list.ts'
import { isSessionId } from '../../lib/sessions/session.ts'

/** GET /sessions: the caller's live sessions, the newest first, in pages. */
export const route: TableRoute = async (event, at) => {
  const { userId, sessionId } = principalOf(event, at.now)
  const after = afterOf(event, isSessionId)
  const { sessions, next } = await liveSessions(at, userId, after)
  return json(200, {
    sessions: sessions.map((session) => ({ ...session, current: session.id === sessionId })),
    next,
  })
}
