import { Option } from 'commander'
import { FORMER_ROLES, isRole, ROLES } from '../../../lib/application/roles.ts'
import { awsErrorType } from '../../../lib/aws/client.ts'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { type Account, accountOf } from '../../../lib/operators/accounts.ts'
import { lastSignIn } from '../../../lib/operators/reads/activity.ts'
import {
  countAccounts,
  findAccounts,
  matches,
  type Range,
  type Search,
  unknownRolesOf,
} from '../../../lib/operators/search.ts'
import { hasPassword } from '../../../lib/passwords/hash.ts'
import { eachOf, inParallel } from '../../../lib/sequences.ts'
import { isLoginName } from '../../../lib/users/login-name.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import { CONFIGURATION } from '../../../project/project.ts'
import { type Io, widthOf } from '../../cli/io.ts'
import { jsonOption, readLimit, type Subcommand } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import * as text from '../../cli/terminal/table.ts'
import { factorsIn, shownRole, stateOf } from '../account.ts'
import { countKinds, isAtOldPool, shownKinds } from '../passwords/rehash-report.ts'
import type { ReadOptions } from '../show.ts'
import { noticeUnknownRoles, usersByName } from '../store.ts'

/** Options of `list`. */
export interface ListOptions extends ReadOptions, Search, Range {
  count?: boolean
  lastSignIn?: boolean
  rehashReport?: boolean
  withoutPassword?: boolean
}

/**
 * Reads `--prefix`.
 *
 * @throws {@link Refusal} `usage`
 */
function readPrefix(given: string): string {
  if (/^[!-~]{1,254}$/.test(given)) return given.toLowerCase()
  throw new Refusal('usage', 'Invalid --prefix. Use the beginning of a username or address.')
}

/**
 * Reads one `--filter`.
 *
 * @param earlier - Filters that stand before it on the command line.
 * @throws {@link Refusal} `usage`
 */
function readFilter(given: string, earlier: readonly string[]): string[] {
  if (given !== '') return [...earlier, given.toLowerCase()]
  throw new Refusal('usage', 'Invalid --filter. Use part of a username or address.')
}

/**
 * Reads `--after`.
 *
 * @throws {@link Refusal} `usage`
 */
function readAfter(given: string): string {
  if (isLoginName(given)) return given
  throw new Refusal('usage', 'Invalid --after. Use the name that the page before ended with.')
}

/**
 * Prints the users of a search, in the order of the names that matched, or how many there are. With a limit, standard error shows
 * how to get the next page.
 */
export async function list(table: Table, options: ListOptions, io: Io): Promise<void> {
  requireConsistent(options)
  const { count, json, rehashReport } = options
  if (rehashReport) {
    const users = (await usersByName(table)).filter((user) => matches(accountOf(user), options))
    requireKnownRole(options, users.length)
    const kinds = countKinds(users)
    io.stdout.write(json ? text.asJson(kinds) : shownKinds(kinds, widthOf(io.stdout)))
    return
  }
  if (count) {
    io.stdout.write(`${await countListed(table, options, io)}\n`)
    return
  }
  const { accounts, next } = await findListed(table, options, io)
  const none = isForAll(options) ? 'No users.\n' : 'No matching users.\n'
  const listed = options.lastSignIn ? await withLastSignIns(table, accounts) : accounts
  io.stdout.write(json ? text.asJson(listed) : listed.length === 0 ? none : shown(listed, io))
  noticeUnknownRoles(accounts, io.stderr)
  if (next !== undefined) {
    io.stderr.write(`There are more users. Next page: --after ${text.shellWord(next)}\n`)
  }
}

/** Finds the users to print, and the name to continue after. */
async function findListed(
  table: Table,
  options: ListOptions,
  io: Io,
): Promise<{ accounts: Account[]; next?: string }> {
  if (options.withoutPassword) return { accounts: await withoutPassword(table, options) }
  const found = await findAccounts(table, options, options)
  await requireKnownRoles(table, options, found.accounts.length, io)
  return found
}

async function countListed(table: Table, options: ListOptions, io: Io): Promise<number> {
  if (options.withoutPassword) return (await withoutPassword(table, options)).length
  const found = await countAccounts(table, options)
  await requireKnownRoles(table, options, found, io)
  return found
}

/** Finds users who have a password neither here nor at the place that they moved from. It reads the whole table. */
async function withoutPassword(table: Table, options: ListOptions): Promise<Account[]> {
  const users = (await usersByName(table)).filter((user) => matches(accountOf(user), options))
  requireKnownRole(options, users.length)
  return users.filter((user) => !hasPassword(user.passwordHash) && !isAtOldPool(user)).map(accountOf)
}

/** Refuses a role that neither the configuration nor a user has: a mistyped one. Users may have one that was taken out of `ROLES`. */
function requireKnownRole({ role }: ListOptions, found: number): void {
  if (found > 0 || role === undefined || isRole(role) || FORMER_ROLES.includes(role)) return
  const meant = didYouMean(role, ROLES)
  throw new Refusal('usage', `Invalid --role. No user has it. Use one of ${ROLES.join(', ')}.${meant}`)
}

