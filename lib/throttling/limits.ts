import { isIPv4, isIPv6 } from 'node:net'
import type { Config, Limit } from '../config.ts'
import { secondOf } from '../time.ts'

/** Limits on wrong passwords, by what the attempts are counted for. */
export interface Limits {
  userAndSource: Limit
  source: Limit
  knownSource: Limit
  user: Limit
  userAndKnownSource: Limit
}

/** Returns the limits in a handler's settings. */
export const limitsFrom = (
  config: Config<
    | 'LIMIT_USER_AND_SOURCE'
    | 'LIMIT_SOURCE'
    | 'LIMIT_KNOWN_SOURCE'
    | 'LIMIT_USER'
    | 'LIMIT_USER_AND_KNOWN_SOURCE'
  >,
): Limits => ({
  userAndSource: config.LIMIT_USER_AND_SOURCE,
  source: config.LIMIT_SOURCE,
  knownSource: config.LIMIT_KNOWN_SOURCE,
  user: config.LIMIT_USER,
  userAndKnownSource: config.LIMIT_USER_AND_KNOWN_SOURCE,
})

/** A stored set of attempts in one window of time. */
export interface Counter {
  key: { pk: { S: string }; sk: { S: string } }
  /** Maximum number of attempts in the set. */
  maxAttempts: number
  /** Second since the epoch at which the window ends. */
  endsAt: number
}

/** What passwords are guessed for: a login name, or the user of an access token. */
export type Subject = { loginName: string } | { userId: string }

/** Returns the partition key of a subject's counters. */
const partitionOf = (subject: Subject): string =>
  'loginName' in subject ? `name#${subject.loginName}` : `user#${subject.userId}`

/** Returns the key of the mark that a login name has signed in from a source. */
export const knownSourceKey = (loginName: string, source: string) => ({
  pk: { S: partitionOf({ loginName }) },
  sk: { S: `known#${source}` },
})

/**
 * Returns the counter of a subject and a source, which an attempt reserves first.
 *
 * @param source - See {@link sourceOf}.
 */
export const pairCounter = (subject: Subject, source: string, limits: Limits, now: Date): Counter =>
  counter(partitionOf(subject), `attempts#${source}`, limits.userAndSource, now)

/**
 * Returns the counters of the source and of the subject, which an attempt reserves next.
 *
 * A source that has signed in to the name before has counters that strangers cannot use up.
 *
 * @param isKnown - Whether the login name has signed in from the source before.
 */
export function furtherCounters(
  subject: Subject,
  source: string,
  isKnown: boolean,
  limits: Limits,
  now: Date,
): Counter[] {
  const partition = partitionOf(subject)
  return isKnown
    ? [
        counter(`source#${source}`, 'attempts#known', limits.knownSource, now),
        counter(partition, `attempts#known#${source}`, limits.userAndKnownSource, now),
      ]
    : [
        counter(`source#${source}`, 'attempts', limits.source, now),
        counter(partition, 'attempts', limits.user, now),
      ]
}

/**
 * Returns a counter of the window that an instant lies in.
 *
 * Windows are multiples of their length. Their start is part of the key, so a new window needs no
 * write, and the end of a full one is known without a read.
 */
function counter(pk: string, name: string, { attempts, windowSeconds }: Limit, now: Date): Counter {
  const startsAt = Math.floor(secondOf(now) / windowSeconds) * windowSeconds
  return {
    key: { pk: { S: pk }, sk: { S: `${name}#${startsAt}` } },
    maxAttempts: attempts,
    endsAt: startsAt + windowSeconds,
  }
}

/**
 * Returns the source that attempts are counted for: an IPv4 address, or the /64 of an IPv6 address,
 * which is what one customer gets (RFC 6177).
 *
 * @param sourceIp - As the gateway saw it, never from a header, because clients can write any header.
 */
export function sourceOf(sourceIp: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(sourceIp)?.[1] ?? sourceIp
  if (isIPv4(mapped)) return mapped
  if (!isIPv6(sourceIp)) return 'unknown'
  const [head, tail] = sourceIp.replace(/%.*/, '').toLowerCase().split('::') as [string, string?]
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  // An address may end in dotted IPv4, which takes the place of two groups.
  const afterCount = after.length + (after.at(-1)?.includes('.') ? 1 : 0)
  const zeros = 8 - groups.length - afterCount
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

/**
 * Returns a source as logs show it, without the part that identifies a single customer: an IPv4 /24, or
 * an IPv6 /48.
 */
export const truncatedSource = (source: string): string =>
  source.includes(':') ? `${source.split(':').slice(0, 3).join(':')}::/48` : source.replace(/\.\d+$/, '.0/24')
