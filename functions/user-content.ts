import { apiHandler, json } from '../lib/http.ts'
import { principalOf } from '../lib/identity.ts'

/** GET /: content for whoever holds a valid token. */
export const handler = apiHandler(async (event) => {
  const { username, role } = principalOf(event, new Date())
  return json(200, { message: 'This content for authorised users only.', username, role })
})
