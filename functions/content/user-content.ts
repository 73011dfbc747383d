import { principalOf } from '../../lib/authorization/principal.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'

/** GET /: content for every authenticated user. */
export const handler = apiHandler(async (event, { now }) => {
  const { username, role } = principalOf(event, now)
  return json(200, { message: 'This content for authorised users only.', username, role })
})
