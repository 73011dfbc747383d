import type { Table } from '../../lib/aws/dynamodb.ts'
import { isUserId } from '../../lib/users/user.ts'
import { type Io, widthOf } from '../cli/io.ts'
import { Refusal } from '../cli/refusal.ts'
import * as text from '../cli/table.ts'
import { type Account, accountOf, factorsIn, shownRole, stateOf } from './account.ts'
import type { Filter } from './filter.ts'
import { countKinds, shownKinds } from './passwords/rehash-report.ts'
import type { ReadOptions } from './show.ts'
import { accountsByName, accountsInTableOrder, noticeUnknownRoles, usersByName } from './store.ts'

const MAX_LIMIT = 10_000

/** Options of `list`. */
export interface ListOptions extends ReadOptions {
  filter: Filter[]
  limit?: number
  after?: string
  rehashReport?: boolean
}

/**
 * Reads `--limit`.
 *
 * @throws {@link Refusal} `usage`
 */
export function readLimit(given: string): number {
  const limit = Number(given)
  if (!/^\d+$/.test(given) || limit < 1 || limit > MAX_LIMIT) {
    throw new Refusal('usage', `Invalid --limit. Use a whole number from 1 to ${MAX_LIMIT}.`)
  }
  return limit
}

/**
 * Reads `--after`. It is an id, because a page may end with a user who is renamed or removed before the next one.
 *
 * @throws {@link Refusal} `usage`
 */
export function readAfter(given: string): string {
  if (isUserId(given)) return given
  throw new Refusal('usage', 'Invalid --after. Use the id that the page before ended with.')
}

/**
 * Prints the users that meet every filter. Without a limit they are all read and sorted by username. With one they come in
 * the order of the table, and no further page of the table is read. Standard error then shows how to get the next page.
 */
export async function list(table: Table, options: ListOptions, io: Io): Promise<void> {
  const { filter: filters, limit, after, json, rehashReport } = options
  if (after !== undefined && limit === undefined) throw new Refusal('usage', 'Use --after only with --limit.')
  const matches = (account: Account) => filters.every((filter) => filter(account))
  if (rehashReport) {
    if (limit !== undefined) throw new Refusal('usage', 'Use --rehash-report without --limit.')
    const kinds = countKinds((await usersByName(table)).filter((user) => matches(accountOf(user))))
    io.stdout.write(json ? text.asJson(kinds) : shownKinds(kinds, widthOf(io.stdout)))
    return
  }
  if (limit === undefined) {
    const accounts = (await accountsByName(table)).filter(matches)
    io.stdout.write(json ? text.asJson(accounts) : shown(accounts, filters, io))
    noticeUnknownRoles(accounts, io.stderr)
    return
  }
  const { accounts, isLast } = await accountsInTableOrder(table, matches, limit, after)
  io.stdout.write(json ? text.asJson(accounts) : shown(accounts, filters, io))
  noticeUnknownRoles(accounts, io.stderr)
  const last = accounts.at(-1)
  if (!isLast && last) io.stderr.write(`There may be more users. Next page: --after ${last.id}\n`)
}

function shown(accounts: readonly Account[], filters: readonly Filter[], io: Io): string {
  if (accounts.length === 0) return filters.length === 0 ? 'No users.\n' : 'No matching users.\n'
  const hasFactors = accounts.some(({ factors }) => factors !== undefined)
  const rows = accounts.map((account) => [
    namesIn(account),
    shownRole(account),
    stateOf(account),
    ...(hasFactors ? [factorsIn(account)] : []),
    text.dateOf(account.createdAt),
    text.dateOf(account.changedAt),
  ])
  const head = ['username', 'role', 'state', ...(hasFactors ? ['factors'] : []), 'created', 'changed']
  const count = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'user' : 'users'}.\n`
  return text.table(head, rows, widthOf(io.stdout)) + count
}

/** The username is the only column that is wrapped, so a second login name is in it. */
const namesIn = ({ username, email }: Account) =>
  email === undefined || email === username ? username : `${username} <${email}>`
