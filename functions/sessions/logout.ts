import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { noContent } from '../../lib/http/responses.ts'
import { LogoutRequest } from '../../lib/http/schemas.ts'
import { logOut } from '../../lib/sessions/end.ts'

/**
 * POST /logout: ends the session of a refresh token, or every session of its user. The response does
 * not show whether the token was valid.
 */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig(['TABLE_NAME'])
  const table = { aws: within(deadlineMs), name: config.TABLE_NAME }
  const { refreshToken, everywhere } = readBody(event, LogoutRequest)
  await logOut(table, refreshToken, now, { everywhere })
  return noContent()
})
