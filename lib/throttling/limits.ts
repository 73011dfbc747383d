import { isIPv4, isIPv6 } from 'node:net'
import type { Config, Limit } from '../config.ts'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../time.ts'

/** Limits on failed passwords, by what the failures are counted for. */
export interface Limits {
  userAndSource: Limit
  source: Limit
  user: Limit
}

/** Returns the limits in a handler's settings. */
export const limitsFrom = (
  config: Config<'LIMIT_USER_AND_SOURCE' | 'LIMIT_SOURCE' | 'LIMIT_USER'>,
): Limits => ({
  userAndSource: config.LIMIT_USER_AND_SOURCE,
  source: config.LIMIT_SOURCE,
  user: config.LIMIT_USER,
})

/** A stored count of failures, with its key and its limit. */
export interface Counter {
  key: { pk: { S: string }; sk: { S: string } }
  limit: Limit
  failures: number
  /** Second since the epoch at which the window ends; meaningless without failures. */
  expiresAt: number
}

/**
 * Returns the counters of an attempt, with no failures counted yet.
 *
 * @param username - The name in the request, whether such a user exists or not.
 * @param source - See {@link sourceOf}.
 */
export function countersFor(username: string, source: string, limits: Limits): Counter[] {
  const counter = (pk: string, sk: string, limit: Limit) => ({
    key: { pk: { S: pk }, sk: { S: sk } },
    limit,
    failures: 0,
    expiresAt: 0,
  })
  return [
    counter(`user#${username}`, `attempts#${source}`, limits.userAndSource),
    counter(`source#${source}`, 'attempts', limits.source),
    counter(`user#${username}`, 'attempts', limits.user),
  ]
}

/**
 * Rejects an attempt whose limits are reached, before anything is hashed for it.
 *
 * @throws {@link ServiceError} `too_many_attempts`, with the seconds until the last full window ends.
 */
export function rejectIfThrottled(counters: readonly Counter[], now: Date): void {
  const second = secondOf(now)
  const full = counters.filter(
    ({ failures, limit, expiresAt }) => failures >= limit.failures && expiresAt > second,
  )
  if (full.length === 0) return
  const retryAfterSeconds = Math.max(...full.map(({ expiresAt }) => expiresAt)) - second
  throw new ServiceError('too_many_attempts', 'too many failures', { retryAfterSeconds })
}

/**
 * Returns the source that failures are counted for: an IPv4 address, or the /64 of an IPv6 address,
 * which is what one customer gets (RFC 6177).
 *
 * @param sourceIp - As the gateway saw it, never from a header, because clients can write any header.
 */
export function sourceOf(sourceIp: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(sourceIp)?.[1] ?? sourceIp
  if (isIPv4(mapped)) return mapped
  if (!isIPv6(sourceIp)) return 'unknown'
  const [head = '', tail] = sourceIp.replace(/%.*$/, '').toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An address may end in dotted IPv4, which takes the place of two groups.
  const afterCount = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - groups.length - afterCount
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
