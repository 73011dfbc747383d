import { principalWithRole } from '../../lib/authorization/principal.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'

/** GET /admin: content for administrators. */
export const handler = apiHandler(async (event, { now }) => {
  const { username, role } = principalWithRole(event, now, 'admin')
  return json(200, { message: 'Admin only content.', username, role })
})
