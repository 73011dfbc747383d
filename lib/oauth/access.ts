import { allow, check, type Deployment, ownArn, read, write, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { API } from './apis/api.ts'
import { CLIENT } from './clients/client.ts'
import { CLIENT_SECRETS } from './clients/secret.ts'
import { CODE } from './codes/code.ts'
import { DOCUMENT } from './documents/document.ts'
import { APP } from './grants/app.ts'
import { GRANT } from './grants/grant.ts'
import { LISTED } from './grants/list.ts'
import { GRANT_SOURCES, STORED_GRANT } from './grants/store.ts'

/** Attributes that a code keeps of its exchange. */
const SPENT = ['spentBy', 'spentAt', 'spentFrom']

/** Clients, without their secrets, and what operators have decided about those that are URLs. */
export const readClients = read(['client#*', 'url-client#*'], namesOf(CLIENT))

/** Metadata documents in the cache. */
export const readDocuments = read(['document#*'], namesOf(DOCUMENT))

/** Stores metadata documents in the cache. */
export const storeDocuments = write(['PutItem'], ['document#*'], namesOf(DOCUMENT))

/** Has a metadata document fetched. */
export const invokeClientFetcher = ({ prefix }: Deployment) =>
  allow(['lambda:InvokeFunction'], [ownArn('lambda', `function:${prefix}-fetch-client`)])

/** APIs that clients have scopes of. */
export const readApis = read(['api#*'], namesOf(API))

/** Consents of users. */
export const readApprovals = read(['grants#*'], namesOf(APP))

/** Apps and grants for their users: no hash of a secret. */
export const listGrants = read(['grants#*'], LISTED, 'Query')

/** Removes the access of apps, with their events. It cannot give access. */
export const revokeApps = writeTogether(['UpdateItem'], ['grants#*'], ['generation', 'revokedAt', 'scopes'])

/** The keys of what a user allows apps. */
export const findGrantKeys = read(['grants#*'], [], 'Query')

/** Deletes what a user allows apps, with the user. */
export const deleteGrants = writeTogether(['DeleteItem'], ['grants#*'], [])

/** Stores what a user consents to, in the transaction that stores a code. */
export const storeApprovals = writeTogether(['PutItem', 'UpdateItem'], ['grants#*'], namesOf(APP))

/** Checks that an approval has not changed since it was read, in the transaction that stores only a code. */
export const checkApprovals = check(['grants#*'], ['generation', 'clientGeneration'])

/** Stores a code. It can change none. */
export const storeCodes = writeTogether(
  ['PutItem'],
  ['code#*'],
  namesOf(CODE).filter((name) => !SPENT.includes(name)),
)

/** Clients, and the hashes of their secrets. */
export const readClientSecrets = read(
  ['client#*', 'url-client#*'],
  [...namesOf(CLIENT), ...namesOf(CLIENT_SECRETS)],
)

/** Codes. The key is the hash of the code. */
export const readCodes = read(['code#*'], namesOf(CODE))

/** Spends a code, in the transaction that stores its grant. */
export const spendAuthorizationCodes = writeTogether(['UpdateItem'], ['code#*'], SPENT)

/** Grants. The refresh tokens of sessions are in another partition. */
export const readGrants = read(['grants#*'], STORED_GRANT)

/** Items that codes and grants depend on, and claims of id_tokens: no password hash. */
export const readGrantSources = read(['grants#*', 'user#*'], GRANT_SOURCES)

/**
 * Checks that user and session have not changed since they were read, in the transaction that stores a grant.
 */
export const checkGrantSources = check(['user#*'], ['sessionGeneration', 'endedAt'])

/** Stores a grant, in the transaction that spends its code and adds its event. */
export const storeGrants = writeTogether(['PutItem'], ['grants#*'], namesOf(GRANT))

/** Ends grants, with their events. */
export const endGrants = writeTogether(['UpdateItem'], ['grants#*'], ['secretHash', 'salt', 'endedAt'])

/**
 * Rotates grants, writes their use, and ends one whose write has an unknown outcome. It cannot extend a
 * scope.
 */
export const useGrants = write(
  ['UpdateItem'],
  ['grants#*'],
  ['secretHash', 'salt', 'endedAt', 'rotatedAtMs', 'lastUsedAt', 'shownUsedAt', 'expiresAt'],
)
