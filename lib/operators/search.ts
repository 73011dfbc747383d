import { FORMER_ROLES, ROLES } from '../application/roles.ts'
import { attributesOf, optionalText, type Table, text } from '../aws/dynamodb.ts'
import { pagesOf } from '../aws/pages.ts'
import { inOrder } from '../sequences.ts'
import { type Account, accountsById } from './accounts.ts'

/** What a search looks for. All of it must hold. */
export interface Search {
  /** Beginning of the username or address. */
  prefix?: string
  /** Parts of the username or address. */
  filter: readonly string[]
  role?: string
  disabled?: boolean
}

/** The part of the result that is read. */
export interface Range {
  /** How many users to return at most. */
  limit?: number
  /** Name of the user to begin after. No user need have it any longer. */
  after?: string
}

/** The indexes of the table, by the name that they sort by. `plugins/resources/table.yml` declares them. */
export const INDEXES = { username: 'byUsername', email: 'byEmail' } as const

type Key = keyof typeof INDEXES

/** A user, and the name that matched when the index was written. */
interface Hit {
  id: string
  name: string
  key: Key
}

/** A place in the order of names: that of a hit, or one up to which a partition is read. */
interface Place {
  name: string
  hit?: Hit
}

/** Names have characters from `!` to `~` only, so these two are before and after all of them. */
export const [FIRST, LAST] = [' ', '\x7f']

type Names = Pick<Account, 'username' | 'email'>

const hasParts = ({ username, email = '' }: Names, parts: readonly string[]) =>
  parts.every((part) => username.includes(part) || email.includes(part))

/** Whether a user is one that a search looks for. */
export const matches = (account: Account, { prefix = '', filter, role, disabled }: Search): boolean =>
  (account.username.startsWith(prefix) || account.email?.startsWith(prefix) === true) &&
  hasParts(account, filter) &&
  (role ?? account.role) === account.role &&
  (disabled ?? account.disabled) === account.disabled

/**
 * Finds users by the indexes, in the order of the name that matched. It asks all partitions at once, and then for the
 * users. A consistent read decides, because an index lags behind the table.
 *
 * @returns The users, and the name to continue after, if there are more.
 */
export async function findAccounts(
  table: Table,
  search: Search,
  range: Range,
): Promise<{ accounts: Account[]; next?: string }> {
  const { limit = Infinity } = range
  const hits = hitsOf(table, search, range)
  const found: { name: string; account: Account }[] = []
  for (let isEnd = false; !isEnd && found.length <= limit; ) {
    const wanted = limit + 1 - found.length
    const some = await take(hits, wanted)
    isEnd = some.length < wanted
    const accounts = await accountsById(
      table,
      some.map(({ id }) => id),
    )
    for (const hit of some) {
      const account = accounts.get(hit.id)
      // A user who changes the role may be in two partitions for a moment.
      if (account && isMatch(hit, account, search) && found.at(-1)?.name !== hit.name) {
        found.push({ name: hit.name, account })
      }
    }
  }
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    accounts: page.map(({ account }) => account),
    ...(last && found.length > limit && { next: last.name }),
  }
}

/** Counts users only by the indexes, so that no profile is read. */
export async function countAccounts(table: Table, search: Search): Promise<number> {
  return (await take(hitsOf(table, search, {}), Infinity)).length
}

/** Finds the roles of matching users which the configuration does not have. It reads the whole index of usernames. */
export async function unknownRolesOf(
  table: Table,
  { prefix = '', filter, disabled }: Search,
): Promise<string[]> {
  const known = new Set([...ROLES, ...FORMER_ROLES])
  const roles = new Set<string>()
  for await (const { items } of pagesOf(table, 'Scan', {
    IndexName: INDEXES.username,
    ConsistentRead: false,
  })) {
    for (const item of items) {
      const names = { username: text(item, 'username'), email: optionalText(item, 'email') }
      const isFound = names.username.startsWith(prefix) || names.email?.startsWith(prefix) === true
      const isDisabled = Object(item.disabled).BOOL === true
      const role = text(item, 'role')
      if (!known.has(role) && isFound && hasParts(names, filter) && (disabled ?? isDisabled) === isDisabled)
        roles.add(role)
    }
  }
  return [...roles].sort()
}

/** Whether the profile still has the name of a hit. Who also matches by the username has another hit. */
const isMatch = ({ key, name }: Hit, account: Account, search: Search) =>
  account[key] === name &&
  matches(account, search) &&
  !(key === 'email' && account.username.startsWith(search.prefix ?? ''))

/** Finds hits in the order of their names. Every user has a username, so the addresses are asked for a prefix only. */
function hitsOf(table: Table, search: Search, range: Range): AsyncGenerator<Place> {
  const keys: Key[] = search.prefix === undefined ? ['username'] : ['username', 'email']
  const roles = search.role === undefined ? [...ROLES, ...FORMER_ROLES] : [search.role]
  const partitions = roles.flatMap((role) => keys.map((key) => hitsIn(table, { key, role }, search, range)))
  return inOrder(partitions, (a, b) => (a.name < b.name ? -1 : 1))
}

/** One partition of an index. */
interface Partition {
  key: Key
  role: string
}

/** Returns the query that finds the hits in a partition. */
function queryOf(
  { key, role }: Partition,
  { prefix = '', filter, disabled }: Search,
  { limit, after }: Range,
): Record<string, unknown> {
  const conditions = [
    ...(disabled === undefined ? [] : ['disabled = :disabled']),
    ...(key === 'email' ? ['NOT begins_with(username, :prefix)'] : []),
  ]
  const values = {
    role,
    from: after === undefined ? prefix || FIRST : after + FIRST,
    to: prefix + LAST,
    ...(disabled !== undefined && { disabled }),
    ...(key === 'email' && { prefix }),
  }
  return {
    IndexName: INDEXES[key],
    // An index has no consistent reads.
    ConsistentRead: false,
    KeyConditionExpression: '#role = :role AND #key BETWEEN :from AND :to',
    ExpressionAttributeNames: { '#role': 'role', '#key': key },
    ExpressionAttributeValues: Object.fromEntries(
      Object.entries(attributesOf(values)).map(([name, value]) => [`:${name}`, value]),
    ),
    ...(conditions.length > 0 && { FilterExpression: conditions.join(' AND ') }),
    // Otherwise pages of 1 MB: a page may have many items of which few are hits.
    ...(limit !== undefined && conditions.length + filter.length === 0 && { Limit: limit + 1 }),
  }
}

/** Finds the hits in a partition. */
async function* hitsIn(
  table: Table,
  partition: Partition,
  search: Search,
  range: Range,
): AsyncGenerator<Place> {
  const { key } = partition
  for await (const { items, lastKey } of pagesOf(table, 'Query', queryOf(partition, search, range))) {
    for (const item of items) {
      const names = { username: text(item, 'username'), email: optionalText(item, 'email') }
      const id = text(item, 'pk').replace(/^user#/, '')
      const name = text(item, key)
      if (hasParts(names, search.filter)) yield { name, hit: { id, name, key } }
    }
    // The hits of other partitions before this place need no further page of this one.
    if (lastKey) yield { name: text(lastKey, key) }
  }
}

/** Takes up to `count` hits, and leaves the others for later. */
async function take(places: AsyncGenerator<Place>, count: number): Promise<Hit[]> {
  const taken: Hit[] = []
  while (taken.length < count) {
    const { done, value } = await places.next()
    if (done) break
    if (value.hit) taken.push(value.hit)
  }
  return taken
}
