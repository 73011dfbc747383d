import { getItems, type Table, texts } from '../aws/dynamodb.ts'
import { type Factor, factorsOf } from '../users/factors.ts'
import { profileKey, USER_INFO, userOf } from '../users/store.ts'
import type { User } from '../users/user.ts'
import { recoveryCodesKey } from './keys.ts'

/** Attributes that users may see of their profile: all except secrets and internal values. */
export const OWN_PROFILE = [
  ...USER_INFO,
  'emailAsWritten',
  'createdAt',
  'changedAt',
  'factors',
  'externalId',
] as const

/** An account for its user. */
export interface OwnAccount extends Pick<User, Exclude<(typeof OWN_PROFILE)[number], 'factors'>> {
  factors: Factor[]
  /** Missing without a second factor. */
  recoveryCodesLeft: number | undefined
}

/**
 * Finds a user's account with one consistent read. The result has no password hash.
 *
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findOwnAccount(table: Table, userId: string): Promise<OwnAccount | undefined> {
  const keys = [profileKey(userId), recoveryCodesKey(userId)]
  const [profile, recovery] = await getItems(table, keys, [...OWN_PROFILE, 'codes'])
  if (profile === undefined) return undefined
  const own = userOf(profile, OWN_PROFILE)
  const factors = factorsOf(own)
  const left = recovery ? texts(recovery, 'codes').length : 0
  return { ...own, factors, recoveryCodesLeft: factors.length > 0 ? left : undefined }
}
