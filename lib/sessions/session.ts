import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { issueSecond, secondOf, type User } from '../users/user.ts'

/** How long sessions last. */
export interface SessionPolicy {
  /** From the login on. */
  absoluteTtlSeconds: number
  /** From the last use on. */
  idleTtlSeconds: number
}

/** One sign-in of one user on one device, and the refresh token that keeps it going. */
export interface Session {
  username: string
  id: string
  /** SHA-256 of the secret that is good now, base64url. */
  secretHash: string
  /** When the secrets before it were replaced, if just now: epoch milliseconds, the newest first, commas between. */
  replacedAtMs: string
  /** What the next secret is derived with, besides the present one. Base64url. */
  salt: string
  /** How many times the secret has been replaced. */
  generation: number
  /** Seconds since the epoch. */
  createdAt: number
  lastUsedAt: number
  expiresAt: number
  /** Where the login came from, as the gateway saw it. */
  sourceIp: string
  userAgent: string
}

/** A refresh token taken apart, not yet checked. */
export interface PresentedToken {
  username: string
  sessionId: string
  secret: string
}

const ID_BYTES = 16
const SECRET_BYTES = 32
const SALT_BYTES = 32

/** How many random bytes {@link startSession} takes: for the session's id, its first secret and its salt. */
export const SESSION_RANDOM_BYTES = ID_BYTES + SECRET_BYTES + SALT_BYTES

/** How long a token that was just replaced is answered with its replacement again. */
const REPEATABLE_MS = 10_000

/** How many replacements within that time are remembered; a client that makes more is not served so gently. */
const MAX_REMEMBERED = 20

/** How far back a token is traced to prove that it was this session's. */
const MAX_TRACED_GENERATIONS = 10_000

const MAX_USER_AGENT_CHARACTERS = 256

const TOKEN = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})\.([a-z0-9._-]{1,64})$/

/**
 * Begins a session.
 *
 * @param random - {@link SESSION_RANDOM_BYTES} fresh random bytes.
 * @returns The session to store, and the secret to hand out, which is stored nowhere.
 */
export function startSession(
  user: User,
  origin: Pick<Session, 'sourceIp' | 'userAgent'>,
  policy: SessionPolicy,
  now: Date,
  random: Buffer,
): { session: Session; secret: string } {
  const bytes = (from: number, length: number) => random.subarray(from, from + length).toString('base64url')
  const secret = bytes(ID_BYTES, SECRET_BYTES)
  const createdAt = issueSecond(user, now)
  const session = {
    username: user.username,
    id: bytes(0, ID_BYTES),
    secretHash: sha256(secret),
    replacedAtMs: '',
    salt: bytes(ID_BYTES + SECRET_BYTES, SALT_BYTES),
    generation: 0,
    createdAt,
    lastUsedAt: createdAt,
    expiresAt: createdAt + Math.min(policy.absoluteTtlSeconds, policy.idleTtlSeconds),
    sourceIp: origin.sourceIp,
    // Cut within a pair of surrogates, it would be no text that the store can hold.
    userAgent: origin.userAgent.slice(0, MAX_USER_AGENT_CHARACTERS).toWellFormed(),
  }
  return { session, secret }
}

/** Whether a value is shaped as the id of a session is; the store has no room for keys of any length. */
export const isSessionId = (value: string): boolean => /^[A-Za-z0-9_-]{22}$/.test(value)

/** The refresh token that carries a session's secret. */
export const refreshTokenOf = ({ id, username }: Session, secret: string) => `${id}.${secret}.${username}`

/**
 * Takes a refresh token apart.
 *
 * @throws {@link ServiceError} `invalid_refresh_token` if it is not shaped as ours are.
 */
export function readRefreshToken(unverifiedToken: string): PresentedToken {
  const [, sessionId, secret, username] = TOKEN.exec(unverifiedToken) ?? []
  if (sessionId === undefined || secret === undefined || username === undefined) {
    throw new ServiceError('invalid_refresh_token', 'not shaped as refresh tokens are')
  }
  return { sessionId, secret, username }
}

