import { type Item, type Key, type Table, text } from '../../lib/aws/dynamodb.ts'
import { changeUserWithRetries, findUser, profileKey, userOf } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import { inParallel } from '../cli/in-parallel.ts'
import { Refusal } from '../cli/refusal.ts'

/** Small enough for a page to arrive in time from far away. */
const ITEMS_A_PAGE = 1_000

const DELETIONS_AT_A_TIME = 8

/** What operators see of a user: anything but the hash. */
export type Account = Pick<User, 'username' | 'role' | 'disabled' | 'createdAt' | 'changedAt'>

/** What operators see of a user. */
export const accountOf = ({ username, role, disabled, createdAt, changedAt }: User): Account => ({
  username,
  role,
  disabled,
  createdAt,
  changedAt,
})

/**
 * Finds a user who must be there.
 *
 * @throws {@link Refusal} `refused` if there is none of that name.
 */
export async function findExisting(table: Table, username: string): Promise<User> {
  const user = await findUser(table, username)
  if (user === undefined) throw noSuchUser(username)
  return user
}

export const noSuchUser = (username: string) => new Refusal('refused', `There is no user ${username}.`)

/**
 * Changes a user who must be there, from whatever the user is at that moment.
 *
 * @param changesTo - Makes the changes from the user as just read.
 * @throws {@link Refusal} `refused` if there is none of that name.
 */
export async function changeExisting(
  table: Table,
  username: string,
  changesTo: (user: User) => Partial<Omit<User, 'username'>>,
): Promise<void> {
  if (!(await changeUserWithRetries(table, username, changesTo))) throw noSuchUser(username)
}

/** All users without their hashes, which then never leave the store, by name. */
export async function listAccounts(table: Table): Promise<Account[]> {
  const items = await scanProfiles(table, {
    ProjectionExpression: 'pk, #role, disabled, createdAt, changedAt',
    ExpressionAttributeNames: { '#role': 'role' },
  })
  // A user is more than what is read here; the rest is never looked at.
  return byName(items.map((item) => accountOf(userOf({ ...UNREAD, ...item }))))
}

const UNREAD: Item = { passwordHash: { S: '' }, validAfter: { N: '0' }, sessionsValidAfter: { N: '0' } }

/** All users, by name. */
export const listUsers = async (table: Table): Promise<User[]> =>
  byName((await scanProfiles(table, {})).map(userOf))

const byName = <T extends { username: string }>(users: T[]): T[] =>
  users.sort((a, b) => (a.username < b.username ? -1 : 1))

const scanProfiles = (table: Table, projection: object): Promise<Item[]> =>
  readPages(table, 'Scan', {
    FilterExpression: 'sk = :profile',
    ExpressionAttributeValues: { ':profile': { S: 'profile' } },
    Limit: ITEMS_A_PAGE,
    ...projection,
  })

async function readPages(
  { aws, name }: Table,
  operation: 'Scan' | 'Query',
  request: object,
): Promise<Item[]> {
  const pages: Item[][] = []
  for (let from: object | undefined = {}; from !== undefined; ) {
    const input = { TableName: name, ConsistentRead: true, ...request, ...from }
    const { Items, LastEvaluatedKey } = await aws('dynamodb', operation, input)
    pages.push(Items as Item[])
    from = LastEvaluatedKey === undefined ? undefined : { ExclusiveStartKey: LastEvaluatedKey }
  }
  return pages.flat()
}

/**
 * Deletes all there is of a user: the profile first, so that from then on no session can begin or go on, and
 * what is begun in that moment finds no user any more.
 *
 * @returns How many items there were.
 */
export async function removeUser(table: Table, username: string): Promise<number> {
  const remove = async (key: Key) => {
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: key })
  }
  const before = await keysOf(table, username)
  await remove(profileKey(username))
  await inParallel(DELETIONS_AT_A_TIME, eachOf(await keysOf(table, username)), remove)
  return before.length
}

async function* eachOf<T>(things: readonly T[]): AsyncGenerator<T> {
  yield* things
}

async function keysOf(table: Table, username: string): Promise<Key[]> {
  const items = await readPages(table, 'Query', {
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': profileKey(username).pk },
    ProjectionExpression: 'pk, sk',
  })
  return items.map((item) => ({ pk: { S: text(item, 'pk') }, sk: { S: text(item, 'sk') } }))
}
