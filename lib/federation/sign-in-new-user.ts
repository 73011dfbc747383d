import { together } from '../aws/together.ts'
import type { At } from '../context.ts'
import { byUser } from '../events/event.ts'
import { parseRefreshToken } from '../sessions/refresh-token.ts'
import { findReplaced } from '../sessions/replaced.ts'
import { lifetimesFrom, refreshTtlSeconds, type SessionTokens } from '../sessions/session.ts'
import type { SignInSetting } from '../settings.ts'
import { completeSignIn } from '../sign-in/complete.ts'
import { AMR } from '../users/factors.ts'
import type { User } from '../users/user.ts'

/** The first sign-in of a user. */
interface FirstSignIn {
  user: User
  /** Id of the provider of the identity, for the event. */
  provider: string
  inCookie: boolean
  /** Token of the session before it; empty without one. */
  refreshToken: string
}

/**
 * Signs in a user whose account was just created with an identity.
 *
 * @param before - Work that ends before the session is stored. It is done once, also if the sign-in is tried twice.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function signInNewUser(
  at: At<SignInSetting>,
  { user, provider, inCookie, refreshToken: unverifiedToken }: FirstSignIn,
  before: Promise<unknown>,
): Promise<SessionTokens> {
  const { table, config, origin, now } = at
  const presented = parseRefreshToken(unverifiedToken)
  const signing = { user, graceSeconds: config.REFRESH_GRACE_SECONDS, act: byUser(at, user.id) }
  const find = async () => {
    const [replaced] = await together([findReplaced(table, presented, signing), before])
    return replaced
  }
  const lifetimes = lifetimesFrom(config)
  const about = { ref: provider }
  const signIn = { user, presented, amr: AMR.federated, inCookie, origin, lifetimes, about }
  const { token, session, refreshToken } = await completeSignIn(at, signIn, find)
  return { token, refreshToken, refreshExpiresIn: refreshTtlSeconds(session, now), inCookie }
}
