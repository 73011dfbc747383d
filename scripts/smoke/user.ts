import { randomBytes } from 'node:crypto'
import { FIRST_ROLE } from '../../lib/application/roles.ts'
import { removalOfFactors } from '../../lib/factors/removal.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { createUser, removeUser } from '../../lib/users/names.ts'
import { findUser, untilStored } from '../../lib/users/store.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../../lib/users/user.ts'
import { commandLine } from '../../project/commands.ts'
import type { OperatorTable } from '../cli/operator.ts'
import { Refusal, refusalOf } from '../cli/refusal.ts'
import { attachedTo, deleteItems } from '../users/remove.ts'

/** A user who exists during a test only. The password is in memory only. */
export type SmokeUser = User & { password: string }

/**
 * Creates a user with a random name and password, and removes it when the work ends, also after a failure.
 *
 * @param option - Option of `npm run users` that selects the table.
 * @throws {@link Refusal} `failed`, if the user may still exist. Otherwise what the work or the store throws.
 */
export async function withSmokeUser<T>(
  table: OperatorTable,
  option: string,
  now: Date,
  work: (user: SmokeUser) => Promise<T>,
): Promise<T> {
  const username = `smoke-${randomBytes(8).toString('hex')}`
  const password = randomBytes(24).toString('base64url')
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const user = newUser({ username, role: FIRST_ROLE, passwordHash }, now, randomBytes(USER_RANDOM_BYTES))
  const mayRemain = (error: unknown) => {
    const next = `Remove it: ${commandLine('users', `remove ${username} ${option}`)}`
    return new Refusal(
      'failed',
      `User ${username} may still exist. ${next}. Reason: ${refusalOf(error).message}`,
    )
  }
  const removed = () =>
    removeWhole(table, user).catch((error) => {
      throw mayRemain(error)
    })
  try {
    await createUser(table, user, table.act())
  } catch (error) {
    // The write may have been made before its response was lost, or may be made after this.
    throw (await removed()) ? error : mayRemain(error)
  }
  try {
    return await work({ ...user, password })
  } finally {
    await removed()
  }
}

/**
 * Removes a user and everything stored about the user. The test may have changed the user.
 *
 * @returns Whether the user existed.
 */
async function removeWhole(table: OperatorTable, user: User): Promise<boolean> {
  const keys = await attachedTo(table, user)
  const existed = await untilStored(async () => {
    const found = await findUser(table, user.id)
    if (found === undefined) return false
    const factors = await removalOfFactors(table, user.id)
    return (await removeUser(table, found, factors, table.act())) === 'done' || undefined
  })
  await deleteItems(table, keys)
  return existed
}
