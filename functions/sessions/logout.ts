import { openTable } from '../../lib/aws/dynamodb.ts'
import { LoggingOut, readBody } from '../../lib/http/body.ts'
import { apiHandler, noContent } from '../../lib/http/handler.ts'
import { endPresented } from '../../lib/sessions/end.ts'

const table = openTable()

/** POST /logout: ends the session of a refresh token, or every session of its user. Says nothing of either. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const { refreshToken, everywhere = false } = readBody(event, LoggingOut)
  await endPresented(table, refreshToken, everywhere, new Date(), deadlineMs)
  return noContent()
})
