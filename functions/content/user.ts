import { principalOf } from '../../lib/authorization/principal.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'

/** GET /: content for whoever holds a valid token. */
export const handler = apiHandler(async (event) => {
  const { username, role } = principalOf(event, new Date())
  return json(200, { message: 'This content for authorised users only.', username, role })
})
