import { within } from '../../lib/aws/client.ts'
import { readConfig } from '../../lib/config.ts'
import { readBody } from '../../lib/http/body.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { json } from '../../lib/http/responses.ts'
import { RefreshRequest } from '../../lib/http/schemas.ts'
import { redeemRefreshToken } from '../../lib/sessions/redeem.ts'
import { readRefreshToken, withSecret } from '../../lib/sessions/refresh-token.ts'
import { rotateSecret } from '../../lib/sessions/rotate.ts'
import { lifetimesFrom, refreshTtlSeconds } from '../../lib/sessions/session.ts'
import { tokenIssuer } from '../../lib/tokens/issue.ts'

const issueToken = tokenIssuer()

/** POST /refresh: exchanges a refresh token for a new access token and the next refresh token. */
export const handler = apiHandler(async (event, { now, deadlineMs }) => {
  const config = readConfig([
    'TABLE_NAME',
    'SESSION_TTL_SECONDS',
    'SESSION_IDLE_TTL_SECONDS',
    'REFRESH_GRACE_SECONDS',
    'SIGNING_KEY',
    'TOKEN_ISSUER',
    'TOKEN_AUDIENCE',
    'TOKEN_TTL_SECONDS',
  ])
  const aws = within(deadlineMs)
  const table = { aws, name: config.TABLE_NAME }
  const graceSeconds = config.REFRESH_GRACE_SECONDS
  const { refreshToken } = readBody(event, RefreshRequest)
  const presented = readRefreshToken(refreshToken)
  const redeemed = await redeemRefreshToken(table, presented, graceSeconds, now)

  // Sign first: if the signature fails, nothing has changed and the client may retry.
  const token = await issueToken(aws, config, redeemed.user, redeemed.session.id, now)
  const lifetimes = lifetimesFrom(config)
  // The grace period begins when the client can have the response, not before a slow signature.
  const signedAt = new Date()
  const { session, secret } = await rotateSecret(
    table,
    presented,
    redeemed,
    lifetimes,
    graceSeconds,
    signedAt,
  )
  return json(200, {
    ...token,
    refreshToken: withSecret(refreshToken, secret),
    refreshExpiresIn: refreshTtlSeconds(session, signedAt),
  })
})
