import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds, type SessionTokens } from '../sessions/session.ts'
import type { SignInSetting } from '../settings.ts'
import { completeSignIn } from '../sign-in/complete.ts'
import { markKnownSources } from '../throttling/known-sources.ts'
import { sourceOf } from '../throttling/source.ts'
import { BY_PASSWORD } from '../users/factors.ts'
import type { User } from '../users/user.ts'

/** Marks the source as known to a new user, because the mail has proved the account. */
export const markOwnSource = (
  { table, config, origin, now }: At<SignInSetting>,
  user: User,
): Promise<unknown> => {
  const source = sourceOf(origin.sourceIp)
  const sessionTtlSeconds = config.SESSION_TTL_SECONDS
  return markKnownSources(table, user, { source, mark: undefined, sessionTtlSeconds }, now)
}

/**
 * Signs a new user in. The mail has proved the address, so no second step follows.
 *
 * @param marking - See {@link markOwnSource}.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function signInNewUser(
  at: At<SignInSetting>,
  user: User,
  { inCookie, refreshToken }: { inCookie: boolean; refreshToken: string },
  marking: Promise<unknown>,
): Promise<SessionTokens> {
  const { table, config, origin, now } = at
  // The token is that of another user, because a new user has none.
  const presented = parseRefreshToken(refreshToken)
  const signing = { user, graceSeconds: config.REFRESH_GRACE_SECONDS, act: byUser(at, user.id) }
  const find = async () => {
    const [replaced] = await together([findReplaced(table, presented, signing), marking])
    return replaced
  }
  const details = { user, amr: BY_PASSWORD, inCookie, origin, lifetimes: lifetimesFrom(config) }
  const signedIn = await completeSignIn(at, details, find)
  const refreshExpiresIn = refreshTtlSeconds(signedIn.session, now)
  return { ...signedIn, refreshExpiresIn, inCookie }
}
