import type { Config } from '../config.ts'
import { isoOf, secondOf } from '../time.ts'
import { issueSecond } from '../users/revocation.ts'
import type { User } from '../users/user.ts'
import { hashSecret, rotateSecret, type StoredSecret } from './refresh-token.ts'

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

/** A stored session: one sign-in of one user on one device. */
export interface Session extends StoredSecret {
  username: string
  id: string
  /** Seconds since the epoch. */
  createdAt: number
  lastUsedAt: number
  expiresAt: number
  /** Address that the login came from, as the gateway saw it. */
  sourceIp: string
  userAgent: string
}

const ID_BYTES = 16
const SECRET_BYTES = 32
const SALT_BYTES = 32

/** Random bytes that {@link startSession} needs: for the session's id, its first secret and its salt. */
export const SESSION_RANDOM_BYTES = ID_BYTES + SECRET_BYTES + SALT_BYTES

const MAX_USER_AGENT_CHARACTERS = 256

/**
 * Creates a session, without storing it.
 *
 * @param random - {@link SESSION_RANDOM_BYTES} fresh random bytes.
 * @returns The session to store, and the secret for its refresh token, which is stored nowhere.
 */
export function startSession(
  user: User,
  origin: Pick<Session, 'sourceIp' | 'userAgent'>,
  lifetimes: SessionLifetimes,
  now: Date,
  random: Buffer,
): { session: Session; secret: string } {
  const bytes = (from: number, length: number) => random.subarray(from, from + length).toString('base64url')
  const secret = bytes(ID_BYTES, SECRET_BYTES)
  const createdAt = issueSecond(user, now)
  const session = {
    username: user.username,
    id: bytes(0, ID_BYTES),
    secretHash: hashSecret(secret),
    replacedAtMs: '',
    salt: bytes(ID_BYTES + SECRET_BYTES, SALT_BYTES),
    generation: 0,
    createdAt,
    lastUsedAt: createdAt,
    expiresAt: createdAt + Math.min(lifetimes.absoluteTtlSeconds, lifetimes.idleTtlSeconds),
    sourceIp: origin.sourceIp,
    // A cut through a surrogate pair leaves text that the store rejects.
    userAgent: origin.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS).toWellFormed(),
  }
  return { session, secret }
}

/** Whether a value has the form of a session id. DynamoDB rejects keys that are too long. */
export const isSessionId = (value: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(value)

/** Returns the seconds until a session's current refresh token expires, if the client does not use it. */
export const refreshTtlSeconds = ({ expiresAt }: Session, now: Date): number => expiresAt - secondOf(now)

/** Returns a session after its current secret has been replaced by `next`. */
export function rotated(session: Session, next: string, lifetimes: SessionLifetimes, now: Date): Session {
  const lastUsedAt = Math.max(secondOf(now), session.lastUsedAt)
  const absoluteEnd = session.createdAt + lifetimes.absoluteTtlSeconds
  return {
    ...session,
    ...rotateSecret(session, next, now),
    lastUsedAt,
    expiresAt: Math.min(absoluteEnd, lastUsedAt + lifetimes.idleTtlSeconds),
  }
}

/** Whether a session is valid: not expired, its user exists and is not disabled, and it is not revoked. */
export function isLive(session: Session, user: User | undefined, now: Date): boolean {
  if (user === undefined || user.disabled || session.expiresAt <= secondOf(now)) return false
  return session.createdAt >= user.sessionsValidAfter || session.id === user.survivingSession
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

/** Returns summaries of a user's live sessions, the most recently used first. */
export function summarizeLive(
  sessions: readonly Session[],
  user: User | undefined,
  now: Date,
): SessionSummary[] {
  return sessions
    .filter((session) => isLive(session, user, now))
    .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
    .map(({ id, createdAt, lastUsedAt, expiresAt, sourceIp, userAgent }) => ({
      id,
      createdAt: isoOf(createdAt),
      lastUsedAt: isoOf(lastUsedAt),
      expiresAt: isoOf(expiresAt),
      sourceIp,
      userAgent,
    }))
}
