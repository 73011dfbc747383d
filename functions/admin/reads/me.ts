import { ROLES } from '../../../lib/application/roles.ts'
import { operatorOf } from '../../../lib/http/operators/operator.ts'
import type { ReadRoute } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'

/** GET /admin-api/me: the operator whom the console shows, and what the operator may do. */
export const route: ReadRoute = async (event, at) => {
  const { user, may, over } = await operatorOf(event, at, { work: 'work' })
  return json(200, { id: user.id, username: user.username, role: user.role, may, over, roles: ROLES })
}
