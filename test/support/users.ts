import { randomBytes } from 'node:crypto'
import { attribute, type Table, transact, writeIf } from '../../lib/aws/dynamodb.ts'
import { addPasskey } from '../../lib/factors/passkeys/store.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import { createUser } from '../../lib/users/names.ts'
import { profileKey } from '../../lib/users/store.ts'
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

/** Gives a user two passkeys and recovery codes, as they are stored. No authenticator has the passkeys. */
export async function giveFactors(table: Table, { id }: Pick<User, 'id'>): Promise<void> {
  const passkeys = ['phone', 'key'].map((name) => ({
    credentialId: randomBytes(16).toString('base64url'),
    publicKey: 'key',
    counter: 0,
    deviceType: 'singleDevice' as const,
    backedUp: false,
    uvInitialized: true,
    name,
    createdAt: new Date().toISOString(),
  }))
  const { write } = newRecoveryCodes(id, new Date())
  await transact(table, [...passkeys.flatMap((passkey) => addPasskey(id, passkey)), write])
  await writeIf(table, 'UpdateItem', {
    Key: profileKey(id),
    UpdateExpression: 'SET factors = :factors',
    ExpressionAttributeValues: { ':factors': attribute('passkey') },
  })
}
