import type { Table } from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import { changeUserAsItIs } from '../users/store.ts'
import { revokeSessions } from '../users/user.ts'
import { readRefreshToken } from './session.ts'
import { deleteSession, findPresented } from './store.ts'

/**
 * Ends the session that a refresh token keeps going, or all of its user's. A token that is not good ends none
 * but, if it was replaced before, its own.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function endPresented(
  table: Table,
  refreshToken: string,
  everywhere: boolean,
  now: Date,
  deadlineMs: number,
): Promise<void> {
  try {
    const presented = readRefreshToken(refreshToken)
    const { session } = await findPresented(table, presented, now, deadlineMs)
    // Not the instant the request began: all that was issued since must die too.
    if (everywhere) await endAllSessions(table, session.username, new Date(), deadlineMs)
    await deleteSession(table, session, deadlineMs)
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'invalid_refresh_token') throw error
  }
}

/**
 * Ends every session of a user and kills every access token, in one write.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns Whether there is such a user.
 */
export const endAllSessions = (
  table: Table,
  username: string,
  now: Date,
  deadlineMs: number,
): Promise<boolean> => changeUserAsItIs(table, username, (user) => revokeSessions(user, now), deadlineMs)
