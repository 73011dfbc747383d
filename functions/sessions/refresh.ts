import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'
import { RefreshRequest } from '../../lib/http/schemas.ts'
import { redeemRefreshToken } from '../../lib/sessions/redeem.ts'
import { nextSecret, readRefreshToken, refreshTokenOf } from '../../lib/sessions/refresh-token.ts'
import { lifetimesFrom, refreshTtlSeconds, rotated } from '../../lib/sessions/session.ts'
import { replaceSecret } from '../../lib/sessions/store.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'

const issueToken = tokenIssuer()

/** POST /refresh: exchanges a refresh token for a new access token and the next refresh token. */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig([
    'TABLE_NAME',
    'SESSION_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'SIGNING_KEY',
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_TTL_SECONDS',
  ])
  const aws = within(deadlineMs)
  const table = { aws, name: config.TABLE_NAME }
  const presented = readRefreshToken(readBody(event, RefreshRequest).refreshToken)
  let { session, user, isCurrent } = await redeemRefreshToken(table, presented, now)
  const next = nextSecret(session, presented.secret)

  // Sign first: if the signature fails, nothing has changed and the client may retry.
  const token = await issueToken(aws, config, user, session.id, now)
  if (isCurrent) {
    const after = rotated(session, next, lifetimesFrom(config), now)
    const replaced = await replaceSecret(table, session, after)
    // A concurrent request with the same token rotated first. Its next token is the same, if the session is still live.
    session = replaced ? after : (await redeemRefreshToken(table, presented, now)).session
  }
  return json(200, {
    ...token,
    refreshToken: refreshTokenOf(session, next),
    refreshExpiresIn: refreshTtlSeconds(session, now),
  })
})
