import { flag, getItems, number, optionalText, type Table, text } from '../aws/dynamodb.ts'
import { nameKey, profileKey } from '../users/store.ts'
import type { User } from '../users/user.ts'

/** What the mailer knows of a user: no password hash. */
export type Recipient = Pick<
  User,
  'id' | 'username' | 'disabled' | 'generation' | 'email' | 'emailVerified' | 'emailAsWritten'
>

const RECIPIENT = ['username', 'disabled', 'generation', 'email', 'emailVerified', 'emailAsWritten']

/**
 * Finds a user with a consistent read, which contains no password hash.
 *
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findRecipient(table: Table, userId: string): Promise<Recipient | undefined> {
  const [item] = await getItems(table, [profileKey(userId)], RECIPIENT)
  return (
    item && {
      id: userId,
      username: text(item, 'username'),
      disabled: flag(item, 'disabled'),
      generation: number(item, 'generation'),
      email: optionalText(item, 'email'),
      emailVerified: flag(item, 'emailVerified'),
      emailAsWritten: optionalText(item, 'emailAsWritten'),
    }
  )
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
