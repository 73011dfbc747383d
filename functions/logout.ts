import { LoggingOut, readBody } from '../lib/body.ts'
import { openTable } from '../lib/dynamo.ts'
import { endPresented } from '../lib/end-sessions.ts'
import { apiHandler, noContent } from '../lib/http.ts'

const table = openTable()

/** POST /logout: ends the session of a refresh token, or every session of its user. Says nothing of either. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const { refreshToken, everywhere = false } = readBody(event, LoggingOut)
  await endPresented(table, refreshToken, everywhere, new Date(), deadlineMs)
  return noContent()
})
