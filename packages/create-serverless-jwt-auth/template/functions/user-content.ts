import { apiHandler, json, principalOf } from 'serverless-jwt-auth/handler'

/** GET /: for every user who is signed in. */
export const handler = apiHandler(async (event, { now }) => {
  const { username } = principalOf(event, now)
  return json(200, { message: `Hello, ${username}!` })
})
