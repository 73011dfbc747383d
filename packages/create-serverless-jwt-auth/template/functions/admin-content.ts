import { apiHandler, json, principalOf } from 'serverless-jwt-auth/handler'

/** GET /admin: `role: admin` of the function in `serverless.yml` refuses other users with 403. */
export const handler = apiHandler(async (event, { now }) => {
  const { username, role } = principalOf(event, now)
  return json(200, { message: 'Admin only content.', username, role })
})
