import { openTable } from '../../lib/aws/dynamodb.ts'
import { readSessionPolicy } from '../../lib/config.ts'
import { Refreshing, readBody } from '../../lib/http/body.ts'
import { apiHandler, json } from '../../lib/http/handler.ts'
import {
  nextSecret,
  readRefreshToken,
  refreshTokenOf,
  refreshTtlSeconds,
  renewed,
} from '../../lib/sessions/session.ts'
import { findPresented, replaceSecret } from '../../lib/sessions/store.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'

const table = openTable()
const sessionPolicy = readSessionPolicy()
const issueToken = tokenIssuer()

/** POST /refresh: trades a refresh token for a fresh access token and the next refresh token. */
export const handler = apiHandler(async (event, deadlineMs) => {
  const presented = readRefreshToken(readBody(event, Refreshing).refreshToken)
  const now = new Date()
  let { session, user, isCurrent } = await findPresented(table, presented, now, deadlineMs)
  const next = nextSecret(session, presented.secret)

  // The token first: if it cannot be signed, nothing has changed and the client may try again.
  const token = await issueToken(user, session.id, now, deadlineMs)
  if (isCurrent) {
    const after = renewed(session, next, sessionPolicy, now)
    const replaced = await replaceSecret(table, session, after, deadlineMs)
    // Another request with the same token came first: its next token is ours too, if the session still goes on.
    session = replaced ? after : (await findPresented(table, presented, now, deadlineMs)).session
  }
  return json(200, {
    ...token,
    refreshToken: refreshTokenOf(session, next),
    refreshExpiresIn: refreshTtlSeconds(session, now),
  })
})
