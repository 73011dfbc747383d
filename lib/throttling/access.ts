import { count, write } from '../aws/access.ts'

/** Counts attempts to sign in, and marks known sources. It cannot change the user of a login name. */
export const countSignIns = count(['name#*', 'source#*'], ['ownerId'])

/** Counts by user and by source: attempts, challenges, requests for mails. */
export const countAttempts = count(['user#*', 'source#*'])

/** Counts the codes of a user, and the challenges and mails of an enrolment. */
export const countCodes = count(['user#*'])

/** Counts the tries of a login token. */
export const countLoginTries = count(['login#*'])

/** Counts the codes that apps get for a user. */
export const countApprovals = count(['approvals#*'])

/** Counts the usernames that identities try. */
export const countIdentityUsernames = count(['identity#*'])

/** Counts the documents for a user and of a host. */
export const countDocuments = count(['fetches#*', 'host#*'])

/** Counts requests for mails. */
export const countMailRequests = count(['source#*'])

/** Counts the codes and usernames that clients try for a mail, and the codes by source. */
export const countProofs = count(['mail#*', 'source#*'])

/** Counts the mails to a recipient. */
export const countRecipients = count(['recipient#*'])

/** Marks a source as known to a login name. */
export const markSources = write(['UpdateItem'], ['name#*'], ['expiresAt', 'ownerId'])

/** Gives attempts back after a complete sign-in. */
export const returnAttempts = write(['UpdateItem'], ['user#*', 'name#*'], ['ids'])

/** Gives codes of a user back after a complete sign-in. */
export const returnCodes = write(['UpdateItem'], ['user#*'], ['ids'])

/** Counts the requests of operators with a session. */
export const countOperators = count(['admin#*'])
