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
import { isRole, isUsername, type User } from './user.ts'

/** How often a change to a user is tried again because something else changed the user first. */
const MAX_RACES = 5

/** Key of the item that says what is stored about a user. */
export const profileKey = (username: string) => ({ pk: { S: `user#${username}` }, sk: { S: 'profile' } })

/**
 * Finds a user, as of this moment.
 *
 * @param username - As stored, in lower case.
 * @param deadlineMs - Epoch milliseconds.
 * @returns The user, or `undefined` if there is none.
 * @throws {@link ServiceError} `unavailable` if the store is, or holds something that is no user.
 */
export async function findUser(
  table: Table,
  username: string,
  deadlineMs: number,
): Promise<User | undefined> {
  const [item] = await getItems(table, [profileKey(username)], deadlineMs)
  return item && userOf(item)
}

/** What an authorizer must know of a user, and no more. */
export type Standing = Pick<User, 'disabled' | 'validAfter'>

/** Finds out whether a user's tokens are still good, as of this moment; see {@link findUser}. */
export async function findStanding(
  { aws, name }: Table,
  username: string,
  deadlineMs: number,
): Promise<Standing | undefined> {
  const input = {
    TableName: name,
    Key: profileKey(username),
    ConsistentRead: true,
    ProjectionExpression: 'disabled, validAfter',
  }
  const { Item } = await aws('dynamodb', 'GetItem', input, deadlineMs)
  if (Item === undefined) return undefined
  const profile: Item = Object(Item)
  return { disabled: flag(profile, 'disabled'), validAfter: number(profile, 'validAfter') }
}

/**
 * Adds a user, if the name is free.
 *
 * @param deadlineMs - Epoch milliseconds.
 * @returns Whether the name was free.
 */
export async function addUser(table: Table, user: User, deadlineMs: number): Promise<boolean> {
  const { username, ...profile } = user
  const Item = { ...profileKey(username), ...attributesOf(profile) }
  const added = await writeIf(
    table,
    'PutItem',
    { Item, ConditionExpression: 'attribute_not_exists(pk)' },
    deadlineMs,
  )
  return added || isInPlace(await findUser(table, username, deadlineMs), profile)
}

/**
 * Changes a user, unless something else changed the password or revoked tokens since the user was read.
 *
 * @param user - As read.
 * @param changes - New values; `undefined` removes one.
 * @param deadlineMs - Epoch milliseconds.
 * @returns Whether the change is in place.
 */
export async function changeUser(
  table: Table,
  user: User,
  changes: Partial<Omit<User, 'username'>>,
  deadlineMs: number,
): Promise<boolean> {
  const input = {
    Key: profileKey(user.username),
    ConditionExpression: 'passwordHash = :readHash AND validAfter = :readValidAfter',
    ...updateOf(changes, {
      ':readHash': attribute(user.passwordHash),
      ':readValidAfter': attribute(user.validAfter),
    }),
  }
  const changed = await writeIf(table, 'UpdateItem', input, deadlineMs)
  return changed || isInPlace(await findUser(table, user.username, deadlineMs), changes)
}

/**
 * Changes a user from whatever the user is at that moment, again if something else comes first.
 *
 * @param changesTo - Makes the changes from the user as just read.
 * @param deadlineMs - Epoch milliseconds.
 * @returns Whether there is such a user.
 * @throws {@link ServiceError} `unavailable`, also if something else comes first again and again.
 */
export async function changeUserAsItIs(
  table: Table,
  username: string,
  changesTo: (user: User) => Partial<Omit<User, 'username'>>,
  deadlineMs: number,
): Promise<boolean> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const user = await findUser(table, username, deadlineMs)
    if (user === undefined) return false
    if (await changeUser(table, user, changesTo(user), deadlineMs)) return true
  }
  throw new ServiceError('unavailable', 'the user kept changing')
}

/**
 * A write whose answer was lost is sent again, and then fails its own condition: whether it is in place is for
 * the store to say.
 */
const isInPlace = (user: User | undefined, values: Partial<User>): boolean =>
  user !== undefined && Object.entries(values).every(([name, value]) => user[name as keyof User] === value)

/** Reads a profile item. */
export function userOf(item: Item): User {
  const username = text(item, 'pk').replace(/^user#/, '')
  const role = text(item, 'role')
  if (!isUsername(username) || !isRole(role)) {
    throw new ServiceError('unavailable', 'the store holds a profile that is none')
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
