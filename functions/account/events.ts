import { principalOf } from '../../lib/authorization/principal.ts'
import { isCursor, ownEvents } from '../../lib/events/own.ts'
import { json } from '../../lib/http/responses.ts'
import { afterOf } from '../../lib/http/schemas/query.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findRevocationState } from '../../lib/users/store.ts'

/** GET /me/events: the events of the caller's account, the newest first, in pages. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const after = afterOf(event, isCursor)
  requireUnrevoked(generation, await findRevocationState(table, userId))
  return json(200, await ownEvents(table, userId, after))
}
