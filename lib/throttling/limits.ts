import { isIPv4, isIPv6 } from 'node:net'
import { ServiceError } from '../errors.ts'
import { secondOf } from '../users/user.ts'

/** So many failures within so long; then no more attempts until the window that the first began is over. */
export interface Limit {
  failures: number
  windowSeconds: number
}

/** Limits by what failures are counted for. */
export interface Limits {
  userAndSource: Limit
  source: Limit
  user: Limit
}

/** What failures are counted for, where, and how many there are. */
export interface Counter {
  key: { pk: { S: string }; sk: { S: string } }
  limit: Limit
  failures: number
  /** Second since the epoch at which the window is over; meaningless without failures. */
  expiresAt: number
}

/**
 * The counters that an attempt concerns, with nothing counted yet.
 *
 * @param username - The name that was given, whether such a user exists or not.
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
 * Refuses an attempt before anything is computed for it, where too many have failed.
 *
 * @throws {@link ServiceError} `too_many_attempts`, with the seconds until the last of the windows is over.
 */
export function refuseIfThrottled(counters: readonly Counter[], now: Date): void {
  const second = secondOf(now)
  const full = counters.filter(
    ({ failures, limit, expiresAt }) => failures >= limit.failures && expiresAt > second,
  )
  if (full.length === 0) return
  const retryAfterSeconds = Math.max(...full.map(({ expiresAt }) => expiresAt)) - second
  throw new ServiceError('too_many_attempts', 'too many failures', { retryAfterSeconds })
}

/**
 * Where a request comes from, as far as counting goes: the address, of IPv6 its /64, which is what one customer
 * gets (RFC 6177).
 *
 * @param sourceIp - As the gateway saw it; never a header, which anybody can write.
 */
export function sourceOf(sourceIp: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(sourceIp)?.[1] ?? sourceIp
  if (isIPv4(mapped)) return mapped
  if (!isIPv6(sourceIp)) return 'unknown'
  const [head = '', tail] = sourceIp.replace(/%.*$/, '').toLowerCase().split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // An address may end in dotted IPv4, which stands for two groups.
  const afterCount = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - groups.length - afterCount
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}
