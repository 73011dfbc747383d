import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'

/** A refresh token taken apart, not yet verified. */
export interface PresentedToken {
  userId: string
  /** The part that finds the session. It is secret too. */
  selector: string
  sessionId: string
  /** Second since the epoch of the token's sign-in. */
  authTime: number
  secret: string
}

/** Stored values about the secrets of refresh tokens; see `SESSION` in `session.ts`. */
export interface StoredSecret {
  authTime: number
  secretHash: string
  salt: string
  rotatedAtMs: number
}

const SELECTOR_BYTES = 16

/** Digits of a second since the epoch, in a session id, its selector, and the name of a sign-in. */
const SECOND_DIGITS = 8

const TOKEN = /^([\w-]{22})\.([0-9a-f]{8}[\w-]{22})\.([0-9a-f]{8})\.([\w-]{43})$/

/** The whole token, user id, selector, sign-in and secret. */
type Parts = [string, string, string, string, string]

/** Returns the digits that name a sign-in within its session. */
export const signInDigits = (authTime: number): string => authTime.toString(16).padStart(SECOND_DIGITS, '0')

/**
 * Returns the selector of a new session, the part of its refresh tokens that finds it.
 *
 * @param createdAt - Second since the epoch.
 * @param random - 16 fresh random bytes.
 */
export const selectorOf = (createdAt: number, random: Buffer): string =>
  signInDigits(createdAt) + random.toString('base64url')

/** Returns the second at which a session began, which its id contains. */
export const createdAtOf = ({ id }: { id: string }): number => Number.parseInt(id.slice(0, SECOND_DIGITS), 16)

/**
 * Returns the session id of a selector: its second, and a hash of the whole.
 *
 * Access tokens and lists show the id. The selector cannot be computed from it, so an attacker who sees the
 * id cannot present a token of the session. Ids sort by the time of the sign-in.
 */
export const sessionIdOf = (selector: string): string =>
  selector.slice(0, SECOND_DIGITS) +
  hash('sha256', selector, 'buffer').toString('base64url', 0, SELECTOR_BYTES)

/** Returns the refresh token of a sign-in of a session, with this secret. */
export const refreshTokenOf = (userId: string, selector: string, authTime: number, secret: string): string =>
  `${userId}.${selector}.${signInDigits(authTime)}.${secret}`

/** Returns a presented refresh token with another secret of the same session. */
export const withSecret = (refreshToken: string, secret: string): string =>
  refreshToken.replace(/[^.]+$/, secret)

/** Parses a refresh token, and returns `undefined` if it does not have the form that this service issues. */
export function parseRefreshToken(unverifiedToken: string): PresentedToken | undefined {
  const parts = TOKEN.exec(unverifiedToken) as Parts | null
  if (!parts) return undefined
  const [, userId, selector, signIn, secret] = parts
  return { userId, selector, sessionId: sessionIdOf(selector), authTime: Number.parseInt(signIn, 16), secret }
}

/**
 * Parses a refresh token.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`, if it does not have the form that this service issues.
 */
export function readRefreshToken(unverifiedToken: string): PresentedToken {
  const presented = parseRefreshToken(unverifiedToken)
  if (!presented) throw new ServiceError('invalid_refresh_token', 'not a refresh token')
  return presented
}

/**
 * The relation of a presented secret to its session:
 * - `fresh`: its current secret, which replaced another one moments ago;
 * - `current`: its current secret;
 * - `repeated`: the one before, replaced moments ago. The response was lost, or the client sent two requests
 *   at once;
 * - `changed`: a secret of another sign-in of the session;
 * - `reused`: anything else. It was replaced earlier, so an attacker may have copied it (RFC 9700 section
 *   4.14.2).
 */
export type SecretState = 'fresh' | 'current' | 'repeated' | 'changed' | 'reused'

/**
 * Classifies a secret that was presented with the selector of a session, with at most two hashes and an HMAC.
 *
 * A selector is secret too, so every token with the correct selector once belonged to the session. So reuse
 * is detected without a record of all earlier secrets.
 *
 * @param graceSeconds - How long a replaced secret still gets its replacement.
 */
export function classifySecret(
  stored: StoredSecret,
  { authTime, secret }: Pick<PresentedToken, 'authTime' | 'secret'>,
  graceSeconds: number,
  now: Date,
): SecretState {
  if (authTime !== stored.authTime) return 'changed'
  const isRecent = now.getTime() < stored.rotatedAtMs + graceSeconds * 1000
  if (equal(hashSecret(secret), stored.secretHash)) return isRecent ? 'fresh' : 'current'
  if (isRecent && equal(hashSecret(nextSecret(stored, secret)), stored.secretHash)) return 'repeated'
  return 'reused'
}

/**
 * Derives the secret that replaces another: HMAC-SHA256 of the session's salt, with that secret as its key.
 *
 * A client that presents the same secret twice gets the same replacement. Salt and stored hash are not enough
 * to compute it.
 */
export const nextSecret = ({ salt }: Pick<StoredSecret, 'salt'>, secret: string): string =>
  createHmac('sha256', secret).update(salt).digest('base64url')

/** Returns the SHA-256 of a secret, in base64url. */
export const hashSecret = (secret: string): string => hash('sha256', secret, 'base64url')

/** Compares two hashes of {@link hashSecret}, in constant time. */
export const equal = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
