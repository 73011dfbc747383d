import { hash } from 'node:crypto'
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

/** The settings of {@link limitsFrom}. */
export type LimitsConfig = Config<
  | 'LIMIT_USER_AND_SOURCE'
  | 'LIMIT_SOURCE'
  | 'LIMIT_KNOWN_SOURCE'
  | 'LIMIT_USER'
  | 'LIMIT_USER_AND_KNOWN_SOURCE'
>

/** Returns the limits in a handler's settings. */
export const limitsFrom = (config: LimitsConfig): Limits => ({
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

/** The source of an attempt. */
interface AttemptSource {
  /** See {@link sourceOf}. */
  source: string
  /** Whether the login name has signed in from the source before. */
  isKnown: boolean
}

/**
 * Returns the counters of the source and of the subject, which an attempt reserves next.
 *
 * A source that has signed in to the name before has counters that strangers cannot use up.
 */
export function furtherCounters(
  subject: Subject,
  { source, isKnown }: AttemptSource,
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

/** Wrong codes of a user's authenticator app: with one step of drift each is right by chance once in 333,333 times. */
const TOTP_CODES: Limit = { attempts: 20, windowSeconds: 86_400 }

/** Returns the counter of a user's codes, over all sources. Strangers cannot fill it: a code needs the password first. */
export const totpCounter = (userId: string, now: Date): Counter =>
  counter(partitionOf({ userId }), 'attempts#totp', TOTP_CODES, now)

const SETUP_TRIES = 10

/**
 * Returns the counter of the codes that were tried for an authenticator app that a user is setting up. It lasts as long as the
 * setup. A new setup has a counter of its own.
 *
 * @param setupEndsAt - Second since the epoch.
 */
export const setupTriesCounter = (userId: string, setupEndsAt: number): Counter => ({
  key: { pk: { S: partitionOf({ userId }) }, sk: { S: `totp-tries#${setupEndsAt}` } },
  maxAttempts: SETUP_TRIES,
  endsAt: setupEndsAt,
})

/** Mails that one user asks for from one source, after the password. */
const MAILS_OF_USER: Limit = { attempts: 5, windowSeconds: 3_600 }

/**
 * Returns the counters of the mails that a source asks for; see {@link sourceCounters}.
 *
 * @param userId - User who has shown the password.
 */
export const mailRequestCounters = (
  source: string,
  userId: string | undefined,
  limit: Limit,
  now: Date,
): Counter[] => sourceCounters('mails', { source, userId }, { ofSource: limit, ofUser: MAILS_OF_USER }, now)

/** Challenges of passkeys, by source. Pages with autofill ask for one at each view. */
const CHALLENGES: Limit = { attempts: 300, windowSeconds: 900 }

/** Challenges of one user from one source, after the password: a tenth of what the source gets. */
const CHALLENGES_OF_USER: Limit = { attempts: 30, windowSeconds: 900 }

/**
 * Returns the counters of the challenges that a source asks for; see {@link sourceCounters}.
 *
 * @param userId - User who has shown the password.
 */
export const challengeCounters = (source: string, userId: string | undefined, now: Date): Counter[] =>
  sourceCounters('challenges', { source, userId }, { ofSource: CHALLENGES, ofUser: CHALLENGES_OF_USER }, now)

/** A client that asks for something. */
interface Requester {
  source: string
  /** User who has shown the password. */
  userId: string | undefined
}

/** Limits on what a source asks for. */
interface RequestLimits {
  ofSource: Limit
  /** On what one user asks for from the source, after the password. */
  ofUser: Limit
}

/**
 * Returns the counters of what a source asks for, in the order in which a request reserves them.
 *
 * Users who have shown their password have counters of their own. Otherwise strangers behind the address of a user could keep
 * the user from the next step. The counter of user and source comes first: one login token gets any number of requests, and no
 * user may use up those of the neighbours. Strangers and other sources do not fill it.
 */
const sourceCounters = (
  name: string,
  { source, userId }: Requester,
  { ofSource, ofUser }: RequestLimits,
  now: Date,
): Counter[] =>
  userId === undefined
    ? [counter(`source#${source}`, name, ofSource, now)]
    : [
        counter(partitionOf({ userId }), `${name}#${source}`, ofUser, now),
        counter(`source#${source}`, `${name}#verified`, ofSource, now),
      ]

/**
 * Returns the counters of a mail that anybody can ask for in a recipient's name.
 *
 * Only a new password and a registration may use the whole limit. Otherwise strangers could fill it with other mails, and the
 * owner of an address would get neither.
 *
 * @param address - Upper and lower case count as one. A hash of it is stored.
 * @param isEntry - Whether the mail lets the owner of the address choose a password.
 */
export function requestedMailCounters(address: string, isEntry: boolean, limit: Limit, now: Date): Counter[] {
  const others = { ...limit, attempts: Math.max(1, limit.attempts - 1) }
  const partition = recipientPartition(address)
  return [
    counter(partition, 'mails', limit, now),
    ...(isEntry ? [] : [counter(partition, 'other-mails', others, now)]),
  ]
}

/** More notices than a person reads. Only operators and requests with the right password or proof cause them. */
const NOTICES: Limit = { attempts: 20, windowSeconds: 3_600 }

/** Returns the counter of the notices to a recipient. Requests of strangers do not fill it. */
export const noticeCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'notices', NOTICES, now)

/** Mails of enrolments, by recipient. They cost the password only, so they do not share the counter of notices. */
const ENROLMENT_MAILS: Limit = { attempts: 10, windowSeconds: 3_600 }

/** Returns the counter of the mails of enrolments to a recipient. */
export const enrolmentMailCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'enrolment-mails', ENROLMENT_MAILS, now)

/**
 * Mails with a code, by recipient. Each allows five guesses: 100 a day. Over the limit mails have their link only, whose
 * secret cannot be guessed.
 */
const CODE_MAILS: Limit = { attempts: 20, windowSeconds: 86_400 }

/** Returns the counter of the mails with a code to a recipient. */
export const codeMailCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'code-mails', CODE_MAILS, now)

const recipientPartition = (address: string): string =>
  `recipient#${hash('sha256', address.toLowerCase(), 'base64url')}`

/** Tries that void the code, or the link, of a mail. Each time is longer than that code or link is valid. */
const CODES: Limit = { attempts: 5, windowSeconds: 3_600 }
const USERNAMES: Limit = { attempts: 10, windowSeconds: 8 * 86_400 }

/** Wrong codes of one source, for all mails. Codes of many mails could be guessed otherwise. */
const CODES_OF_SOURCE: Limit = { attempts: 50, windowSeconds: 3_600 }

/** Returns the counters of the codes that were tried for a mail, and by a source. */
export const codeCounters = (mail: { pk: { S: string } }, source: string, now: Date): [Counter, Counter] => [
  confirmationCounter(mail, 'codes', CODES, now),
  counter(`source#${source}`, 'codes', CODES_OF_SOURCE, now),
]

/** Returns the counter of the usernames that were tried with the proof of a mail. */
export const usernameCounter = (mail: { pk: { S: string } }, now: Date): Counter =>
  confirmationCounter(mail, 'usernames', USERNAMES, now)

/** Returns a counter that lasts as long as its mail: it has no windows. */
const confirmationCounter = (
  mail: { pk: { S: string } },
  name: string,
  { attempts, windowSeconds }: Limit,
  now: Date,
): Counter => ({
  key: { pk: mail.pk, sk: { S: name } },
  maxAttempts: attempts,
  endsAt: secondOf(now) + windowSeconds,
})

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
