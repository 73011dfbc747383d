import { read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { USER_STATE } from '../users/user.ts'
import { SESSION } from './session.ts'
import { STORED_SESSION } from './store.ts'

const ENDED = ['secretHash', 'salt', 'endedAt']

/** Sessions and the state of their users, without password hashes. */
export const readSessions = read(['user#*'], [...STORED_SESSION, ...USER_STATE])

export const listSessions = read(['user#*'], STORED_SESSION, 'Query')

/** Rotates and ends sessions. Writes no password hash, role or state of a user. */
export const rotateSessions = write(
  ['UpdateItem'],
  ['user#*'],
  [...ENDED, 'rotatedAtMs', 'lastUsedAt', 'expiresAt', 'shownUsedAt', 'shownExpiresAt'],
)

/** Ends sessions. */
export const endSessions = write(['UpdateItem'], ['user#*'], ENDED)

/** Stores the first session of a user. */
export const storeSessions = write(['PutItem'], ['user#*'], namesOf(SESSION))

/** Stores the session of a complete sign-in, only in the transaction that spends the factor. */
export const storeSessionsTogether = writeTogether(['PutItem'], ['user#*'], namesOf(SESSION))

/** Finds the session that a sign-in replaces. */
export const findReplacedSessions = read(['user#*'], ['expiresAt'])

/** Ends the session that a sign-in replaces, and the new one if the sign-in fails, also if it may not be stored. */
export const abandonSessions = write(['UpdateItem'], ['user#*'], [...ENDED, 'expiresAt'])

/** Stores a session, ends it if the sign-in fails, ends the one that it replaces, and replaces the hash of a verified password. */
export const storeSignIns = write(
  ['PutItem', 'UpdateItem'],
  ['user#*'],
  [...namesOf(SESSION), 'endedAt', 'generation', 'passwordHash'],
)
