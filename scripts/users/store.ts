import { type Item, type Key, type Table, text } from '../../lib/aws/dynamodb.ts'
import { changeUserWithRetries, findUser, profileKey, userOf } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { inParallel } from '../cli/in-parallel.ts'
import { allItems, pagesOf } from '../cli/pages.ts'
import { Refusal } from '../cli/refusal.ts'
import { type Account, accountOf } from './account.ts'

/** Small enough for a page to arrive in time over a slow connection. */
const ITEMS_PER_PAGE = 1_000

const DELETIONS_IN_FLIGHT = 8

/**
 * Finds a user.
 *
 * @throws {@link Refusal} `refused`, if the user does not exist.
 */
export async function findExisting(table: Table, username: string): Promise<User> {
  const user = await findUser(table, username)
  if (user === undefined) throw noSuchUser(username)
  return user
}

/** Creates the error for a username that no user has. */
export const noSuchUser = (username: string) => new Refusal('refused', `User ${username} does not exist.`)

/**
 * Changes a user. If another change comes first, it starts again from the changed user.
 *
 * @param changesTo - Returns the changes, given the user as just read.
 * @throws {@link Refusal} `refused`, if the user does not exist.
 */
export async function changeExisting(
  table: Table,
  username: string,
  changesTo: (user: User) => Partial<Omit<User, 'username'>>,
): Promise<void> {
  if (!(await changeUserWithRetries(table, username, changesTo))) throw noSuchUser(username)
}

const PROFILES = {
  FilterExpression: 'sk = :profile',
  ExpressionAttributeValues: { ':profile': { S: 'profile' } },
  Limit: ITEMS_PER_PAGE,
}

/** Password hashes never leave the store for a list. */
const ACCOUNTS = {
  ...PROFILES,
  ProjectionExpression: 'pk, #role, disabled, createdAt, changedAt',
  ExpressionAttributeNames: { '#role': 'role' },
}

/** Stands for the attributes that {@link ACCOUNTS} leaves out. Accounts do not contain them. */
const UNREAD: Item = { passwordHash: { S: '' }, validAfter: { N: '0' }, sessionsValidAfter: { N: '0' } }

const readAccount = (item: Item): Account => accountOf(userOf({ ...UNREAD, ...item }))

/** Reads all users, without their password hashes, sorted by name. */
export const accountsByName = async (table: Table): Promise<Account[]> =>
  byName((await allItems(table, 'Scan', ACCOUNTS)).map(readAccount))

/** Reads all users, sorted by name. */
export const usersByName = async (table: Table): Promise<User[]> =>
  byName((await allItems(table, 'Scan', PROFILES)).map(userOf))

const byName = <T extends { username: string }>(users: T[]): T[] =>
  users.sort((a, b) => (a.username < b.username ? -1 : 1))

/**
 * Reads users in the order of the table, and no page of it beyond the last one needed.
 *
 * @param limit - How many users to return at most.
 * @param after - Username to begin after. The user need not exist any longer.
 * @returns The users, and whether they are the last ones for certain.
 */
export async function accountsInTableOrder(
  table: Table,
  matches: (account: Account) => boolean,
  limit: number,
  after?: string,
): Promise<{ accounts: Account[]; isLast: boolean }> {
  const start = after === undefined ? {} : { ExclusiveStartKey: profileKey(after) }
  const accounts: Account[] = []
  for await (const { items, isLast } of pagesOf(table, 'Scan', { ...ACCOUNTS, ...start })) {
    accounts.push(...items.map(readAccount).filter(matches))
    if (accounts.length > limit) return { accounts: accounts.slice(0, limit), isLast: false }
    if (accounts.length === limit) return { accounts, isLast }
  }
  return { accounts, isLast: true }
}

/**
 * Deletes everything stored about a user. The profile goes first: from then on no session of the user can begin or be
 * refreshed, and a login that is under way finds no user.
 *
 * @returns How many items existed.
 */
export async function removeUser(table: Table, username: string): Promise<number> {
  const remove = async (key: Key) => {
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: key })
  }
  const before = await keysOf(table, username)
  await remove(profileKey(username))
  await inParallel(DELETIONS_IN_FLIGHT, eachOf(await keysOf(table, username)), remove)
  return before.length
}

async function* eachOf<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

async function keysOf(table: Table, username: string): Promise<Key[]> {
  const items = await allItems(table, 'Query', {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': profileKey(username).pk },
    ProjectionExpression: 'pk, sk',
  })
  return items.map((item) => ({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }))
}
