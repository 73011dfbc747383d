import { createHmac } from 'node:crypto'
import type { BoundSession } from '../../context.ts'
import { logEvent } from '../../log.ts'
import { secondOf } from '../../time.ts'
import type { DeviceBinding } from '../../values.ts'
import { equal, hashSecret } from '../refresh-token.ts'

/**
 * Name of the cookie that only the device of a bound session can renew. No other host of the site can set it, as
 * `__Host-refresh`.
 */
export const BOUND_COOKIE = '__Host-bound'

/**
 * Seconds until the cookie ends. Chromium makes 6 signatures in 9 minutes for a site, and renews a cookie in its last 2 minutes. With
 * 300 seconds, users would meet that limit.
 */
export const BOUND_SECONDS = 600

/** For a request that is under way when the cookie ends. */
const LEEWAY_SECONDS = 30

/**
 * Returns a new value of the cookie: its end, and an HMAC of that with the session's salt. Nothing of it is stored, so each one counts
 * to its end, in any order of requests and lost answers. A sign-in draws a new salt, so those of before are void.
 */
export const newBound = ({ salt }: Pick<BoundSession, 'salt'>, now: Date): string =>
  boundUntil(salt, (secondOf(now) + BOUND_SECONDS).toString(16).padStart(8, '0'))

const boundUntil = (salt: string, end: string) =>
  `${end}.${createHmac('sha256', `bound ${salt}`).update(end).digest('base64url')}`

/** Whether a value of the cookie is one of {@link newBound} that has not ended. */
const isBound = ({ salt }: Pick<BoundSession, 'salt'>, bound: string, now: Date): boolean =>
  equal(hashSecret(bound), hashSecret(boundUntil(salt, bound.slice(0, 8)))) &&
  Number.parseInt(bound, 16) + LEEWAY_SECONDS > secondOf(now)

/** What a request has of its device. */
export interface Shown {
  binding: DeviceBinding
  /** The cookie {@link BOUND_COOKIE}; empty without one. */
  bound: string
  now: Date
}

/**
 * Returns why a request does not come from the device of a session, or `undefined` if it does or the session has none.
 *
 * @param inCookie - Whether its refresh token is in the cookie. A token in the body shows no device.
 */
export function unboundReason(
  session: BoundSession,
  { bound, now }: Shown,
  inCookie: boolean,
): 'missing' | 'invalid' | undefined {
  if (session.device === undefined) return undefined
  if (!inCookie || bound === '') return 'missing'
  return isBound(session, bound, now) ? undefined : 'invalid'
}

/** Logs a request that does not come from the device of a session. @returns Whether it may use the session nevertheless, with `watch`. */
export function isWatched(
  { userId, id: sessionId }: BoundSession,
  reason: string,
  { binding }: Shown,
): boolean {
  logEvent('warn', { event: 'session.unbound', userId, sessionId, reason })
  return binding === 'watch'
}
