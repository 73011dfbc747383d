import { attributesOf, type Item, queryProjectionOf, type Table, text } from '../../aws/dynamodb.ts'
import { together } from '../../aws/together.ts'
import { isLoginName } from '../../users/login-name.ts'
import { isUserId } from '../../users/user.ts'
import { type Account, accountsById, findIdByName } from '../accounts.ts'
import { FIRST, INDEXES, LAST } from '../search.ts'

/** What an operator with a session looks for. */
export interface Lookup {
  /** Beginning of a username or address, or the id of a user. */
  name?: string | undefined
  role?: string | undefined
  /** Name after which the page begins: `next` of the page before. */
  after?: string | undefined
  /** How many users to return at most. */
  limit: number
}

type Key = keyof typeof INDEXES & string

/** A name in an index, and its user. */
interface Hit {
  name: string
  id: string
}

/** The first hits of a partition of an index. */
interface Hits {
  hits: Hit[]
  /** Name up to which the partition was read, if it has more. */
  readTo?: string | undefined
}

/** An id that no user has. A search always reads an id: otherwise its time would show that a user of another role has the name. */
const NO_USER = 'A'.repeat(22)

/**
 * Finds users of some roles, in the order of the name that matched. The user with exactly this name or id comes
 * first. A user of another role is not found by any member of the search.
 *
 * It makes one query for each partition of an index, with a limit and without a filter, so the costs do not
 * depend on the number of users. So a page may have fewer users than the limit although there is a next one,
 * and may have a user again whose name and address both match. A consistent read decides, because an index
 * lags behind the table.
 *
 * @param over - The roles.
 * @throws {@link ServiceError} `unavailable`.
 */
export async function findWithin(
  table: Table,
  over: readonly string[],
  { name, role, after, limit }: Lookup,
): Promise<{ accounts: Account[]; next?: string | undefined }> {
  const prefix = name?.toLowerCase()
  const roles = over.filter((one) => role === undefined || one === role)
  const isFirstPage = after === undefined
  const [exactId, partitions] = await together([
    isFirstPage && isLoginName(prefix) ? findIdByName(table, prefix) : undefined,
    together(
      roles.flatMap((one) =>
        (prefix === undefined ? (['username'] as const) : (['username', 'email'] as const)).map((key) =>
          hitsIn(table, { key, role: one }, { prefix, after, limit }),
        ),
      ),
    ),
  ])
  const { hits, next } = merged(partitions, limit)
  const exact = [exactId ?? NO_USER, isFirstPage && isUserId(name) ? name : NO_USER]
  const found = await accountsById(table, [...exact, ...hits.map(({ id }) => id)])
  const accounts = [...found.values()].filter(
    (account) => roles.includes(account.role) && (exact.includes(account.id) || matches(account, prefix)),
  )
  return { accounts: accounts.slice(0, limit), next }
}

const matches = ({ username, email }: Account, prefix = ''): boolean =>
  username.startsWith(prefix) || email?.startsWith(prefix) === true

/** Returns the first hits of all partitions in their order, and the name to continue after. */
function merged(partitions: readonly Hits[], limit: number): { hits: Hit[]; next?: string | undefined } {
  // After the first of these names, a partition may have hits that were not read.
  const [readTo] = partitions.flatMap((one) => one.readTo ?? []).sort()
  const all = partitions
    .flatMap(({ hits }) => hits)
    .filter(({ name }) => readTo === undefined || name <= readTo)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    // The username and the address of one user often begin in the same way.
    .filter(({ id }, index, sorted) => sorted.findIndex((one) => one.id === id) === index)
  const hits = all.slice(0, limit)
  return { hits, next: all.length > limit ? hits.at(-1)?.name : readTo }
}

/** Finds the first hits in one partition of an index. */
async function hitsIn(
  { aws, name: TableName }: Table,
  { key, role }: { key: Key; role: string },
  { prefix = '', after, limit }: Pick<Lookup, 'after' | 'limit'> & { prefix?: string | undefined },
): Promise<Hits> {
  const from = [prefix || FIRST, ...(after === undefined ? [] : [after + FIRST])].sort().at(-1)
  const to = prefix + LAST
  // DynamoDB refuses a range that ends before it begins.
  if (from === undefined || from > to) return { hits: [] }
  const { ExpressionAttributeNames, ...projection } = queryProjectionOf([key])
  const { Items, LastEvaluatedKey } = await aws('dynamodb', 'Query', {
    TableName,
    IndexName: INDEXES[key],
    KeyConditionExpression: '#role = :role AND #key BETWEEN :from AND :to',
    ...projection,
    ExpressionAttributeNames: { ...ExpressionAttributeNames, '#role': 'role', '#key': key },
    ExpressionAttributeValues: attributesOf({ ':role': role, ':from': from, ':to': to }),
    Limit: limit + 1,
  })
  const hits = ((Items as Item[] | undefined) ?? []).map((item) => ({
    name: text(item, key),
    id: text(item, 'pk').replace(/^user#/, ''),
  }))
  return { hits, readTo: LastEvaluatedKey === undefined ? undefined : text(Object(LastEvaluatedKey), key) }
}
