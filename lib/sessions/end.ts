import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { revokeSessions } from '../users/revocation.ts'
import { changeUserWithRetries } from '../users/store.ts'
import { redeemRefreshToken } from './redeem.ts'
import { readRefreshToken } from './refresh-token.ts'
import { deleteSession } from './store.ts'

/**
 * Ends the session of a refresh token.
 *
 * An invalid token ends nothing, and the caller does not learn that it is invalid. A token that was
 * replaced earlier ends its own session; see {@link redeemRefreshToken}.
 *
 * @param options - `everywhere`: ends all sessions of the user and revokes all access tokens.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function logOut(
  table: Table,
  refreshToken: string,
  now: Date,
  { everywhere = false }: { everywhere?: boolean | undefined } = {},
): Promise<void> {
  try {
    const presented = readRefreshToken(refreshToken)
    const { session } = await redeemRefreshToken(table, presented, now)
    // A later instant than `now`: what was issued since the request began is revoked too.
    if (everywhere) await endAllSessions(table, session.username, new Date())
    await deleteSession(table, session)
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'invalid_refresh_token') throw error
  }
}

/**
 * Revokes every session and every access token of a user, in one write.
 *
 * @returns Whether there is such a user.
 * @throws {@link ServiceError} `unavailable`.
 */
export const endAllSessions = (table: Table, username: string, now: Date): Promise<boolean> =>
  changeUserWithRetries(table, username, (user) => revokeSessions(user, now))
