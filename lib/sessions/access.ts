import { check, type Deployment, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { USER_STATE } from '../users/user.ts'
import { BINDING, DEVICE, permittedOf } from './device/values.ts'
import { REPLACED_SESSION } from './replaced.ts'
import { SESSION } from './session.ts'
import { STORED_SESSION } from './store.ts'

const ENDED = ['secretHash', 'salt', 'endedAt']

const ENDED_WITH_GRANTS = [...ENDED, 'grantsEndedAt', 'expiresAt', 'sourceIp', 'userAgent']

/** Sessions and the state of their users, without password hashes. */
export const readSessions = read(['user#*'], [...STORED_SESSION, ...USER_STATE])

/** The same, with the devices of the sessions. */
export const readBoundSessions = (deployment: Deployment) =>
  read(['user#*'], [...STORED_SESSION, ...permittedOf(deployment, DEVICE.names), ...USER_STATE])

/** Sessions with what their devices sign next. */
export const readDevices = read(['user#*'], [...STORED_SESSION, ...namesOf(BINDING), ...USER_STATE])

export const listSessions = (deployment: Deployment) =>
  read(['user#*'], [...STORED_SESSION, ...permittedOf(deployment, DEVICE.names)], 'Query')

/** Rotates sessions. It cannot write a password hash, a role or the state of a user. */
export const rotateSessions = write(
  ['UpdateItem'],
  ['user#*'],
  ['secretHash', 'endedAt', 'rotatedAtMs', 'lastUsedAt', 'expiresAt', 'shownUsedAt', 'shownExpiresAt'],
)

/** Ends sessions, with their events. */
export const endSessions = writeTogether(['UpdateItem'], ['user#*'], ENDED)

/** Ends sessions, with their events. After reuse of a token, it ends their grants too. */
export const endReusedSessions = writeTogether(['UpdateItem'], ['user#*'], ENDED_WITH_GRANTS)

/** Stores the session of a new user, in the transaction of a complete sign-in. */
export const storeSessions = (deployment: Deployment) =>
  writeTogether(
    ['PutItem'],
    ['user#*'],
    [...namesOf(SESSION), ...permittedOf(deployment, ['deviceChallenge'])],
  )

/**
 * Stores a session, or renews the one before, in the transaction of a complete sign-in. That transaction
 * changes the user too.
 */
export const renewSessions = (deployment: Deployment) =>
  writeTogether(
    ['PutItem', 'UpdateItem'],
    ['user#*'],
    ['endedAt', 'grantsEndedAt', ...namesOf(SESSION), ...permittedOf(deployment, namesOf(BINDING))],
  )

/** Binds sessions to devices, and replaces what a device signs next. */
export const bindSessions = write(['UpdateItem'], ['user#*'], ['endedAt', ...namesOf(BINDING)])

/**
 * Checks that no session of the user was revoked since the sign-in began, in the transaction of a complete
 * sign-in.
 */
export const checkRevocations = check(['user#*'], ['sessionGeneration'])

/** Finds the session before a sign-in. */
export const findReplacedSessions = (deployment: Deployment) =>
  read(['user#*'], [...REPLACED_SESSION, ...permittedOf(deployment, DEVICE.names)])

/**
 * Ends the session before a sign-in. If the sign-in fails, it also ends the new session, which may not be
 * stored.
 */
export const abandonSessions = write(['UpdateItem'], ['user#*'], ENDED_WITH_GRANTS)
