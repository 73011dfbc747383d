import { getItems, type Table, text } from '../aws/dynamodb.ts'
import { nameKey, profileKey, userOf } from '../users/store.ts'
import type { User } from '../users/user.ts'

export const RECIPIENT = [
  'username',
  'role',
  'disabled',
  'generation',
  'email',
  'emailVerified',
  'emailAsWritten',
  'locale',
] as const

/** A user for the mailer: no password hash. */
export type Recipient = Pick<User, 'id' | (typeof RECIPIENT)[number]>

/**
 * Finds a user with a consistent read, which contains no password hash.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findRecipient(table: Table, userId: string): Promise<Recipient | undefined> {
  const [item] = await getItems(table, [profileKey(userId)], RECIPIENT)
  return item && userOf(item, RECIPIENT)
}

/**
 * Finds the user of a login name; see {@link findRecipient}.
 *
 * @param loginName - In its stored form, lower case.
 */
export async function findRecipientByName(table: Table, loginName: string): Promise<Recipient | undefined> {
  const [name] = await getItems(table, [nameKey(loginName)], ['userId'])
  return name && findRecipient(table, text(name, 'userId'))
}
