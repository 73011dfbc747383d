import { randomBytes } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import type { Table } from '../aws/dynamodb.ts'
import { together } from '../aws/together.ts'
import type { Amr } from '../users/factors.ts'
import type { UserState } from '../users/user.ts'
import { parseRefreshToken } from './refresh-token.ts'
import { sessionResponse } from './response.ts'
import {
  refreshTtlSeconds,
  SESSION_RANDOM_BYTES,
  type Session,
  type SessionLifetimes,
  startSession,
} from './session.ts'
import { abandonSession, endSession, putSession } from './store.ts'

/** A sign-in whose credentials are verified. */
export interface SignIn {
  /** As read before the credentials were verified. */
  user: UserState
  amr: Amr
  origin: Pick<Session, 'sourceIp' | 'userAgent'>
  lifetimes: SessionLifetimes
  inCookie: boolean
  /** The refresh token in the request's cookie, or in its member `replaces`; empty without one. Its session ends. */
  refreshToken: string
}

/**
 * Signs in: stores a session, and returns the response with its tokens.
 *
 * Token and session carry the generations of the user as read before the hash. A revocation since then has moved them, so
 * neither outlives it. If any step fails, the new session ends, and the one that it would have replaced lives on.
 *
 * @param issueToken - Issues the access token of a session.
 * @param alongside - Other steps of the sign-in, already under way.
 * @throws What the first failed step threw.
 */
export async function signIn(
  table: Table,
  { user, amr, origin, lifetimes, inCookie, refreshToken: replaced }: SignIn,
  now: Date,
  issueToken: (session: Session) => Promise<object>,
  alongside: readonly Promise<unknown>[],
): Promise<APIGatewayProxyResult> {
  const random = randomBytes(SESSION_RANDOM_BYTES)
  const { session, refreshToken } = startSession(user, amr, origin, lifetimes, now, random)
  try {
    const [token] = await together([issueToken(session), putSession(table, session), ...alongside])
    await endReplaced(table, replaced, now)
    return sessionResponse(token, refreshToken, refreshTtlSeconds(session, now), { inCookie })
  } catch (error) {
    // If this fails too, the session expires by itself: no client has its refresh token.
    await abandonSession(table, session, now).catch(() => undefined)
    throw error
  }
}

async function endReplaced(table: Table, refreshToken: string, now: Date): Promise<void> {
  const replaced = replacedSession(refreshToken)
  if (replaced) await endSession(table, sessionOfName(replaced), now)
}

/**
 * Returns the name of the session that a sign-in replaces: user id and session id, with a dot between them. It contains no
 * secret. Any token with the selector of a session once belonged to it, so its secret need not be verified.
 *
 * @param refreshToken - In the cookie that the browser is about to lose, or in the request; empty without one.
 * @returns `undefined`, if it does not have the form of a refresh token.
 */
export function replacedSession(refreshToken: string): string | undefined {
  const { userId, sessionId } = parseRefreshToken(refreshToken) ?? {}
  return userId && `${userId}.${sessionId}`
}

/** Returns the session of a name that {@link replacedSession} returned. */
export function sessionOfName(name: string): Pick<Session, 'userId' | 'id'> {
  const [userId = '', id = ''] = name.split('.')
  return { userId, id }
}
