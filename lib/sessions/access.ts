import { check, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { USER_STATE } from '../users/user.ts'
import { REPLACED_SESSION } from './replaced.ts'
import { SESSION } from './session.ts'
import { STORED_SESSION } from './store.ts'

const ENDED = ['secretHash', 'salt', 'endedAt']

const ENDED_WITH_GRANTS = [...ENDED, 'grantsEndedAt', 'expiresAt', 'sourceIp', 'userAgent']

/** Sessions and the state of their users, without password hashes. */
export const readSessions = read(['user#*'], [...STORED_SESSION, ...USER_STATE])

export const listSessions = read(['user#*'], STORED_SESSION, 'Query')

/** Rotates sessions. Writes no password hash, role or state of a user. */
export const rotateSessions = write(
  ['UpdateItem'],
  ['user#*'],
  ['secretHash', 'endedAt', 'rotatedAtMs', 'lastUsedAt', 'expiresAt', 'shownUsedAt', 'shownExpiresAt'],
)

/** Ends sessions, with their events. */
export const endSessions = writeTogether(['UpdateItem'], ['user#*'], ENDED)

/** The same, also if a replaced token was used, which ends their grants. */
export const endReusedSessions = writeTogether(['UpdateItem'], ['user#*'], ENDED_WITH_GRANTS)

/** Stores the session of a new user, in the transaction of a complete sign-in. */
export const storeSessions = writeTogether(['PutItem'], ['user#*'], namesOf(SESSION))

/** Stores a session, or renews the one before, in the transaction of a complete sign-in that changes the user too. */
export const renewSessions = writeTogether(
  ['PutItem', 'UpdateItem'],
  ['user#*'],
  ['endedAt', 'grantsEndedAt', ...namesOf(SESSION)],
)

/** Demands, in the transaction of a complete sign-in, that no session of the user was revoked since the sign-in began. */
export const checkRevocations = check(['user#*'], ['sessionGeneration'])

/** Finds the session before a sign-in. */
export const findReplacedSessions = read(['user#*'], REPLACED_SESSION)

/** Ends the session before a sign-in, and the new one if the sign-in fails, also if it may not be stored. */
export const abandonSessions = write(['UpdateItem'], ['user#*'], ENDED_WITH_GRANTS)
