import { secondOf } from '../time.ts'
import type { Limit } from '../values.ts'

/** The subject of guesses at a password: a login name, or the user of an access token. */
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

/** A client that sends requests. */
interface Requester {
  source: string
  /** Partition of the user who has proved the password, or of the mail that a person without an account has read. */
  proved: string | undefined
}

/** Limits on requests of a source. */
interface RequestLimits {
  ofSource: Limit
  /** Limit on requests of one user from the source, after the password. */
  ofUser: Limit
}

/**
 * Returns the counters of requests of a source, in the order in which a request reserves them.
 *
 * Users who have proved their password have separate counters. Otherwise another client of the same address
 * could use up the user's requests for the next step. The counter of user and source comes first. One login
 * token allows any number of requests, and no user may use up the requests of others at the same source.
 * Strangers and other sources do not fill it.
 */
export const sourceCounters = (
  name: string,
  { source, proved }: Requester,
  { ofSource, ofUser }: RequestLimits,
  now: Date,
): Counter[] =>
  proved === undefined
    ? [counter(`source#${source}`, name, ofSource, now)]
    : [
        counter(proved, `${name}#${source}`, ofUser, now),
        counter(`source#${source}`, `${name}#verified`, ofSource, now),
      ]

/** Documents that are fetched for one user, from all hosts. */
const DOCUMENTS_OF_USER: Limit = { attempts: 10, windowSeconds: 600 }

/** Documents that are fetched from one host, for all users. */
const DOCUMENTS_OF_HOST: Limit = { attempts: 60, windowSeconds: 600 }

/**
 * Returns the counters of a document, in the order in which a request reserves them. One user cannot use up
 * the budget of a host.
 *
 * A host is a name: a server with many names gets the budget of each. The counter of a user is not in the
 * user's partition, because the function that fetches documents may not write there.
 */
export const documentCounters = (userId: string, host: string, now: Date): Counter[] => [
  counter(`fetches#${userId}`, 'documents', DOCUMENTS_OF_USER, now),
  counter(`host#${host}`, 'documents', DOCUMENTS_OF_HOST, now),
]

/** Responses of providers from one source. Each costs a request to the provider. */
const RESPONSES: Limit = { attempts: 50, windowSeconds: 900 }

/** Returns the counter of the responses of identity providers from a source. */
export const responseCounter = (source: string, now: Date): Counter =>
  counter(`source#${source}`, 'responses', RESPONSES, now)

/**
 * Codes for one user, because no user clicks every ten seconds. Each code may become a grant, and each app
 * stays in the list of the user.
 */
const APPROVALS: Limit = { attempts: 60, windowSeconds: 600 }

/**
 * Returns the counter of the codes that apps get for a user. It is not in the user's partition, like that of
 * documents.
 */
export const approvalCounter = (userId: string, now: Date): Counter =>
  counter(`approvals#${userId}`, 'approvals', APPROVALS, now)

/** Usernames that one identity may try for a new account. Otherwise it could find out which usernames exist. */
const USERNAMES_OF_IDENTITY: Limit = { attempts: 10, windowSeconds: 86_400 }

/** Returns the counter of the usernames that an identity tries. Another response of its provider gives no new tries. */
export const identityUsernameCounter = (identityId: string, now: Date): Counter =>
  counter(`identity#${identityId}`, 'usernames', USERNAMES_OF_IDENTITY, now)

/**
 * Returns a counter of the window that contains an instant.
 *
 * Windows start at multiples of their length. Their start is part of the key. So a new window needs no write,
 * and the end of a full one is known without a read.
 */
export function counter(pk: string, name: string, { attempts, windowSeconds }: Limit, now: Date): Counter {
  const startsAt = Math.floor(secondOf(now) / windowSeconds) * windowSeconds
  return {
    key: { pk: { S: pk }, sk: { S: `${name}#${startsAt}` } },
    maxAttempts: attempts,
    endsAt: startsAt + windowSeconds,
  }
}