/**
 * Refuses to say that no user matches, if some do whose role the configuration does not have: a search looks for the roles that it has.
 *
 * @throws {@link Refusal} `refused`, with the roles.
 */
async function requireKnownRoles(table: Table, options: ListOptions, found: number, io: Io): Promise<void> {
  requireKnownRole(options, found)
  if (found > 0 || options.role !== undefined || options.after !== undefined) return
  const roles = await unknownRolesOf(table, options).catch((error: unknown) => {
    if (awsErrorType(error) !== 'AccessDeniedException') throw error
    io.stderr.write(
      `Not searched: users whose role ${CONFIGURATION} does not have. That needs dynamodb:Scan.\n`,
    )
    return []
  })
  if (roles.length === 0) return
  const [some, name] = roles.length === 1 ? ['a role', 'Name it'] : ['roles', 'Name them']
  throw new Refusal(
    'refused',
    `Users match who have ${some} that ${CONFIGURATION} does not have: ${roles.map(text.printable).join(', ')}. ${name} in formerRoles.`,
  )
}

const isForAll = ({ prefix, filter, role, disabled, after, withoutPassword }: ListOptions) =>
  filter.length === 0 &&
  [prefix, role, disabled, after, withoutPassword].every((value) => value === undefined)

function requireConsistent({
  prefix = '',
  limit,
  after,
  count,
  lastSignIn,
  rehashReport,
  withoutPassword,
}: ListOptions): void {
  if (withoutPassword && (limit !== undefined || rehashReport)) {
    throw new Refusal('usage', 'Use --without-password without --limit and --rehash-report.')
  }
  if (rehashReport && limit !== undefined) throw new Refusal('usage', 'Use --rehash-report without --limit.')
  if (count && (limit !== undefined || rehashReport || lastSignIn)) {
    throw new Refusal('usage', 'Use --count without --limit, --last-sign-in and --rehash-report.')
  }
  if (after === undefined) return
  if (limit === undefined) throw new Refusal('usage', 'Use --after only with --limit.')
  if (!after.startsWith(prefix))
    throw new Refusal('usage', 'Use --after with the --prefix of the page before.')
}

/** A user, and the last sign-in if it was asked for; `null` without any. */
type Listed = Account & { lastSignInAt?: string | null }

const SEARCHES_IN_FLIGHT = 8

/** Finds the last sign-in of each user, several at a time. */
async function withLastSignIns(table: Table, accounts: readonly Account[]): Promise<Listed[]> {
  const found = new Map<string, string | undefined>()
  await inParallel(SEARCHES_IN_FLIGHT, eachOf(accounts), async ({ id }) => {
    found.set(id, (await lastSignIn(table, id))?.at)
  })
  return accounts.map((account) => ({ ...account, lastSignInAt: found.get(account.id) ?? null }))
}

/** Formats users as a table. */
export function shown(accounts: readonly Listed[], io: Io): string {
  const hasFactors = accounts.some(({ factors }) => factors !== undefined)
  const hasSignIns = accounts.some(({ lastSignInAt }) => lastSignInAt !== undefined)
  const rows = accounts.map((account) => [
    namesIn(account),
    shownRole(account),
    stateOf(account),
    ...(hasFactors ? [factorsIn(account)] : []),
    text.dateOf(account.createdAt),
    text.dateOf(account.changedAt),
    ...(hasSignIns ? [account.lastSignInAt ? text.minuteOf(account.lastSignInAt) : 'never'] : []),
  ])
  const head = [
    'username',
    'role',
    'state',
    ...(hasFactors ? ['factors'] : []),
    'created',
    'changed',
    ...(hasSignIns ? ['last sign-in (UTC)'] : []),
  ]
  const count = `${rows.length.toLocaleString('en')} ${rows.length === 1 ? 'user' : 'users'}.\n`
  return text.table(head, rows, widthOf(io.stdout)) + count
}

/** The username is the only column that is wrapped, so a second login name is in it. */
const namesIn = ({ username, email }: Account) =>
  email === undefined || email === username ? username : `${username} <${email}>`

/** `npm run users -- list` */
export const listCommand: Subcommand = ({ command: users, table, io }) => {
  users
    .command('list')
    .description('lists users, by the name that matched')
    .option('--prefix <text>', 'users whose username or address begins so', readPrefix)
    .addOption(
      new Option('--filter <text>', 'users with this in the username or address; may be repeated')
        .argParser(readFilter)
        .default([], 'all users'),
    )
    .option('--role <role>', 'users with this role')
    .option('--disabled', 'users who are disabled')
    .option('--no-disabled', 'users who are enabled')
    .option('--without-password', 'users who have no password')
    .option('--limit <count>', 'one page of so many users', readLimit)
    .option('--after <name>', 'with --limit: the page after this name', readAfter)
    .option('--count', 'print how many users there are')
    .option('--last-sign-in', 'also when each user signed in last')
    .option('--rehash-report', 'print how many users have which kind of password hash')
    .addOption(jsonOption())
    .action(async (options: ListOptions) => list(await table(), options, io))
}
