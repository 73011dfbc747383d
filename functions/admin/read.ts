import { ROLES } from '../../lib/application/roles.ts'
import { proxied } from '../../lib/http/proxied.ts'
import { json } from '../../lib/http/responses.ts'
import { type TableRoute, tableHandler } from '../../lib/http/table.ts'
import { CALLER, operatorOf } from './operator.ts'

/** GET /admin-api/me: the operator whom the console shows, and what the operator may do. */
const me: TableRoute<(typeof CALLER)[number]> = async (event, at) => {
  const { user, may, over } = await operatorOf(event, at, { work: 'work' })
  return json(200, { id: user.id, username: user.username, role: user.role, may, over, roles: ROLES })
}

/** The routes of the console's API that change nothing but the trail. */
export const handler = tableHandler(CALLER, proxied('/admin-api', { 'GET /admin-api/me': me }))
