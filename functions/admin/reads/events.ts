import { together } from '../../../lib/aws/together.ts'
import { isCursor, ownEvents } from '../../../lib/events/own.ts'
import { targetOf } from '../../../lib/http/operators/operator.ts'
import { type ReadRoute, readerOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { afterOf } from '../../../lib/http/schemas/query.ts'
import { recordView } from '../../../lib/operators/reads/trail.ts'

/** GET /admin-api/users/{id}/events: the events of a user's account, as the user sees them, in pages. */
export const route: ReadRoute = async (event, at) => {
  const operator = await readerOf(event, at, 'users:read')
  const after = afterOf(event, isCursor)
  const { id } = await targetOf(event, at, operator)
  const [, page] = await together([recordView(at.table, operator.act, id), ownEvents(at.table, id, after)])
  if (operator.may.includes('sessions:read')) return json(200, page)
  // Where a user signs in from is a part of the sessions.
  const shown = page.events.map(({ sourceIp: _, userAgent: __, ...rest }) => rest)
  return json(200, { ...page, events: shown })
}
