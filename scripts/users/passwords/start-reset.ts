import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MAIL_ID_BYTES, newMailId } from '../../../lib/mail/confirmation.ts'
import { type Administered, accountOf } from '../../../lib/operators/accounts.ts'
import { requestReset } from '../../../lib/operators/reset.ts'
import { isLoginName } from '../../../lib/users/login-name.ts'
import { mailboxOf } from '../../../lib/users/user.ts'
import type { Io } from '../../cli/io.ts'
import { mailerOf, requireMail } from '../../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal, refusalOf } from '../../cli/refusal.ts'
import { shellWord } from '../../cli/terminal/table.ts'
import { ofUsers, readLoginName } from '../arguments.ts'
import { shown } from '../list/list.ts'
import { changeUsers, type SeveralOptions } from '../several.ts'
import { changeExisting, findExisting, requireEnabled, usersByName } from '../store.ts'
import { isAtOldPool } from './rehash-report.ts'

/** SES sends 14 mails a second for a new account: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html */
const PAUSE_MS = 100

/** Options of `start-reset`. */
interface ResetOptions extends SeveralOptions {
  oldPool?: boolean
  after?: string
}

/** Sends users links for a new password. The operator does not learn the passwords (OWASP ASVS 6.4.6). */
export async function startResets(
  table: OperatorTable,
  loginNames: readonly string[],
  { oldPool = false, after, ...several }: ResetOptions,
  io: Io,
): Promise<void> {
  if (oldPool && (loginNames.length > 0 || several.file !== undefined)) {
    throw new Refusal('usage', 'Use --old-pool without usernames and --file.')
  }
  if (!oldPool && after !== undefined) throw new Refusal('usage', 'Use --after only with --old-pool.')
  const start = async (loginName: string) =>
    startReset(table, await findExisting(table, loginName), loginName)
  if (!oldPool) return changeUsers(table, { ...several, loginNames, done: 'mailed' }, start, io)
  const left = (await usersByName(table)).filter(isAtOldPool)
  const users = left.filter(({ username }) => after === undefined || username > after)
  if (users.length === 0)
    io.stdout.write(`No user is left at the old pool${after ? ` after ${after}` : ''}.\n`)
  else if (several.dryRun) io.stdout.write(`${shown(users.map(accountOf), io)}Dry run. No mail was sent.\n`)
  else await startAll(table, users, io)
}

/** Sends a user a link for a new password. Returns what to print. */
async function startReset(table: OperatorTable, found: Administered, loginName: string): Promise<string> {
  const request = { mailer: mailerOf(table), mailId: newMailId(randomBytes(MAIL_ID_BYTES)) }
  let to = ''
  await changeExisting(table, loginName, found, (user, changeId) => {
    to = requireMailbox(user, loginName)
    return requireMail(requestReset(table, user, { ...request, changeId }, table.act()))
  })
  return `A link for a new password is on its way to ${to}. It is valid for 60 minutes.\n`
}

function requireMailbox(user: Administered, loginName: string): string {
  requireEnabled(user, loginName)
  const to = mailboxOf(user)
  if (to === undefined) throw new Refusal('refused', `User ${loginName} has no e-mail address.`)
  return to
}

/** Sends many users their links one by one, as fast as SES sends. A failure or an interruption says where to continue. */
async function startAll(table: OperatorTable, users: readonly Administered[], io: Io): Promise<void> {
  const interruption = io.interruption()
  let mailed = 0
  let last: string | undefined
  try {
    for (const user of users) {
      if (interruption.aborted) throw new Refusal('interrupted', 'Interrupted before the end.')
      const pause = sleep(PAUSE_MS)
      if (canBeMailed(user, io)) {
        io.stdout.write(await startReset(table, user, user.username))
        mailed += 1
      }
      last = user.username
      await pause
    }
  } catch (error) {
    const { outcome, message } = refusalOf(error)
    const rest = last === undefined ? '' : ` Continue with --old-pool --after ${shellWord(last)}.`
    throw new Refusal(outcome, `${message}${rest}`)
  } finally {
    io.stdout.write(`${mailed} of ${users.length} ${users.length === 1 ? 'user' : 'users'} mailed.\n`)
  }
}

/** Prints why a user cannot be mailed. */
function canBeMailed(user: Administered, { stderr }: Io): boolean {
  try {
    requireMailbox(user, user.username)
    return true
  } catch (error) {
    stderr.write(`${refusalOf(error).message}\n`)
    return false
  }
}

function readAfter(given: string): string {
  if (isLoginName(given)) return given
  throw new Refusal('usage', 'Invalid --after. Use the name that the command before printed.')
}

/** `npm run users -- start-reset` */
export const startResetCommand: Subcommand = (program) => {
  ofUsers(program, 'start-reset', 'sends users a link for a new password')
    .argument('[usernames...]', 'usernames or addresses')
    .option('--old-pool', 'all whose passwords are still at the old pool or endpoint')
    .option('--after <name>', 'with --old-pool: those after this username', readAfter)
    .action(async (words: string[], options: ResetOptions) =>
      startResets(await program.operator('start-reset'), words.map(readLoginName), options, program.io),
    )
}
