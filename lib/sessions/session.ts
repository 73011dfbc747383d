import { number, text } from '../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../aws/item.ts'
import type { Config } from '../config.ts'
import { isoOf, secondOf } from '../time.ts'
import type { Amr } from '../users/factors.ts'
import type { UserState } from '../users/user.ts'
import { hashSecret, refreshTokenOf, selectorOf, sessionIdOf } from './refresh-token.ts'

/** How long sessions last. */
export interface SessionLifetimes {
  /** From the login on. */
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
  /** Seconds since the epoch. */
  createdAt: number,
  lastUsedAt: number,
  expiresAt: number,
  /** The latest use before the hour of `lastUsedAt`, and the expiry that it led to: see {@link summaryOf}. */
  shownUsedAt: number,
  shownExpiresAt: number,
  /** Address that the login came from, as the gateway saw it. */
  sourceIp: text,
  userAgent: text,
  /** How the user signed in; see `AMR` in `lib/users/factors.ts`. */
  amr: text as Read<Amr>,
} satisfies Attributes

/** A stored session that has not been ended: one sign-in of one user on one device. */
export interface Session extends ValuesOf<typeof SESSION> {
  userId: string
  id: string
}

const SELECTOR_BYTES = 16
const SECRET_BYTES = 32
const SALT_BYTES = 32

/** The tokens of a session. */
export interface SessionTokens {
  /** Members of the body: the access token, and what else the sign-in returns. */
  token: object
  refreshToken: string
  /** Seconds until the session ends, unless it is refreshed. */
  refreshExpiresIn: number
  /** Whether the client keeps the refresh token in a cookie. */
  inCookie: boolean
}

/** Random bytes that {@link startSession} needs: for the selector, the first secret and the salt. */
export const SESSION_RANDOM_BYTES = SELECTOR_BYTES + SECRET_BYTES + SALT_BYTES

/** How a session begins. */
export interface SessionStart {
  amr: Amr
  origin: Pick<Session, 'sourceIp' | 'userAgent'>
  lifetimes: SessionLifetimes
}

/**
 * Creates a session, without storing it.
 *
 * @param user - As read before the credentials were verified. A revocation since then revokes the session.
 * @param random - {@link SESSION_RANDOM_BYTES} fresh random bytes.
 * @returns The session to store, and its refresh token, which is stored nowhere.
 */
export function startSession(
  user: Pick<UserState, 'id' | 'sessionGeneration'>,
  { amr, origin, lifetimes }: SessionStart,
  now: Date,
  random: Buffer,
): { session: Session; refreshToken: string } {
  const createdAt = secondOf(now)
  const selector = selectorOf(createdAt, random.subarray(0, SELECTOR_BYTES))
  const secret = random.toString('base64url', SELECTOR_BYTES, SELECTOR_BYTES + SECRET_BYTES)
  const expiresAt = createdAt + Math.min(lifetimes.absoluteTtlSeconds, lifetimes.idleTtlSeconds)
  const session = {
    userId: user.id,
    id: sessionIdOf(selector),
    secretHash: hashSecret(secret),
    salt: random.toString('base64url', SELECTOR_BYTES + SECRET_BYTES, SESSION_RANDOM_BYTES),
    rotatedAtMs: 0,
    sessionGeneration: user.sessionGeneration,
    createdAt,
    lastUsedAt: createdAt,
    expiresAt,
    shownUsedAt: createdAt,
    shownExpiresAt: expiresAt,
    sourceIp: origin.sourceIp,
    userAgent: origin.userAgent,
    amr,
  }
  return { session, refreshToken: refreshTokenOf(user.id, selector, secret) }
}

/** Whether a value has the form of a session id. DynamoDB rejects keys that are too long. */
export const isSessionId = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}[A-Za-z0-9_-]{22}$/.test(value)

/** Returns the seconds until a session's current refresh token expires, if the client does not use it. */
export const refreshTtlSeconds = ({ expiresAt }: Session, now: Date): number => expiresAt - secondOf(now)

/** Returns a session after its current secret has been replaced by `next`. */
export function rotated(session: Session, next: string, lifetimes: SessionLifetimes, now: Date): Session {
  const lastUsedAt = Math.max(secondOf(now), session.lastUsedAt)
  const absoluteEnd = session.createdAt + lifetimes.absoluteTtlSeconds
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

/** Whether a session is valid: not expired, its user exists and is not disabled, and it is not revoked. */
export function isLive(session: Session, user: UserState | undefined, now: Date): boolean {
  if (user === undefined || user.disabled || session.expiresAt <= secondOf(now)) return false
  return session.sessionGeneration === user.sessionGeneration || session.id === user.survivingSession
}

/** A session as users and operators see it. Times are ISO 8601. */
export interface SessionSummary {
  id: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
  sourceIp: string
  userAgent: string
}

/**
 * Returns what users and operators see of a session.
 *
 * Shows the last use and the expiry to the hour, and a use only after its hour is over. Otherwise a thief
 * with an access token could see when the owner refreshes, and so when to present a copied refresh token.
 */
export function summaryOf(session: Session, now: Date): SessionSummary {
  const { id, createdAt, sourceIp, userAgent } = session
  const isOver = wholeHour(session.lastUsedAt) < wholeHour(secondOf(now))
  const usedAt = isOver ? session.lastUsedAt : session.shownUsedAt
  const expiresAt = isOver ? session.expiresAt : session.shownExpiresAt
  return {
    id,
    createdAt: isoOf(createdAt),
    lastUsedAt: isoOf(Math.max(createdAt, wholeHour(usedAt))),
    expiresAt: isoOf(wholeHour(expiresAt)),
    sourceIp,
    userAgent,
  }
}

const wholeHour = (second: number) => second - (second % 3600)
