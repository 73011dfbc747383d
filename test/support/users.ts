import { randomBytes } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { createUser } from '../../lib/users/names.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../../lib/users/user.ts'

/** Creates a user with the role `user` and a hash that no password matches, unless the values differ. */
export const testUser = (values: Partial<User> & Pick<User, 'username'>, now = new Date()): User =>
  newUser({ role: 'user', passwordHash: 'hash', ...values }, now, randomBytes(USER_RANDOM_BYTES))

/** Creates and stores such a user. */
export async function addTestUser(
  table: Table,
  values: Partial<User> & Pick<User, 'username'>,
  now = new Date(),
): Promise<User> {
  const user = testUser(values, now)
  const outcome = await createUser(table, user)
  if (outcome !== 'done') throw new Error(`${values.username} is ${outcome}`)
  return user
}
