import { ATTRIBUTES } from '../../../lib/application/attributes.ts'
import { ROLES } from '../../../lib/application/roles.ts'
import { readActOrigins } from '../../../lib/config.ts'
import { operatorOf } from '../../../lib/http/operators/operator.ts'
import type { ReadRoute } from '../../../lib/http/operators/reader.ts'
import { json } from '../../../lib/http/responses.ts'
import { mayActAs } from '../../../lib/operators/act-as/live-act.ts'

/** GET /admin-api/me: the operator whom the console shows, and what the operator may do. */
export const route: ReadRoute = async (event, at) => {
  const origins = readActOrigins()
  const { user, may, over } = await operatorOf(event, at, { work: 'work' })
  // What the console needs for its forms.
  const attributes = Object.entries(ATTRIBUTES).map(([name, one]) => ({
    name,
    type: one.type,
    ...(one.type === 'string' && { values: one.values }),
  }))
  const { id, username, role } = user
  const actAs = origins && { origins, roles: ROLES.filter((one) => mayActAs(role, one)) }
  return json(200, { id, username, role, may, over, roles: ROLES, attributes, ...(actAs && { actAs }) })
}
