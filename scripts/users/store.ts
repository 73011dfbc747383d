import { randomUUID } from 'node:crypto'
import { isRole } from '../../lib/application/roles.ts'
import { type Table, text } from '../../lib/aws/dynamodb.ts'
import { allItems } from '../../lib/aws/pages.ts'
import { type Administered, findByName, storedUserOf } from '../../lib/operators/accounts.ts'
import { untilStored } from '../../lib/users/until-stored.ts'
import type { User } from '../../lib/users/user.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Io } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import { printable } from '../cli/terminal/table.ts'

/** Small enough for a page to arrive in time over a slow connection. */
const ITEMS_PER_PAGE = 1_000

/**
 * Refuses to send a link or code to a user who cannot sign in.
 *
 * @throws {@link Refusal} `refused`.
 */
export function requireEnabled({ disabled, role }: Pick<User, 'disabled' | 'role'>, loginName: string): void {
  if (disabled) throw new Refusal('refused', `User ${loginName} is disabled. Enable the user first.`)
  if (!isRole(role)) throw new Refusal('refused', `${unknownRole(loginName, role)} Use set-role first.`)
}

/** Says that a user has a role that was taken out of `ROLES`. */
const unknownRole = (loginName: string, role: string) =>
  `User ${loginName} has the role ${printable(role)}, which ${CONFIGURATION} does not have, and cannot sign in.`

/** Names the users on standard error who have a role that was taken out of `ROLES`. */
export function noticeUnknownRoles(
  users: readonly Pick<User, 'username' | 'role'>[],
  stderr: Io['stderr'],
): void {
  for (const { username, role } of users) {
    if (!isRole(role)) stderr.write(`${unknownRole(username, role)}\n`)
  }
}

/**
 * Finds the user of a login name.
 *
 * @throws {@link Refusal} `refused`, if the user does not exist.
 */
export async function findExisting(table: Table, loginName: string): Promise<Administered> {
  const user = await findByName(table, loginName)
  if (user === undefined) throw noSuchUser(loginName)
  return user
}

/** Creates the error for a login name that no user has. */
export const noSuchUser = (loginName: string) => new Refusal('refused', `User ${loginName} does not exist.`)

/** Creates the error for a login name that a user has already. */
export const alreadyExists = (loginName: string) =>
  new Refusal('refused', `User ${loginName} already exists.`)

/**
 * Changes a user. If another change comes first, it starts again from the changed user.
 *
 * @param loginName - Name by which the user was found. It must still be the same user's.
 * @param found - The user before the change.
 * @param change - Makes the change, given the current user and the random id of the command. Returns whether
 *   it is stored.
 * @throws {@link Refusal} `refused`, if the name no longer points to this user.
 */
export async function changeExisting(
  table: Table,
  loginName: string,
  found: Administered,
  change: (user: Administered, changeId: string) => Promise<boolean>,
): Promise<void> {
  const changeId = randomUUID()
  let user: Administered | undefined = found
  await untilStored(async () => {
    user ??= await findByName(table, loginName)
    if (user?.id !== found.id) {
      // An operator who was asked something may answer minutes after the read.
      throw new Refusal(
        'refused',
        `User ${loginName} was removed or renamed concurrently. List the users and try again.`,
      )
    }
    const isStored = await change(user, changeId)
    user = undefined
    return isStored || undefined
  })
}

/** Reads the ids that users have in the programs they moved from. It reads the whole table. */
export async function externalIds(table: Table): Promise<Set<string>> {
  const profiles = {
    FilterExpression: 'sk = :profile AND attribute_exists(externalId)',
    ExpressionAttributeValues: { ':profile': { S: 'profile' } },
    ProjectionExpression: 'externalId',
  }
  return new Set((await allItems(table, 'Scan', profiles)).map((item) => text(item, 'externalId')))
}

/** Reads all users, sorted by username. It reads the whole table. */
export async function usersByName(table: Table): Promise<User[]> {
  const profiles = {
    FilterExpression: 'sk = :profile',
    ExpressionAttributeValues: { ':profile': { S: 'profile' } },
    Limit: ITEMS_PER_PAGE,
  }
  const users = (await allItems(table, 'Scan', profiles)).map((item) => storedUserOf(item))
  return users.sort((a, b) => (a.username < b.username ? -1 : 1))
}
