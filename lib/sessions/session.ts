import { flag, number, text } from '../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../aws/item.ts'
import type { Config } from '../config.ts'
import type { DeviceValues } from '../context.ts'
import { isoOf, secondOf, wholeHour } from '../time.ts'
import type { Amr } from '../users/factors.ts'
import type { Principal, UserState } from '../users/user.ts'
import {
  createdAtOf,
  hashSecret,
  type PresentedToken,
  refreshTokenOf,
  selectorOf,
  sessionIdOf,
  signInDigits,
} from './refresh-token.ts'

/** How long sessions last. */
export interface SessionLifetimes {
  /** From the sign-in on. */
  absoluteTtlSeconds: number
  /** From the last use on. */
  idleTtlSeconds: number
}

/** Returns the lifetimes in a handler's settings. */
export const lifetimesFrom = (
  config: Config<'SESSION_TTL_SECONDS' | 'SESSION_IDLE_TTL_SECONDS'>,
): SessionLifetimes => ({
  absoluteTtlSeconds: config.SESSION_TTL_SECONDS,
  idleTtlSeconds: config.SESSION_IDLE_TTL_SECONDS,
})

/** Attributes of a stored session. A tombstone has `endedAt`, and no `secretHash` and `salt`. */
export const SESSION = {
  /** SHA-256 of the current secret, in base64url. */
  secretHash: text,
  /** The next secret is derived from this and the current one. In base64url. */
  salt: text,
  /** When the current secret replaced the one before, in epoch milliseconds; 0 for the first secret. */
  rotatedAtMs: number,
  /** The user's session generation at the sign-in. */
  sessionGeneration: number,
  /** Second since the epoch of the sign-in. It names the sign-in within the session. */
  authTime: number,
  /** Seconds since the epoch. */
  lastUsedAt: number,
  expiresAt: number,
  /** The latest use before the hour of `lastUsedAt`, and the expiry that it led to: see {@link summaryOf}. */
  shownUsedAt: number,
  shownExpiresAt: number,
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: flag,
  /** Address that the sign-in came from, from the gateway. */
  sourceIp: text,
  userAgent: text,
  /** Authentication methods of the sign-in; see `AMR` in `lib/users/factors.ts`. */
  amr: text as Read<Amr>,
} satisfies Attributes

/** A stored session that has not been ended: one sign-in of one user on one device. */
export interface Session extends ValuesOf<typeof SESSION>, DeviceValues {
  userId: string
  id: string
}

const SELECTOR_BYTES = 16
const SECRET_BYTES = 32
const SALT_BYTES = 32

/** The tokens of a session. */
export interface SessionTokens {
  /** Members of the body: the access token, and other results of the sign-in. */
  token: object
  refreshToken: string
  /** Seconds until the session ends, unless it is refreshed. */
  refreshExpiresIn: number
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: boolean
  /** Headers that ask the browser to bind the session to its device. */
  headers?: Record<string, string> | undefined
}

/** Random bytes that {@link startSession} needs: for the selector, the first secret and the salt. */
export const SESSION_RANDOM_BYTES = SELECTOR_BYTES + SECRET_BYTES + SALT_BYTES

/** What a sign-in must know of a session that it renews: stored values, and the selector in its tokens. */
export type RenewedSession = Pick<Session, 'authTime' | 'secretHash'> & Pick<PresentedToken, 'selector'>

/** Values with which a session begins, or is renewed. */
export interface SessionStart {
  amr: Amr
  inCookie: boolean
  /** The values that it keeps of the session that it renews. */
  renewed?: Pick<RenewedSession, 'authTime' | 'selector'> | undefined
  origin: Pick<Session, 'sourceIp' | 'userAgent'>
  lifetimes: SessionLifetimes
}

/**
 * Creates a session, or renews one, without storing it. A renewed session keeps only its selector, and so its
 * id. Its sign-in is at least a second later than the one before, so that no two sign-ins have the same name.
 *
 * @param user - From the read before the credentials were verified. A revocation since then revokes the
 *   session.
 * @param random - {@link SESSION_RANDOM_BYTES} fresh random bytes.
 * @returns The session to store, and its refresh token, which is stored nowhere.
 */
