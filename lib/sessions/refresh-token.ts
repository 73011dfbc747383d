import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'

/** A refresh token taken apart, not yet verified. */
export interface PresentedToken {
  username: string
  sessionId: string
  secret: string
}

/** What is stored about the secrets of a session's refresh tokens. */
export interface StoredSecret {
  /** SHA-256 of the current secret, in base64url. */
  secretHash: string
  /** When recent secrets were replaced: epoch milliseconds, newest first, separated by commas. */
  replacedAtMs: string
  /** The next secret is derived from this and the current one. In base64url. */
  salt: string
  /** How many times the secret has been replaced. */
  generation: number
}

/** How long a replaced refresh token still gets its replacement. */
const REPEATABLE_MS = 10_000

/** How many replacements within that time are stored. A client that makes more loses the oldest. */
const MAX_REMEMBERED = 20

/** How many generations back a token is recognised as this session's. */
const MAX_TRACED_GENERATIONS = 10_000

const TOKEN = /^([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})\.([a-z0-9._-]{1,64})$/

/** Returns the refresh token of a session with this secret. */
export const refreshTokenOf = ({ id, username }: { id: string; username: string }, secret: string): string =>
  `${id}.${secret}.${username}`

/**
 * Parses a refresh token.
 *
 * @throws {@link ServiceError} `invalid_refresh_token`, if it does not have the form that this service issues.
 */
export function readRefreshToken(unverifiedToken: string): PresentedToken {
  const [, sessionId, secret, username] = TOKEN.exec(unverifiedToken) ?? []
  if (sessionId === undefined || secret === undefined || username === undefined) {
    throw new ServiceError('invalid_refresh_token', 'not a refresh token')
  }
  return { sessionId, secret, username }
}

/**
 * What a presented secret is to a session:
 * - `current`: its current secret;
 * - `repeated`: one that was replaced moments ago: the response was lost, or the client sent two requests at once;
 * - `reused`: one that was replaced earlier, so an attacker may have copied it (RFC 9700 section 4.14.2);
 * - `foreign`: not one of this session's secrets.
 */
export type SecretState = 'current' | 'repeated' | 'reused' | 'foreign'

/**
 * Classifies a presented secret.
 *
 * Every secret is derived from the one before it. Although only the hash of the current secret is
 * stored, an old secret is recognised: derived onward, it reaches that hash. The number of steps
 * says which generation it was.
 */
export function classifySecret(stored: StoredSecret, secret: string, now: Date): SecretState {
  let derived = secret
  for (let steps = 0; steps <= Math.min(stored.generation, MAX_TRACED_GENERATIONS); steps += 1) {
    if (equal(hashSecret(derived), stored.secretHash)) {
      if (steps === 0) return 'current'
      const replacedAtMs = stored.replacedAtMs.split(',')[steps - 1]
      return isRecent(replacedAtMs, now) ? 'repeated' : 'reused'
    }
    derived = nextSecret(stored, derived)
  }
  return 'foreign'
}

/**
 * Derives the secret that replaces another: HMAC-SHA256 of the session's salt, with that secret as its key.
 *
 * A client that presents the same secret twice gets the same replacement. Neither the salt nor the
 * stored hashes lead to it.
 */
export const nextSecret = ({ salt }: Pick<StoredSecret, 'salt'>, secret: string): string =>
  createHmac('sha256', secret).update(salt).digest('base64url')

/** Returns what to store after the current secret has been replaced by `next`. */
export function rotateSecret(stored: StoredSecret, next: string, now: Date): Omit<StoredSecret, 'salt'> {
  const recent = stored.replacedAtMs.split(',').filter((ms) => isRecent(ms, now))
  return {
    secretHash: hashSecret(next),
    replacedAtMs: [now.getTime(), ...recent].slice(0, MAX_REMEMBERED).join(','),
    generation: stored.generation + 1,
  }
}

/** Returns the SHA-256 of a secret, in base64url. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url')

const isRecent = (instantMs: string | undefined, now: Date): boolean =>
  now.getTime() < Number(instantMs || Number.NaN) + REPEATABLE_MS

const equal = (a: string, b: string) =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
