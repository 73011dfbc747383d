import type { Key } from '../../lib/aws/dynamodb.ts'
import type { Administered } from '../../lib/operators/accounts.ts'
import {
  type GivenNames,
  losesAddress,
  namesAfter,
  noticeOfNames,
  setNames,
  takenName,
} from '../../lib/operators/names.ts'
import { attachedToNames, deleteItems } from '../../lib/operators/removal.ts'
import { isEmail } from '../../lib/users/login-name.ts'
import { loginNamesOf } from '../../lib/users/user.ts'
import { commandLine } from '../../project/commands.ts'
import type { Io } from '../cli/io.ts'
import { notify } from '../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { ofUser, readAddress, readNewLoginName } from './arguments.ts'
import { alreadyExists, changeExisting, findExisting } from './store.ts'

/** Changes the username. If it was the address and the new one is an address too, the address changes with it. */
export async function rename(
  table: OperatorTable,
  loginName: string,
  username: string,
  io: Io,
): Promise<string> {
  let former: string | undefined
  const { revoked, notices } = await change(table, loginName, io, (user) => {
    const wasBoth = user.email === user.username
    former = wasBoth && !isEmail(username) ? user.email : undefined
    return { username, email: wasBoth && isEmail(username) ? username : (user.emailAsWritten ?? user.email) }
  })
  const kept =
    former &&
    `The address ${former} still signs in. Remove it: ${commandLine('users', `set-email ${username} --remove`)}\n`
  return `${loginName} now has the username ${username}. ${revoked}${kept ?? ''}${notices}`
}

/**
 * Changes the address. If it was the username, the username changes with it.
 *
 * @param address - As its owner writes it.
 */
export async function setEmail(
  table: OperatorTable,
  loginName: string,
  address: string,
  io: Io,
): Promise<string> {
  const { revoked, notices } = await change(table, loginName, io, (user) => ({
    username: user.username === user.email ? address.toLowerCase() : user.username,
    email: address,
  }))
  return `${loginName} now has the address ${address}. ${revoked}${notices}`
}

/** Removes the address. */
export async function removeEmail(table: OperatorTable, loginName: string, io: Io): Promise<string> {
  const { revoked, notices } = await change(table, loginName, io, ({ username }) => {
    if (isEmail(username)) {
      throw new Refusal('refused', `The username ${username} is an address. Rename the user first.`)
    }
    return { username, email: undefined }
  })
  return `${loginName} now has no address. ${revoked}${notices}`
}

/** What a change of names revokes, and ends if it takes an address from the user. */
const REVOKED = 'Access tokens issued before are revoked.\n'
const ENDED = 'All sessions have ended.\n'

/**
 * Changes the names of a user.
 *
 * Deletes the counters and marks of the freed names afterwards: the next owner of a name must not inherit known sources. The
 * user is notified at the address before the change.
 *
 * @returns For the operator: the line about tokens and sessions, and those about the notices.
 */
async function change(
  table: OperatorTable,
  loginName: string,
  io: Io,
  namesTo: (user: Administered) => GivenNames,
): Promise<{ revoked: string; notices: string }> {
  const found = await findExisting(table, loginName)
  let notice: ReturnType<typeof noticeOfNames>
  let attached: Key[] = []
  let revoked = REVOKED
  await changeExisting(table, loginName, found, async (user, changeId) => {
    const names = namesTo(user)
    const after = namesAfter(user, names)
    const kept = loginNamesOf(after)
    // Before the change: from then on, what is under a freed name may be its next owner's.
    attached = await attachedToNames(
      table,
      loginNamesOf(user).filter((name) => !kept.includes(name)),
    )
    notice = noticeOfNames(user, after)
    revoked = losesAddress(user, after) ? ENDED : REVOKED
    const outcome = await setNames(table, user, { names, changeId }, table.act())
    if (outcome === 'taken') throw alreadyExists(await takenName(table, after, user.id))
    return outcome === 'done'
  })
  const notices = notice ? await notify(table, notice.kind, notice, io) : ''
  await deleteItems(table, attached)
  return { revoked, notices }
}

/** `npm run users -- rename` */
export const renameCommand: Subcommand = (program) => {
  ofUser(program, 'rename', 'changes the username of a user')
    .argument('<new>', 'new username', readNewLoginName)
    .action(async (name: string, username: string) =>
      program.print(await rename(await program.operator('rename'), name, username, program.io)),
    )
}

/** `npm run users -- set-email` */
export const setEmailCommand: Subcommand = (program) => {
  ofUser(program, 'set-email', 'changes or removes the e-mail address of a user')
    .argument('[new]', 'new address', readAddress)
    .option('--remove', 'remove the address')
    .action(async (name: string, email: string | undefined, options: { remove?: boolean }) => {
      if ((email === undefined) !== (options.remove ?? false)) {
        throw new Refusal('usage', 'Use either an address or --remove.')
      }
      const { io } = program
      const found = await program.operator('set-email')
      program.print(
        await (email === undefined ? removeEmail(found, name, io) : setEmail(found, name, email, io)),
      )
    })
}
