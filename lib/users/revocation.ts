import { ServiceError } from '../errors.ts'
import type { UserState } from './user.ts'

/** Attributes of a profile that decide whether its user's access tokens are revoked. */
export const REVOCATION_STATE = ['disabled', 'generation'] as const

/** Attributes of a profile that revocations change, in one write with the id of the change. */
export const REVOKING = ['generation', 'sessionGeneration', 'survivingSession', 'changeId'] as const

/** The values that decide whether a user's access tokens are revoked. */
export type RevocationState = Pick<UserState, (typeof REVOCATION_STATE)[number]>

/**
 * Whether an access token is revoked: its user is disabled or removed, or revoked it.
 *
 * Generations are compared, not times. A time is computed before it is stored, by a clock that may be wrong.
 * Tokens issued in between would stay valid.
 *
 * @param generation - The token's `gen`.
 * @param state - State of the token's user, or `undefined` if the user does not exist.
 */
export const isTokenRevoked = (generation: number, state: RevocationState | undefined): boolean =>
  state === undefined || state.disabled || generation !== state.generation

/**
 * Requires that an access token is not revoked. The gateway may have cached the authorizer's result. So a
 * handler whose response depends on it reads the user again.
 *
 * @param generation - The token's `gen`.
 * @param user - The token's user from a read of this request, or `undefined` if the user does not exist.
 * @throws {@link ServiceError} `invalid_token`.
 */
export function requireUnrevoked<T extends RevocationState>(
  generation: number,
  user: T | undefined,
): asserts user is T {
  if (isTokenRevoked(generation, user)) throw new ServiceError('invalid_token', 'the token was revoked')
}

/** Returns the change to a user that revokes every access token issued so far. */
export const revokeTokens = (user: Pick<UserState, 'generation'>) => ({ generation: user.generation + 1 })

/**
 * Returns the change to a user that revokes every access token and every session, in one write.
 *
 * @param survivingSession - The one sign-in that stays valid, if any; see `signInOf` in `lib/sessions/session.ts`.
 */
export const revokeSessions = (
  user: Pick<UserState, 'generation' | 'sessionGeneration'>,
  survivingSession?: string,
) => ({
  ...revokeTokens(user),
  sessionGeneration: user.sessionGeneration + 1,
  // `undefined` removes the session that survived an earlier revocation.
  survivingSession,
})
