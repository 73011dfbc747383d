import { allow, arnOf, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { REVOKING } from '../users/revocation.ts'
import { OWN_PROFILE } from './own-account.ts'
import { BOUND_CHALLENGE, CHALLENGE } from './passkeys/challenge.ts'
import { PASSKEY } from './passkeys/passkey.ts'
import { PENDING_TOTP, TOTP } from './totp/store.ts'

/**
 * Secrets of second factors have exactly one context: the user's id. KMS compares its value.
 *
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-encryption-context-keys
 */
const UNDER_USER_ID = {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['user'] },
  Null: { 'kms:EncryptionContextKeys': 'false' },
}

export const encryptSecrets = allow(['kms:Encrypt'], [arnOf('FactorKey')], UNDER_USER_ID)
export const decryptSecrets = allow(['kms:Decrypt'], [arnOf('FactorKey')], UNDER_USER_ID)

/** Spends a code of an app or a recovery code. */
export const spendCodes = writeTogether(['UpdateItem'], ['user#*'], ['lastStep', 'createdAt', 'codes'])

/** Spends the code of an operator. A condition on its hash makes sure that it is spent once. */
export const spendOperatorCodes = writeTogether(['DeleteItem'], ['user#*'], ['codeHash'])

/** Stores the authenticator app that a user is setting up. */
export const storeAppSetups = write(
  ['PutItem'],
  ['user#*'],
  namesOf(PENDING_TOTP).filter((name) => name !== 'loginTokenId'),
)

/** Stores the authenticator app that an enrolment sets up. */
export const storeEnrolmentSetups = write(['PutItem'], ['user#*'], namesOf(PENDING_TOTP))

/** Stores an authenticator app, removes its set-up, and ends a reset of the factors. */
export const storeApps = writeTogether(['PutItem', 'DeleteItem'], ['user#*'], namesOf(TOTP))

/** Changes the second factors of a user, in the transaction that stores or removes the factor. */
export const changeFactors = writeTogether(['UpdateItem'], ['user#*'], ['factors', 'changedAt', ...REVOKING])

/** Stores recovery codes in that transaction. */
export const storeRecoveryCodes = writeTogether(['PutItem'], ['user#*'], ['codes', 'createdAt'])

/** Finds the ids of the passkeys of a user whose factors are removed. */
export const findPasskeyIds = read(['user#*'], [], 'Query')

/** Removes all factors of a user, because a reset has elapsed. */
export const removeAllFactors = writeTogether(
  ['DeleteItem'],
  ['user#*', 'credential#*'],
  ['userId', 'mailId', 'announcedAt'],
)

/** Removes a factor, the claim of a passkey's credential id, and recovery codes with the last factor. IAM cannot name the sort key. */
export const removeFactors = writeTogether(['DeleteItem'], ['user#*', 'credential#*'], ['userId'])

export const listPasskeys = read(['user#*'], namesOf(PASSKEY), 'Query')

/** Stores a passkey and claims its credential id. */
export const storePasskeys = writeTogether(
  ['PutItem'],
  ['user#*', 'credential#*'],
  ['userId', ...namesOf(PASSKEY).filter((name) => name !== 'lastUsedAt')],
)

/** Records the use of a passkey, in the transaction that completes the sign-in. */
export const usePasskeys = writeTogether(
  ['UpdateItem'],
  ['user#*'],
  ['counter', 'backedUp', 'uvInitialized', 'lastUsedAt'],
)

export const renamePasskeys = write(['UpdateItem'], ['user#*'], ['name'])

/** Stores challenges of sign-ins and enrolments. */
export const storeChallenges = write(['PutItem'], ['challenge#*'], namesOf(CHALLENGE))

/** Stores challenges of passkeys that a signed-in user adds. */
export const storeOwnChallenges = write(
  ['PutItem'],
  ['challenge#*'],
  namesOf(CHALLENGE).filter((name) => name !== 'loginTokenId'),
)

export const readChallenges = read(['challenge#*'], [...namesOf(CHALLENGE), 'spentBy'])

/** Stores and finds challenges that are bound to one more thing, such as a session. */
export const storeBoundChallenges = write(
  ['PutItem'],
  ['challenge#*'],
  namesOf(BOUND_CHALLENGE).filter((name) => !['loginTokenId', 'newUserId'].includes(name)),
)
/** Stores those of new users, who are no users yet. */
export const storeNewUserChallenges = write(
  ['PutItem'],
  ['challenge#*'],
  ['kind', 'boundTo', 'newUserId', 'expiresAt'],
)
export const readBoundChallenges = read(['challenge#*'], [...namesOf(BOUND_CHALLENGE), 'spentBy'])

/** Spends a challenge that no login token goes with. */
export const spendSingleChallenges = writeTogether(['UpdateItem'], ['challenge#*'], ['spentBy'])

/** Spends a challenge, and the login token of a sign-in or an enrolment that the passkey completes. */
export const spendChallenges = writeTogether(['UpdateItem'], ['challenge#*', 'login#*'], ['spentBy'])

/** The caller's own profile, without secrets and internal values, and the hashes of recovery codes, which are counted. */
export const readOwnProfile = read(['user#*'], [...OWN_PROFILE, 'codes'])
