import { RefreshRequest } from '../../lib/http/schemas/sessions.ts'
import { readPresented } from '../../lib/http/sessions/request.ts'
import { sessionResponse } from '../../lib/http/sessions/response.ts'
import { type TableRoute, tableHandler } from '../../lib/http/table.ts'
import { endingGrantsAtReuse } from '../../lib/oauth/grants/reuse.ts'
import { redeemRefreshToken, requireFactors, requireYoung } from '../../lib/sessions/redeem.ts'
import { readRefreshToken, withSecret } from '../../lib/sessions/refresh-token.ts'
import { rotateSecret } from '../../lib/sessions/rotate.ts'
import { lifetimesFrom, refreshTtlSeconds } from '../../lib/sessions/session.ts'
import { SIGN_INS } from '../../lib/settings.ts'
import { issueToken } from '../../lib/tokens/issue.ts'

export const SETTINGS = [...SIGN_INS, 'REQUIRE_SECOND_FACTOR'] as const

/** POST /refresh: exchanges a refresh token for a new access token and the next refresh token. */
export const route: TableRoute<(typeof SETTINGS)[number]> = async (event, at) => {
  const { config, now } = at
  const graceSeconds = config.REFRESH_GRACE_SECONDS
  const request = readPresented(event, RefreshRequest, at)
  const presented = { ...readRefreshToken(request.refreshToken), inCookie: request.inCookie }
  const redeemed = await endingGrantsAtReuse(at, presented, () =>
    redeemRefreshToken(at, presented, graceSeconds),
  )
  requireFactors(redeemed, config.REQUIRE_SECOND_FACTOR)
  const lifetimes = lifetimesFrom(config)
  requireYoung(redeemed, lifetimes, now)

  // Sign first: if the signature fails, nothing has changed and the client may retry.
  const token = await issueToken(at, redeemed.user, redeemed.session)
  // The grace period begins after a slow signature, when the client can get the response.
  const signedAt = new Date()
  const rotation = { presented, redeemed, lifetimes, graceSeconds }
  const { session, secret } = await endingGrantsAtReuse(at, presented, () =>
    rotateSecret({ ...at, now: signedAt }, rotation),
  )
  const refreshToken = withSecret(request.refreshToken, secret)
  const refreshExpiresIn = refreshTtlSeconds(session, signedAt)
  return sessionResponse({ token, refreshToken, refreshExpiresIn, inCookie: request.inCookie })
}

export const handler = tableHandler(SETTINGS, route)
