import { randomUUID } from 'node:crypto'
import { ServiceError } from '../../lib/errors.ts'
import { byUser } from '../../lib/events/event.ts'
import { noContent } from '../../lib/http/responses.ts'
import { LogoutRequest } from '../../lib/http/schemas/sessions.ts'
import { deleted } from '../../lib/http/sessions/cookie.ts'
import { readPresented } from '../../lib/http/sessions/request.ts'
import type { TableRoute } from '../../lib/http/table.ts'
import { endingGrantsAtReuse } from '../../lib/oauth/grants/reuse.ts'
import { endAllSessions } from '../../lib/sessions/end.ts'
import { redeemAnyToken } from '../../lib/sessions/redeem.ts'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { endSession } from '../../lib/sessions/store.ts'
import { requireSubject } from '../../lib/sessions/subject.ts'

/**
 * POST /logout: ends the session of a refresh token, or every session of its user. The response does not show
 * whether the token was valid. It deletes the cookie if the token was in it. The page of one user cannot end
 * the session of another user.
 */
export const route: TableRoute<'COOKIE_SESSIONS' | 'REFRESH_GRACE_SECONDS'> = async (event, at) => {
  const { table, config } = at
  const { refreshToken, everywhere, sub, inCookie } = readPresented(event, LogoutRequest, at)
  try {
    const presented = readRefreshToken(refreshToken)
    requireSubject(presented, sub)
    // A token that was replaced earlier ends its session here. A token of another sign-in ends only its
    // session.
    const { session, state } = await endingGrantsAtReuse(at, presented, () =>
      redeemAnyToken(at, presented, config.REFRESH_GRACE_SECONDS),
    )
    const act = byUser(at, session.userId)
    if (everywhere && state !== 'changed') await endAllSessions(table, session, randomUUID(), act)
    await endSession(table, session, 'signed-out', act)
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'invalid_refresh_token') throw error
  }
  return noContent(inCookie ? deleted() : {})
}
