import type { Config } from '../../config.ts'
import type { At } from '../../context.ts'
import { ServiceError } from '../../errors.ts'
import type { CookieRequest } from '../../sessions/page.ts'
import {
  findPresented,
  type Presented,
  requireFactors,
  requireYoung,
  sessionChanged,
} from '../../sessions/redeem.ts'
import { readRefreshToken } from '../../sessions/refresh-token.ts'
import { lifetimesFrom } from '../../sessions/session.ts'

/** The detail of a 403 response. */
export const SAME_ORIGIN = 'This request needs the header Sec-Fetch-Site: same-origin.'

/**
 * Requires that a request comes from a page of the service's own origin. A page of an allowed origin may use
 * the session, but must not give itself a grant with it.
 *
 * @throws {@link ServiceError} `forbidden`.
 */
export function requireSameOrigin({ site }: Pick<CookieRequest, 'site'>): void {
  if (site === 'same-origin') return
  throw new ServiceError('forbidden', 'session cookie: not the same origin', { detail: SAME_ORIGIN })
}

/** The settings that verify a session in a cookie. */
export type CookieRules = Config<
  'REFRESH_GRACE_SECONDS' | 'REQUIRE_SECOND_FACTOR' | 'SESSION_TTL_SECONDS' | 'SESSION_IDLE_TTL_SECONDS'
>

/**
 * Verifies the refresh token in a cookie, and changes nothing. The session must live in a cookie: scripts of
 * an allowed origin can read the token of any other session. If the token was replaced earlier, the page
 * sends a refresh next, which detects the reuse.
 *
 * @param isRepeated - Whether the page has got `session_changed` or `device_required` before. If so, the response of the sign-in that
 *   renewed the session was lost, or the browser has lost its key, and the user signs in again.
 * @returns The session and its user, or `undefined` without a live session in a cookie that meets the policy.
 * @throws {@link ServiceError} `conflict`, as `SESSION_CHANGED`; as `require` of `ShownDevice` in `lib/context.ts`; or `unavailable`.
 */
export async function redeemCookie(
  at: At & { config: CookieRules },
  refreshToken: string,
  isRepeated: boolean,
): Promise<Presented | undefined> {
  const redeem = async () => {
    const presented = { ...readRefreshToken(refreshToken), inCookie: true }
    const found = await findPresented(at, presented, at.config.REFRESH_GRACE_SECONDS)
    if (!found.session.inCookie) return undefined
    if (found.state === 'changed') throw sessionChanged()
    requireFactors(found, at.config.REQUIRE_SECOND_FACTOR)
    requireYoung(found, lifetimesFrom(at.config), at.now)
    return found
  }
  return unlessInvalid(redeem, isRepeated)
}

/** Returns what a function returns, or `undefined` if the refresh token is invalid. @param isRepeated - See {@link redeemCookie}. */
export async function unlessInvalid<T>(redeem: () => Promise<T>, isRepeated = false): Promise<T | undefined> {
  try {
    return await redeem()
  } catch (error) {
    const code = error instanceof ServiceError ? error.code : undefined
    if (code === 'invalid_refresh_token' || (isRepeated && (code === 'conflict' || code === 'invalid_token')))
      return undefined
    throw error
  }
}
