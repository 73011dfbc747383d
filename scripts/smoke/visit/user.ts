import { randomBytes } from 'node:crypto'
import { FIRST_ROLE } from '../../../lib/application/roles.ts'
import { removalOfFactors } from '../../../lib/factors/removal.ts'
import { attachedTo, attachedToNames, deleteItems } from '../../../lib/operators/removal.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { createUser, removeUser } from '../../../lib/users/names.ts'
import { findUser, findUserByName } from '../../../lib/users/store.ts'
import { untilStored } from '../../../lib/users/until-stored.ts'
import { newUser, USER_RANDOM_BYTES, type User } from '../../../lib/users/user.ts'
import { commandLine } from '../../../project/commands.ts'
import type { OperatorTable } from '../../cli/operator.ts'
import { Refusal, refusalOf } from '../../cli/refusal.ts'

/** A user who exists during a test only. The password is in memory only. */
export type SmokeUser = User & { password: string }

/** Creates a user with a random name and password, and a verified address, without storing it. */
export async function newSmokeUser(now: Date): Promise<SmokeUser> {
  const username = `smoke-${randomBytes(8).toString('hex')}`
  const password = newPassword()
  const passwordHash = await hashPassword(password, randomBytes(SALT_BYTES))
  const values = { username, role: FIRST_ROLE, passwordHash, email: addressOf(username), emailVerified: true }
  return { ...newUser(values, now, randomBytes(USER_RANDOM_BYTES)), password }
}

/**
 * Returns an address of the mailbox simulator. SES takes its mails, in the sandbox too, and delivers none.
 *
 * @param label - Makes addresses differ.
 * @see https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
 */
export const addressOf = (label: string): string => `success+${label}@simulator.amazonses.com`

export const newPassword = () => randomBytes(24).toString('base64url')

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
  const user = await newSmokeUser(now)
  const { username } = user
  const removed = () =>
    removeWhole(table, user).catch((error) => {
      throw mayRemain(username, option, error)
    })
  try {
    await createSmokeUser(table, user)
  } catch (error) {
    // The write may have been made before its response was lost, or may be made after this.
    throw (await removed()) ? error : mayRemain(username, option, error)
  }
  try {
    return await work(user)
  } finally {
    await removed()
  }
}

/** Stores a user. */
export const createSmokeUser = (table: OperatorTable, { password: _, ...user }: SmokeUser) =>
  createUser(table, user, table.act())

/**
 * Removes a user whom a check has created, if it exists.
 *
 * @param isCertain - Whether the service or the store has said that it created the user, or that it did not.
 * @throws {@link Refusal} `failed`, if the user may still exist.
 */
export async function endSmokeUser(
  table: OperatorTable,
  { username }: Pick<User, 'username'>,
  option: string,
  isCertain: boolean,
): Promise<void> {
  try {
    const user = await findUserByName(table, username)
    const existed = user !== undefined && (await removeWhole(table, user))
    // The check of a new address has left marks under the old one.
    await deleteItems(table, await attachedToNames(table, [addressOf(username)]))
    if (!existed && !isCertain) throw new Error('there was no response to its creation')
  } catch (error) {
    throw mayRemain(username, option, error)
  }
}

function mayRemain(username: string, option: string, error: unknown): Refusal {
  const next = `Remove it: ${commandLine('users', `remove ${username} ${option}`)}`
  const reason = refusalOf(error).message
  return new Refusal('failed', `User ${username} may still exist. ${next}. Reason: ${reason}`)
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
