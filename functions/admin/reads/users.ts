import { isAdministrator } from '../../../lib/application/roles.ts'
import { listingOf, searchOf } from '../../../lib/http/operators/lookup.ts'
import { type ReadRoute, searcherOf } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { findWithin } from '../../../lib/operators/reads/lookup.ts'
import { recordSearch } from '../../../lib/operators/reads/trail.ts'

/**
 * GET /admin-api/users: finds users by a name or an id. Only administrators list users: support cannot copy
 * the directory page by page.
 */
export const route: ReadRoute = async (event, at) => {
  const operator = await searcherOf(event, at)
  const isListing = isAdministrator(operator.user.role)
  const lookup = isListing ? listingOf(event) : searchOf(event)
  const { accounts, next } = await findWithin(at.table, operator.over, lookup)
  await recordSearch(
    at.table,
    operator.act,
    accounts.map(({ id }) => id),
  )
  const shown = accounts.map(({ id, username, email, role, disabled }) => ({
    id,
    username,
    email,
    role,
    disabled,
  }))
  return json(200, { users: shown, next: isListing ? next : undefined })
}
