import { principalOf } from '../../lib/authorization/principal.ts'
import { openTable } from '../../lib/aws/dynamodb.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'
import { showLive } from '../../lib/sessions/session.ts'
import { findSessions } from '../../lib/sessions/store.ts'

const table = openTable()

/** GET /sessions: one's own sessions, the one used last first. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const now = new Date()
  const { username, sessionId } = principalOf(event, now)
  const { sessions, user } = await findSessions(table, username, deadlineMs)
  const live = showLive(sessions, user, now)
  return json(200, {
    sessions: live.map((session) => ({ ...session, current: session.id === sessionId })),
  })
})
