import {
  attribute,
  attributesOf,
  flag,
  getItems,
  type Item,
  number,
  optionalText,
  type Table,
  text,
  updateOf,
  writeIf,
} from '../aws/dynamodb.ts'
import { ServiceError } from '../errors.ts'
import type { RevocationState } from './revocation.ts'
import { isRole, isUsername, type User } from './user.ts'

/** How many times a change is attempted when concurrent changes to the user precede it. */
const MAX_ATTEMPTS = 5

/** Returns the key of a user's profile item. */
export const profileKey = (username: string) => ({ pk: { S: `user#${username}` }, sk: { S: 'profile' } })

/**
 * Finds a user with a consistent read.
 *
 * @param username - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findUser(table: Table, username: string): Promise<User | undefined> {
  const [item] = await getItems(table, [profileKey(username)])
  return item && userOf(item)
}

/**
 * Finds what decides whether a user's access tokens are revoked, with a consistent read of these attributes alone.
 *
 * @param username - In its stored form, lower case.
 * @throws {@link ServiceError} `unavailable`, if the store is down or holds an invalid profile.
 */
export async function findRevocationState(
  { aws, name }: Table,
  username: string,
): Promise<RevocationState | undefined> {
  const { Item } = await aws('dynamodb', 'GetItem', {
    TableName: name,
    Key: profileKey(username),
    ConsistentRead: true,
    ProjectionExpression: 'disabled, validAfter',
  })
  if (Item === undefined) return undefined
  const profile: Item = Object(Item)
  return { disabled: flag(profile, 'disabled'), validAfter: number(profile, 'validAfter') }
}

/**
 * Adds a user, if no user has the name.
 *
 * @returns Whether the user was added.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function addUser(table: Table, user: User): Promise<boolean> {
  const { username, ...profile } = user
  const Item = { ...profileKey(username), ...attributesOf(profile) }
  const added = await writeIf(table, 'PutItem', { Item, ConditionExpression: 'attribute_not_exists(pk)' })
  return added || isStored(await findUser(table, username), profile)
}

/**
 * Changes a user, on condition that the password hash and `validAfter` are still as read.
 *
 * @param user - As read.
 * @param changes - New values; `undefined` removes one.
 * @returns Whether the change is stored.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function changeUser(
  table: Table,
  user: User,
  changes: Partial<Omit<User, 'username'>>,
): Promise<boolean> {
  const changed = await writeIf(table, 'UpdateItem', {
    Key: profileKey(user.username),
    ConditionExpression: 'passwordHash = :readHash AND validAfter = :readValidAfter',
    ...updateOf(changes, {
      ':readHash': attribute(user.passwordHash),
      ':readValidAfter': attribute(user.validAfter),
    }),
  })
  return changed || isStored(await findUser(table, user.username), changes)
}

/**
 * Reads a user and changes it. Reads and changes it again if a concurrent change precedes it.
 *
 * @param changesTo - Returns the changes to the user as just read.
 * @returns Whether there is such a user.
 * @throws {@link ServiceError} `unavailable`, also after 5 concurrent changes.
 */
export async function changeUserWithRetries(
  table: Table,
  username: string,
  changesTo: (user: User) => Partial<Omit<User, 'username'>>,
): Promise<boolean> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const user = await findUser(table, username)
    if (user === undefined) return false
    if (await changeUser(table, user, changesTo(user))) return true
  }
  throw new ServiceError('unavailable', 'the user kept changing')
}

/**
 * Whether a user has these values. When the response to a conditional write is lost, the write is
 * sent again and fails its own condition. Only the stored values show then that it succeeded.
 */
const isStored = (user: User | undefined, values: Partial<User>): boolean =>
  user !== undefined && Object.entries(values).every(([name, value]) => user[name as keyof User] === value)

/**
 * Returns the user of a profile item.
 *
 * @throws {@link ServiceError} `unavailable`, if the item is not a valid profile.
 */
export function userOf(item: Item): User {
  const username = text(item, 'pk').replace(/^user#/, '')
  const role = text(item, 'role')
  if (!isUsername(username) || !isRole(role)) {
    throw new ServiceError('unavailable', 'the store holds an invalid profile')
  }
  return {
    username,
    role,
    passwordHash: text(item, 'passwordHash'),
    disabled: flag(item, 'disabled'),
    createdAt: text(item, 'createdAt'),
    changedAt: text(item, 'changedAt'),
    validAfter: number(item, 'validAfter'),
    sessionsValidAfter: number(item, 'sessionsValidAfter'),
    survivingSession: optionalText(item, 'survivingSession'),
  }
}
