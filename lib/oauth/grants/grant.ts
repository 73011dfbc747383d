import { flag, number, optionalText, text } from '../../aws/dynamodb.ts'
import type { Attributes, Read, ValuesOf } from '../../aws/item.ts'
import { GRANT_IDLE_TTL_SECONDS, GRANT_TTL_SECONDS } from '../../sessions/grant-lifetimes.ts'
import { hashSecret, refreshTokenOf, selectorOf, sessionIdOf } from '../../sessions/refresh-token.ts'
import { secondOf, wholeHour } from '../../time.ts'
import type { Amr } from '../../users/factors.ts'
import type { Client } from '../clients/client.ts'
import type { Code } from '../codes/code.ts'

/** Attributes of a grant: what a user allows a client, with a refresh token. A tombstone has `endedAt`, and no `secretHash` and `salt`. */
export const GRANT = {
  /** Like those of a session; see `SESSION` in `lib/sessions/session.ts`. */
  secretHash: text,
  salt: text,
  rotatedAtMs: number,
  clientId: text,
  /** The generations of the client, of the user's app and of the profile. */
  clientGeneration: number,
  appGeneration: number,
  sessionGeneration: number,
  /** Names of scopes, with a space between them. */
  scope: text,
  /** Identifier of the API that access tokens are for. Without it, they are only for `/userinfo`. */
  resource: optionalText,
  /** The session that the grant began in. */
  sessionId: text,
  /** Whether the grant outlives that session. */
  offline: flag,
  /** Second since the epoch at which the user signed in. */
  authTime: number,
  amr: text as Read<Amr>,
  /** Seconds since the epoch. The first is that of the approval. */
  createdAt: number,
  lastUsedAt: number,
  /** The latest use before the hour of `lastUsedAt`, like that of a session; see {@link shownUseOf}. */
  shownUsedAt: number,
  expiresAt: number,
} satisfies Attributes

/** A stored grant that has not been ended. */
export interface Grant extends ValuesOf<typeof GRANT> {
  userId: string
  id: string
}

const SELECTOR_BYTES = 16
const SECRET_BYTES = 32
const SALT_BYTES = 32

/** Random bytes that {@link startGrant} needs: for the selector, the first secret and the salt. */
export const GRANT_RANDOM_BYTES = SELECTOR_BYTES + SECRET_BYTES + SALT_BYTES

/**
 * Shortest time between two writes of a grant's use. If half of the idle lifetime is shorter, that counts.
 */
const USE_SECONDS = 86_400

/** Attributes of a client that decide how long grants last. */
type Lifetimes = Pick<Client, 'grantTtlSeconds' | 'grantIdleTtlSeconds'>

/** When a grant ends. */
export interface Ends {
  /** Lifetimes of the client, for a grant with `offline_access`. */
  lifetimes: Lifetimes
  /** Second at which the session ends at the latest, for other grants. */
  sessionEndsAt: number
}

/** Whether scopes let a grant outlive its session (OpenID Connect Core section 11). */
export const isOffline = ({ scope }: Pick<Grant, 'scope'>): boolean =>
  scope.split(' ').includes('offline_access')

/**
 * Creates the grant of a code, without storing it. Its refresh token has the form of a session's token. Each
 * is looked up only among its own kind, so neither is valid in place of the other.
 *
 * @param random - {@link GRANT_RANDOM_BYTES} fresh random bytes.
 * @returns The grant to store, and its refresh token, which is stored nowhere.
 */
export function startGrant(
  code: Code,
  { lifetimes, sessionEndsAt }: Ends,
  now: Date,
  random: Buffer,
): { grant: Grant; refreshToken: string } {
  const selector = selectorOf(secondOf(now), random.subarray(0, SELECTOR_BYTES))
  const secret = random.toString('base64url', SELECTOR_BYTES, SELECTOR_BYTES + SECRET_BYTES)
  const { clientId, clientGeneration, appGeneration, sessionGeneration, scope, resource } = code
  const { userId, sessionId, authTime, amr, createdAt } = code
  const offline = isOffline(code)
  const times = { createdAt, lastUsedAt: secondOf(now), shownUsedAt: secondOf(now) }
  const grant = {
    userId,
    id: sessionIdOf(selector),
    secretHash: hashSecret(secret),
    salt: random.toString('base64url', SELECTOR_BYTES + SECRET_BYTES, GRANT_RANDOM_BYTES),
    rotatedAtMs: 0,
    clientId,
    clientGeneration,
    appGeneration,
    sessionGeneration,
    scope,
    resource,
    sessionId,
    offline,
    authTime,
    amr,
    ...times,
    expiresAt: offline ? endOf(times, lifetimes) : sessionEndsAt,
  }
  return { grant, refreshToken: refreshTokenOf(userId, selector, authTime, secret) }
}

/** Returns when a grant with `offline_access` ends: a year after the approval, or 30 days after its last use. */
const endOf = (
  { createdAt, lastUsedAt }: Pick<Grant, 'createdAt' | 'lastUsedAt'>,
  { grantTtlSeconds = GRANT_TTL_SECONDS, grantIdleTtlSeconds = GRANT_IDLE_TTL_SECONDS }: Lifetimes,
): number => Math.min(createdAt + grantTtlSeconds, lastUsedAt + grantIdleTtlSeconds)

/**
 * Whether a use of a grant must be written. A busy client costs one write a day. A grant without `offline_access` is also written when a
 * sign-in has renewed its session.
 */
export function isUseDue(grant: Grant, { lifetimes, sessionEndsAt }: Ends, now: Date): boolean {
  if (!grant.offline && sessionEndsAt > grant.expiresAt) return true
  const { grantIdleTtlSeconds = GRANT_IDLE_TTL_SECONDS } = grant.offline ? lifetimes : {}
  return secondOf(now) >= grant.lastUsedAt + Math.min(USE_SECONDS, grantIdleTtlSeconds / 2)
}

/**
 * Whether a grant has expired. Without `offline_access`, it expires with its session. Its own `expiresAt`
 * only makes DynamoDB delete the item.
 *
 * @param ends - Of the current session.
 */
export const isExpired = (
  { offline, expiresAt }: Pick<Grant, 'offline' | 'expiresAt'>,
  { sessionEndsAt }: Pick<Ends, 'sessionEndsAt'>,
  now: Date,
): boolean => (offline ? expiresAt : sessionEndsAt) <= secondOf(now)

/**
 * Returns a grant after a use.
 *
 * @param ends - A use does not prolong the session.
 */
export function used(grant: Grant, { lifetimes, sessionEndsAt }: Ends, now: Date): Grant {
  const lastUsedAt = Math.max(secondOf(now), grant.lastUsedAt)
  const expiresAt = grant.offline ? endOf({ ...grant, lastUsedAt }, lifetimes) : sessionEndsAt
  const isNextHour = wholeHour(grant.lastUsedAt) < wholeHour(lastUsedAt)
  return { ...grant, lastUsedAt, expiresAt, ...(isNextHour && { shownUsedAt: grant.lastUsedAt }) }
}

/**
 * Returns the last use of a grant that its user sees: rounded to the hour, and only after the hour is over.
 * Otherwise a thief with an access token could see when an app refreshes, and so when to present a copied
 * refresh token.
 */
export function shownUseOf(
  { createdAt, lastUsedAt, shownUsedAt }: Pick<Grant, 'createdAt' | 'lastUsedAt' | 'shownUsedAt'>,
  now: Date,
): number {
  const isOver = wholeHour(lastUsedAt) < wholeHour(secondOf(now))
  return Math.max(createdAt, wholeHour(isOver ? lastUsedAt : shownUsedAt))
}
