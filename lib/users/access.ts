import { read, readWhole, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { REVOKING } from './revocation.ts'
import { USER_INFO } from './store.ts'
import { PROFILE, USER_STATE } from './user.ts'

/** Attributes that no registration has. */
const NOT_OF_NEW_USERS = [
  'survivingSession',
  'factors',
  'externalId',
  'attributes',
  'mustEnrol',
  'passwordFrom',
]

/** Attributes that each new password changes. */
const PASSWORD = ['passwordHash', 'passwordFrom']

/** The state of users, without personal data and password hashes. */
export const readUserStates = read(['user#*'], USER_STATE)

/** The caller's own user, without the password hash. */
export const readUserInfo = read(['user#*'], USER_INFO)

/** Everything about users. */
export const readProfiles = readWhole(['user#*'])

/** Everything about users and login names. */
export const readUsers = readWhole(['user#*', 'name#*'])

/** Reads whether a login name is taken. It cannot read a user. */
export const findNames = read(['name#*'], ['userId'])

/** Revokes all access tokens and sessions of a user. */
export const revokeAll = writeTogether(['UpdateItem'], ['user#*'], REVOKING)

/**
 * Stores a user that a mail confirms, and its login names. Conditions of the writes make sure that none is
 * replaced.
 */
export const storeUsers = writeTogether(
  ['PutItem'],
  ['user#*', 'name#*'],
  ['userId', ...namesOf(PROFILE).filter((name) => !NOT_OF_NEW_USERS.includes(name))],
)

/** Stores such a user with a passkey in place of a password. */
export const storeUsersWithPasskeys = writeTogether(
  ['PutItem'],
  ['user#*', 'name#*'],
  ['userId', 'factors', ...namesOf(PROFILE).filter((name) => !NOT_OF_NEW_USERS.includes(name))],
)

/** Replaces the hash of a verified password. Revokes nothing. */
export const replaceHashes = write(['UpdateItem'], ['user#*'], ['generation', ...PASSWORD])

/** Stores the hash of a password that the old place of passwords has verified, and whether its user had a second factor there. */
export const movePasswords = write(['UpdateItem'], ['user#*'], ['generation', ...PASSWORD, 'mustEnrol'])

/** Stores a new password of a user. */
export const changePasswords = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  [...PASSWORD, 'changedAt', ...REVOKING],
)

/** Stores a new password that a mail confirms. */
export const resetPasswords = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  [...PASSWORD, 'emailVerified', 'changedAt', ...REVOKING],
)

/** Changes the address of a user. */
export const changeAddresses = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  ['username', 'email', 'emailVerified', 'emailAsWritten', 'changedAt', 'generation', 'changeId'],
)

/** Changes the address of a user without a password, which signs the user in, and ends the other sessions. */
export const replaceAddresses = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  ['username', 'email', 'emailVerified', 'emailAsWritten', 'changedAt', ...REVOKING],
)

/** Changes the language of a user. */
export const changeLocales = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  ['locale', 'changedAt', 'generation', 'sessionGeneration', 'changeId'],
)

/** Changes the login names in that transaction. */
export const changeNames = writeTogether(['PutItem', 'DeleteItem'], ['name#*'], ['userId'])

/** Deletes a profile, its login names, its factors and identities, and the claims of these. */
export const deleteAccounts = writeTogether(
  ['DeleteItem'],
  ['user#*', 'name#*', 'credential#*'],
  ['username', 'email', 'generation', 'changeId', 'userId'],
)
