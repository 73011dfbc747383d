import { hash } from 'node:crypto'
import { secondOf } from '../time.ts'
import type { Limit } from '../values.ts'
import { type Counter, counter, partitionOf, sourceCounters } from './counter.ts'

/** Mails that one user requests from one source, after the password. */
const MAILS_OF_USER: Limit = { attempts: 5, windowSeconds: 3_600 }

/**
 * Returns the counters of the mails that a source requests; see {@link sourceCounters}.
 *
 * @param userId - User who has proved the password.
 */
export const mailRequestCounters = (
  source: string,
  userId: string | undefined,
  limit: Limit,
  now: Date,
): Counter[] => {
  const proved = userId === undefined ? undefined : partitionOf({ userId })
  return sourceCounters('mails', { source, proved }, { ofSource: limit, ofUser: MAILS_OF_USER }, now)
}

/**
 * Returns the counter of the mails for sign-ins that a source requests. They are apart from other mails: an office signs in at one
 * address in the morning.
 */
export const signInRequestCounter = (source: string, limit: Limit, now: Date): Counter =>
  counter(`source#${source}`, 'sign-in-mails', limit, now)

/**
 * Returns the counters of the mails by which a user proves changes. They are apart: a new address needs another mail after that.
 *
 * @param userId - User of the session.
 */
export const changeRequestCounters = (source: string, userId: string, limit: Limit, now: Date): Counter[] => {
  const requester = { source, proved: partitionOf({ userId }) }
  return sourceCounters('change-mails', requester, { ofSource: limit, ofUser: MAILS_OF_USER }, now)
}

/**
 * Returns the counters of a mail that anybody can request in a recipient's name.
 *
 * Only mails for a new password, a sign-in and a registration may use the whole limit. Otherwise strangers could
 * fill it with other mails, and the owner of an address would get neither.
 *
 * @param address - Upper and lower case count as one. A hash of it is stored.
 * @param isEntry - Whether the mail lets the owner of the address choose a password, or sign in.
 */
export function requestedMailCounters(address: string, isEntry: boolean, limit: Limit, now: Date): Counter[] {
  const others = { ...limit, attempts: Math.max(1, limit.attempts - 1) }
  const partition = recipientPartition(address)
  return [
    counter(partition, 'mails', limit, now),
    ...(isEntry ? [] : [counter(partition, 'other-mails', others, now)]),
  ]
}

/** More notices than a person reads. Only operators and requests with the correct password or proof cause them. */
const NOTICES: Limit = { attempts: 20, windowSeconds: 3_600 }

/** Returns the counter of the notices to a recipient. Requests of strangers do not fill it. */
export const noticeCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'notices', NOTICES, now)

/**
 * Mails of enrolments, by recipient. They need only the password, so they do not share the counter of
 * notices.
 */
const ENROLMENT_MAILS: Limit = { attempts: 10, windowSeconds: 3_600 }

/** Returns the counter of the mails of enrolments to a recipient. */
export const enrolmentMailCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'enrolment-mails', ENROLMENT_MAILS, now)

/** Mails that prove a change, by recipient. They need a session of the user. */
const CHANGE_MAILS: Limit = { attempts: 10, windowSeconds: 3_600 }

/**
 * Returns the counters of the mails that prove a change to a recipient. Each has a code and no link, so over the limit of codes there is
 * no mail. Mails that strangers can cause do not count here.
 */
export const changeMailCounters = (address: string, now: Date): Counter[] => [
  counter(recipientPartition(address), 'change-mails', CHANGE_MAILS, now),
  counter(recipientPartition(address), 'change-codes', CODE_MAILS, now),
]

/**
 * Mails that administrators request by the API, by recipient. With the counter of notices, they could suppress
 * the notices of a user.
 */
const ADMINISTRATOR_MAILS: Limit = { attempts: 10, windowSeconds: 3_600 }

/** Returns the counter of the mails to a recipient that administrators request by the API. */
export const administratorMailCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'administrator-mails', ADMINISTRATOR_MAILS, now)

/** Notices that an operator acts as the recipient. No other mail fills this counter, so each user gets the first ones of a day. */
const ACT_MAILS: Limit = { attempts: 3, windowSeconds: 86_400 }

/** Returns the counter of the notices to a recipient that an operator acts as the recipient. */
export const actMailCounter = (address: string, now: Date): Counter =>
  counter(recipientPartition(address), 'act-mails', ACT_MAILS, now)

/**
 * Mails with a code, by recipient. Each allows five guesses: 100 a day. Over the limit, mails have only their
 * link, whose secret cannot be guessed.
 */
const CODE_MAILS: Limit = { attempts: 20, windowSeconds: 86_400 }

/**
 * Returns the counter of the mails with a code to a recipient.
 *
 * @param knownSource - For a sign-in from a source that its user has signed in from. It counts apart, so that strangers cannot use up
 *   its codes.
 */
export const codeMailCounter = (address: string, knownSource: string | undefined, now: Date): Counter => {
  const name = knownSource === undefined ? 'code-mails' : `code-mails#${knownSource}`
  return counter(recipientPartition(address), name, CODE_MAILS, now)
}

/** Mails for a sign-in from one source that the user has signed in from. */
const KNOWN_SOURCE_MAILS: Limit = { attempts: 5, windowSeconds: 3_600 }

/** Returns the counter of the mails for sign-ins from such a source. Strangers cannot use up its mails. */
export const knownSourceMailCounter = (address: string, source: string, now: Date): Counter =>
  counter(recipientPartition(address), `mails#${source}`, KNOWN_SOURCE_MAILS, now)

const recipientPartition = (address: string): string =>
  `recipient#${hash('sha256', address.toLowerCase(), 'base64url')}`

/**
 * Tries that make the code or the link of a mail invalid. Each window is longer than that code or link is
 * valid.
 */
const CODES: Limit = { attempts: 5, windowSeconds: 3_600 }

const USERNAMES: Limit = { attempts: 10, windowSeconds: 8 * 86_400 }

/** Wrong codes of one source, for all mails. Otherwise a source could guess codes of many mails. */
const CODES_OF_SOURCE: Limit = { attempts: 50, windowSeconds: 3_600 }

/**
 * Returns the counters of tried codes, for a mail and by a source.
 *
 * @param name - `codes-of-others` at a route for mails of other kinds.
 */
export const codeCounters = (
  mail: { pk: { S: string } },
  name: 'codes' | 'codes-of-others',
  source: string,
  now: Date,
): [Counter, Counter] => [
  confirmationCounter(mail, name, CODES, now),
  counter(`source#${source}`, 'codes', CODES_OF_SOURCE, now),
]

/** Returns the counter of tried usernames with the proof of a mail. */
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
