import { read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { REPLACED_SESSION } from '../sessions/replaced.ts'
import { LOGIN_TOKEN } from './login-token.ts'

const LOGIN = namesOf(LOGIN_TOKEN)

/** Stores the login token of a user with second factors. */
export const storeLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => name !== 'provedAt'),
)

/** Stores the enrolment token of a new user who must have a second factor. */
export const storeProvedLogins = write(
  ['PutItem'],
  ['login#*'],
  LOGIN.filter((name) => !name.startsWith('pair')),
)

export const readLogins = read(['login#*'], [...LOGIN, 'spentBy'])

export const spendLogins = writeTogether(['UpdateItem'], ['login#*'], ['spentBy'])

/** Records that an enrolment is proved. */
export const proveLogins = writeTogether(['UpdateItem'], ['login#*'], ['provedAt', 'spentBy'])

/**
 * Items that a complete sign-in reads: the mark of the source, the counted codes, a reset of the factors, the
 * session before.
 */
export const readEarlierSignIns = read(['user#*', 'name#*'], ['ids', 'ownerId', ...REPLACED_SESSION])
