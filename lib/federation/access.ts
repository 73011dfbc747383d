import { allow, arnOf, check, read, writeTogether } from '../aws/access.ts'
import { namesOf } from '../aws/item.ts'
import { REVOKING } from '../users/revocation.ts'
import { IDENTITY } from './identity.ts'
import { PENDING } from './pending.ts'
import { PROVIDER, PROVIDER_SECRET } from './provider.ts'

/** Lists identity providers, without their secrets. */
export const listProviders = read(['providers'], namesOf(PROVIDER), 'Query')

/** The names of providers, for their users. */
export const readProviderNames = read(['providers'], ['name'])

/** Checks that a provider has not changed since it responded. */
export const checkProviders = check(['providers'], ['changeId', 'disabled'])

/** Finds identity tokens, and spends them in the transaction of a decision. */
export const readPendings = read(['pending#*'], namesOf(PENDING))
export const spendPendings = writeTogether(['DeleteItem'], ['pending#*'], namesOf(PENDING))

export const listIdentities = read(['user#*'], namesOf(IDENTITY), 'Query')

/** Finds the identities of a user who is to lose or get one. */
export const findIdentityIds = read(['user#*'], [], 'Query')

/** Finds the providers that a user signs in with, for a mail. */
export const findIdentityProviders = read(['user#*'], ['provider'], 'Query')

/** Stores an identity and claims it. */
export const linkIdentities = writeTogether(
  ['PutItem'],
  ['user#*', 'credential#identity#*'],
  ['userId', ...namesOf(IDENTITY).filter((name) => name !== 'lastUsedAt')],
)

/** Removes an identity and its claim. IAM cannot name the sort key. */
export const unlinkIdentities = writeTogether(['DeleteItem'], ['user#*', 'credential#identity#*'], ['userId'])

/** Removes all identities of a user and their claims, in a transaction whose condition is the profile as it was read. */
export const removeIdentities = writeTogether(['DeleteItem'], ['user#*', 'credential#identity#*'], [])

/** Changes the profile of a user who gets or loses an identity. */
export const changeIdentities = writeTogether(['UpdateItem'], ['user#*'], ['changedAt', ...REVOKING])

/** Identity providers, and their encrypted secrets. */
export const readProviders = read(['providers'], [...namesOf(PROVIDER), ...namesOf(PROVIDER_SECRET)])

/**
 * Secrets of providers have exactly one context: the provider's id. Those of second factors have another one, so neither can be decrypted
 * as the other.
 */
export const decryptProviderSecrets = allow(['kms:Decrypt'], [arnOf('FactorKey')], {
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['provider'] },
  Null: { 'kms:EncryptionContextKeys': 'false' },
})

/** The users of identities. */
export const readIdentities = read(['credential#identity#*'], ['userId'])

/** Records the use of an identity, in the transaction of the sign-in. It cannot link one. */
export const useIdentities = writeTogether(['UpdateItem'], ['user#*'], ['lastUsedAt', 'label'])

/** Spends a response of a provider, in the transaction of its outcome. */
export const spendTries = writeTogether(['PutItem'], ['try#*'], ['expiresAt'])

/** Stores an identity that waits for its user's decision. */
export const storePendings = writeTogether(['PutItem'], ['pending#*'], namesOf(PENDING))
