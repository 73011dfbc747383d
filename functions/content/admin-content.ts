import { principalOf } from '../../lib/authorization/principal.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'

/** GET /admin: content for administrators. `role: admin` in `serverless.yml` rejects others with 403. */
export const handler = apiHandler(async (event, { now }) => {
  const { username, role } = principalOf(event, now)
  return json(200, { message: 'Admin only content.', username, role })
})
