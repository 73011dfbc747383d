import { principalOf } from '../../lib/authorization/principal.ts'
import { ServiceError } from '../../lib/errors.ts'
import { isCursor, ownEvents } from '../../lib/events/own.ts'
import { json } from '../../lib/http/responses.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { requireUnrevoked } from '../../lib/users/revocation.ts'
import { findRevocationState } from '../../lib/users/store.ts'

/** GET /me/events: the events of the caller's account, the newest first, in pages. */
export const route: TableRoute = async (event, { table, now }) => {
  const { userId, generation } = principalOf(event, now)
  const after = event.queryStringParameters?.after
  if (after !== undefined && !isCursor(after)) {
    const fields = [{ pointer: '#/after', detail: 'Must be the `next` of a previous page.' }]
    throw new ServiceError('invalid_fields', 'not a cursor', { fields })
  }
  requireUnrevoked(generation, await findRevocationState(table, userId))
  return json(200, await ownEvents(table, userId, after))
}
