import type { Limit } from '../config.ts'
import { secondOf } from '../time.ts'

/** What passwords are guessed for: a login name, or the user of an access token. */
export type Subject = { loginName: string } | { userId: string }

/** Returns the partition key of a subject's counters. */
export const partitionOf = (subject: Subject): string =>
  'loginName' in subject ? `name#${subject.loginName}` : `user#${subject.userId}`

/** A stored set of attempts in one window of time. */
export interface Counter {
  key: { pk: { S: string }; sk: { S: string } }
  /** Maximum number of attempts in the set. */
  maxAttempts: number
  /** Second since the epoch at which the window ends. */
  endsAt: number
}

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
export const sourceCounters = (
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

/** Documents that are fetched for one user, from all hosts. */
const DOCUMENTS_OF_USER: Limit = { attempts: 10, windowSeconds: 600 }

/** Documents that are fetched from one host, for all users. */
const DOCUMENTS_OF_HOST: Limit = { attempts: 60, windowSeconds: 600 }

/**
 * Returns the counters of a document, in the order in which a request reserves them: one user alone cannot use up the budget of a host.
 *
 * A host is a name: a server with many names gets the budget of each. The counter of a user is outside the user's partition, where
 * the function that fetches documents may write nothing.
 */
export const documentCounters = (userId: string, host: string, now: Date): Counter[] => [
  counter(`fetches#${userId}`, 'documents', DOCUMENTS_OF_USER, now),
  counter(`host#${host}`, 'documents', DOCUMENTS_OF_HOST, now),
]

/** Codes for one user: no user clicks every ten seconds. Each code may become a grant, and each app stays in the list of the user. */
const APPROVALS: Limit = { attempts: 60, windowSeconds: 600 }

/** Returns the counter of the codes that apps get for a user. It is outside the user's partition, as that of documents. */
export const approvalCounter = (userId: string, now: Date): Counter =>
  counter(`approvals#${userId}`, 'approvals', APPROVALS, now)

/**
 * Returns a counter of the window that an instant lies in.
 *
 * Windows are multiples of their length. Their start is part of the key, so a new window needs no
 * write, and the end of a full one is known without a read.
 */
export function counter(pk: string, name: string, { attempts, windowSeconds }: Limit, now: Date): Counter {
  const startsAt = Math.floor(secondOf(now) / windowSeconds) * windowSeconds
  return {
    key: { pk: { S: pk }, sk: { S: `${name}#${startsAt}` } },
    maxAttempts: attempts,
    endsAt: startsAt + windowSeconds,
  }
}
