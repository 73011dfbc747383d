import { principalOf } from '../../lib/authorization/principal.ts'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'
import { summarizeLive } from '../../lib/sessions/session.ts'
import { findSessions } from '../../lib/sessions/store.ts'

/** GET /sessions: the caller's live sessions, the most recently used first. */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig(['TABLE_NAME'])
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { username, sessionId } = principalOf(event, now)
  const { sessions, user } = await findSessions(table, username)
  const live = summarizeLive(sessions, user, now)
  return json(200, {
    sessions: live.map((session) => ({ ...session, current: session.id === sessionId })),
  })
})