/**
 * What a presented secret is to a session:
 * - `current`: the one that is good now;
 * - `repeated`: one that was replaced moments ago: the answer got lost, or two requests went out at once;
 * - `reused`: one that was replaced earlier, so somebody kept a copy (RFC 9700 section 4.14.2);
 * - `foreign`: none of this session's.
 */
export type Verdict = 'current' | 'repeated' | 'reused' | 'foreign'

/**
 * Judges a presented secret. Every secret follows from the one before it, so an old one is recognised although
 * only the hash of the newest is known: derived onward, it meets that hash, and the steps it took say which it was.
 */
export function judgeSecret(session: Session, secret: string, now: Date): Verdict {
  let derived = secret
  for (let steps = 0; steps <= Math.min(session.generation, MAX_TRACED_GENERATIONS); steps += 1) {
    if (equal(sha256(derived), session.secretHash)) {
      if (steps === 0) return 'current'
      const replacedAtMs = session.replacedAtMs.split(',')[steps - 1]
      return isRecent(replacedAtMs, now) ? 'repeated' : 'reused'
    }
    derived = nextSecret(session, derived)
  }
  return 'foreign'
}

const isRecent = (instantMs: string | undefined, now: Date): boolean =>
  now.getTime() < Number(instantMs || Number.NaN) + REPEATABLE_MS

/**
 * The secret that replaces one: HMAC-SHA256 of the session's salt under it. Whoever presents the same secret
 * twice gets the same replacement, and neither the salt nor the hashes in the store lead to it.
 */
export const nextSecret = ({ salt }: Session, secret: string): string =>
  createHmac('sha256', secret).update(salt).digest('base64url')

/** Seconds until a session's present refresh token expires, if it is not used before. */
export const refreshTtlSeconds = ({ expiresAt }: Session, now: Date): number => expiresAt - secondOf(now)

/** The session after its current secret has been replaced. */
export function renewed(session: Session, next: string, policy: SessionPolicy, now: Date): Session {
  const lastUsedAt = Math.max(secondOf(now), session.lastUsedAt)
  const absoluteEnd = session.createdAt + policy.absoluteTtlSeconds
  const recent = session.replacedAtMs.split(',').filter((ms) => isRecent(ms, now))
  return {
    ...session,
    secretHash: sha256(next),
    replacedAtMs: [now.getTime(), ...recent].slice(0, MAX_REMEMBERED).join(','),
    generation: session.generation + 1,
    lastUsedAt,
    expiresAt: Math.min(absoluteEnd, lastUsedAt + policy.idleTtlSeconds),
  }
}

/** Whether a session is going on: not expired, its user neither gone nor disabled, and nothing has ended it. */
export function isLive(session: Session, user: User | undefined, now: Date): boolean {
  if (user === undefined || user.disabled || session.expiresAt <= secondOf(now)) return false
  return session.createdAt >= user.sessionsValidAfter || session.id === user.survivingSession
}

/** What users and operators see of a session. Times are ISO 8601. */
export interface ShownSession {
  id: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
  sourceIp: string
  userAgent: string
}

/** Those of a user's sessions that are going on, the one used last first, as users and operators see them. */
export function showLive(sessions: readonly Session[], user: User | undefined, now: Date): ShownSession[] {
  return sessions
    .filter((session) => isLive(session, user, now))
    .sort((a, b) => b.lastUsedAt - a.lastUsedAt)
    .map(({ id, createdAt, lastUsedAt, expiresAt, sourceIp, userAgent }) => ({
      id,
      createdAt: iso(createdAt),
      lastUsedAt: iso(lastUsedAt),
      expiresAt: iso(expiresAt),
      sourceIp,
      userAgent,
    }))
}

const iso = (second: number) => new Date(second * 1000).toISOString()

const sha256 = (secret: string) => createHash('sha256').update(secret).digest('base64url')

const equal = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
