import { secondOf } from '../time.ts'
import type { User } from './user.ts'

/** What decides whether a user's access tokens are revoked. */
export type RevocationState = Pick<User, 'disabled' | 'validAfter'>

/**
 * Whether an access token is revoked: its user is disabled or removed, or revoked it.
 *
 * @param issuedAt - The token's `iat`, in seconds since the epoch.
 * @param state - State of the token's user, or `undefined` if there is no such user.
 */
export const isTokenRevoked = (issuedAt: number, state: RevocationState | undefined): boolean =>
  state === undefined || state.disabled || issuedAt < state.validAfter

/**
 * Returns the second at which a new token or session counts as issued.
 *
 * Tokens count whole seconds. What was issued before a revocation in the same second must stay
 * revoked, and what is issued after it must be valid.
 *
 * @returns Second since the epoch: `now`, or at most moments later.
 */
export const issueSecond = (user: Pick<User, 'validAfter'>, now: Date): number =>
  Math.max(secondOf(now), user.validAfter)

/**
 * Returns the change to a user that revokes every access token issued so far.
 *
 * Tokens count whole seconds, so the new `validAfter` is the next second, and later than the one before.
 */
export const revokeTokens = (user: Pick<User, 'validAfter'>, now: Date) => ({
  validAfter: Math.max(secondOf(now), user.validAfter) + 1,
})

/**
 * Returns the change to a user that revokes every access token and every session, in one write.
 *
 * @param survivingSession - Id of the one session that stays valid, if any.
 */
export function revokeSessions(user: Pick<User, 'validAfter'>, now: Date, survivingSession?: string) {
  const { validAfter } = revokeTokens(user, now)
  return { validAfter, sessionsValidAfter: validAfter, survivingSession }
}
