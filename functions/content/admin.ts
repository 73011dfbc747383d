import { principalWithRole } from '../../lib/authorization/principal.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'

/** GET /admin: content for administrators. */
export const handler = apiHandler(async (event) => {
  const { username, role } = principalWithRole(event, 'admin', new Date())
  return json(200, { message: 'Admin only content.', username, role })
})