export function startSession(
  user: Pick<UserState, 'id' | 'sessionGeneration'>,
  { amr, inCookie, renewed, origin, lifetimes }: SessionStart,
  now: Date,
  random: Buffer,
): { session: Session; refreshToken: string } {
  const lastUsedAt = secondOf(now)
  const authTime = Math.max(lastUsedAt, (renewed?.authTime ?? 0) + 1)
  const selector = renewed?.selector ?? selectorOf(authTime, random.subarray(0, SELECTOR_BYTES))
  const secret = random.toString('base64url', SELECTOR_BYTES, SELECTOR_BYTES + SECRET_BYTES)
  const expiresAt = lastUsedAt + Math.min(lifetimes.absoluteTtlSeconds, lifetimes.idleTtlSeconds)
  const session = {
    userId: user.id,
    id: sessionIdOf(selector),
    secretHash: hashSecret(secret),
    salt: random.toString('base64url', SELECTOR_BYTES + SECRET_BYTES, SESSION_RANDOM_BYTES),
    rotatedAtMs: 0,
    sessionGeneration: user.sessionGeneration,
    authTime,
    lastUsedAt,
    expiresAt,
    shownUsedAt: lastUsedAt,
    shownExpiresAt: expiresAt,
    sourceIp: origin.sourceIp,
    userAgent: origin.userAgent,
    inCookie,
    amr,
  }
  return { session, refreshToken: refreshTokenOf(user.id, selector, authTime, secret) }
}

/** Whether a value has the form of a session id. DynamoDB rejects keys that are too long. */
export const isSessionId = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}[A-Za-z0-9_-]{22}$/.test(value)

/** Returns the seconds until a session's current refresh token expires, if the client does not use it. */
export const refreshTtlSeconds = ({ expiresAt }: Session, now: Date): number => expiresAt - secondOf(now)

/** Returns a session after its current secret has been replaced by `next`. */
export function rotated(session: Session, next: string, lifetimes: SessionLifetimes, now: Date): Session {
  const lastUsedAt = Math.max(secondOf(now), session.lastUsedAt)
  const absoluteEnd = session.authTime + lifetimes.absoluteTtlSeconds
  return {
    ...session,
    secretHash: hashSecret(next),
    rotatedAtMs: now.getTime(),
    lastUsedAt,
    expiresAt: Math.min(absoluteEnd, lastUsedAt + lifetimes.idleTtlSeconds),
    ...(wholeHour(session.lastUsedAt) < wholeHour(lastUsedAt) && {
      shownUsedAt: session.lastUsedAt,
      shownExpiresAt: session.expiresAt,
    }),
  }
}

/**
 * Returns the name of a session's latest sign-in: the session's id, and its `authTime` in hexadecimal digits.
 */
export const signInOf = ({ id, authTime }: Pick<Session, 'id' | 'authTime'>): string =>
  `${id}.${signInDigits(authTime)}`

/** Whether a session is valid: not expired, its user exists and is not disabled, and it is not revoked. */
export const isLive = (session: Session, user: UserState | undefined, now: Date): boolean =>
  user !== undefined && !user.disabled && session.expiresAt > secondOf(now) && isUnrevoked(session, user)

/** Whether no revocation has ended a session. */
export const isUnrevoked = (
  session: Pick<Session, 'id' | 'authTime' | 'sessionGeneration'>,
  user: Pick<UserState, 'sessionGeneration' | 'survivingSession'>,
): boolean =>
  session.sessionGeneration === user.sessionGeneration || signInOf(session) === user.survivingSession

/**
 * Returns the name of a caller's sign-in, which survives a change of the password or the factors. It does not
 * survive if the session is not live, or if another sign-in has renewed it since the caller's access token.
 * That sign-in may have used the old password.
 *
 * @param caller - Of the access token.
 */
export const survivorOf = (
  session: Session | undefined,
  user: UserState,
  { authTime }: Pick<Principal, 'authTime'>,
  now: Date,
): string | undefined =>
  session?.authTime === authTime && isLive(session, user, now) ? signInOf(session) : undefined

/** A session for users and operators. Times are ISO 8601. */
export interface SessionSummary {
  id: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
  sourceIp: string
  userAgent: string
  /** Whether only the device that signed in can continue the session. */
  deviceBound?: true
}

/**
 * Returns what users and operators see of a session.
 *
 * Rounds the last use and the expiry to the hour, and shows a use only after its hour is over. Otherwise a
 * thief with an access token could see when the owner refreshes, and so when to present a copied refresh
 * token.
 */
export function summaryOf(session: Session, now: Date): SessionSummary {
  const { id, authTime, sourceIp, userAgent } = session
  const isOver = wholeHour(session.lastUsedAt) < wholeHour(secondOf(now))
  const usedAt = isOver ? session.lastUsedAt : session.shownUsedAt
  const expiresAt = isOver ? session.expiresAt : session.shownExpiresAt
  return {
    id,
    createdAt: isoOf(createdAtOf(session)),
    lastUsedAt: isoOf(Math.max(authTime, wholeHour(usedAt))),
    expiresAt: isoOf(wholeHour(expiresAt)),
    sourceIp,
    userAgent,
  }
}
