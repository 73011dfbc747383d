import { together } from '../../../lib/aws/together.ts'
import { targetOf } from '../../../lib/http/operators/operator.ts'
import { type ReadRoute, readerOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { afterOf } from '../../../lib/http/schemas/query.ts'
import { recordView } from '../../../lib/operators/reads/trail.ts'
import { liveSessions } from '../../../lib/sessions/list.ts'
import { isSessionId } from '../../../lib/sessions/session.ts'

/** GET /admin-api/users/{id}/sessions: the live sessions of a user, the newest first, in pages. */
export const route: ReadRoute = async (event, at) => {
  const operator = await readerOf(event, at, 'sessions:read')
  const after = afterOf(event, isSessionId)
  const { id } = await targetOf(event, at, operator)
  const [, page] = await together([recordView(at.table, operator.act, id), liveSessions(at, id, after)])
  return json(200, page)
}
