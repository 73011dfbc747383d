import { principalOf } from '../../lib/authorization/principal.ts'
import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { ServiceError } from '../../lib/errors.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { noContent } from '../../lib/http/responses.ts'
import { isLive, isSessionId } from '../../lib/sessions/session.ts'
import { endSession, findSession } from '../../lib/sessions/store.ts'

/** DELETE /sessions/{id}: ends one of the caller's sessions. */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig(['TABLE_NAME'])
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { userId, generation } = principalOf(event, now)
  const id = event.pathParameters?.id
  if (!isSessionId(id)) throw new ServiceError('not_found', 'not a session id')
  // The key contains the caller's id, so the caller cannot find another user's session.
  const { session, user } = await findSession(table, userId, id)
  if (user?.generation !== generation) throw new ServiceError('invalid_token', 'the token was revoked')
  if (!session || !isLive(session, user, now)) throw new ServiceError('not_found', 'no such session')
  await endSession(table, session, now)
  return noContent()
})
