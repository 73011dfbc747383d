import { allow, check, read, record, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { FACTOR_RESET } from '../mail/factor-reset.ts'
import { REVOKING } from '../users/revocation.ts'
import { ADMINISTERED } from './accounts.ts'
import { COUNTED } from './reads/activity.ts'
import { INDEXES } from './search.ts'

/** All of users except password hashes. */
export const readAdministered = read(['user#*'], ADMINISTERED)

/** Requested resets of second factors. */
export const readFactorResets = read(['user#*'], namesOf(FACTOR_RESET))

/** Counters of wrong passwords, by login name. */
export const readWrongPasswords = read(['name#*'], COUNTED, 'Query')

/** Searches the indexes of names. Their partitions are the roles. IAM does not know over which of them a caller may be. */
export const searchUsers = allow(
  ['dynamodb:Query'],
  Object.values(INDEXES).map((name) => ({ 'Fn::Sub': `\${Table.Arn}/index/${name}` })),
  {
    'ForAllValues:StringEquals': { 'dynamodb:Attributes': ['pk', 'sk', 'role', ...Object.keys(INDEXES)] },
    StringEqualsIfExists: { 'dynamodb:Select': 'SPECIFIC_ATTRIBUTES' },
    Null: { 'dynamodb:Attributes': 'false' },
  },
)

/** Records searches, which concern no account. */
export const recordSearches = record(['service'])

/** Whether an operator has seen a user on a day. */
export const readViews = read(['admin#*'], ['expiresAt'])

/** Marks that an operator has seen a user, in the transaction of the event. */
export const markViews = writeTogether(['PutItem'], ['admin#*'], ['expiresAt'])

/** Checks in the transaction of a change that the operator still may make it. */
export const checkOperators = check(['user#*'], ['generation', 'role', 'disabled'])

/** Disables and enables users, and ends their sessions. */
export const disableUsers = writeTogether(['UpdateItem'], ['user#*'], ['disabled', 'changedAt', ...REVOKING])

/** Requests resets of second factors. It cannot begin their delay. */
export const requestFactorResets = writeTogether(['PutItem'], ['user#*'], ['mailId', 'ofRole'])

/** Changes the role, the names, the attributes and the factors of users. No other function may write a role. */
export const changeAdministered = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  [
    'role',
    'username',
    'email',
    'emailVerified',
    'emailAsWritten',
    'attributes',
    'factors',
    'changedAt',
    ...REVOKING,
  ],
)

/** Stores invitations, with the role of the new user. */
export const storeInvitations = writeTogether(['PutItem'], ['mail#*'], ['role', 'expiresAt'])

/** Records invitations, which concern no account yet. */
export const recordInvitations = record(['mail#*'])
