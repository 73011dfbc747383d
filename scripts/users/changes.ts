import { randomBytes } from 'node:crypto'
import { FIRST_ROLE, isRole, ROLES, type Role } from '../../lib/application/roles.ts'
import { identityRemovals } from '../../lib/federation/link.ts'
import { notifiedOf } from '../../lib/mail/event.ts'
import { findByName } from '../../lib/operators/accounts.ts'
import { setDisabled, setRole as storeRole } from '../../lib/operators/changes.ts'
import { takenName } from '../../lib/operators/names.ts'
import { type ShownIdentity, shownIdentities } from '../../lib/operators/reads/overview.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { createUser, namesOf } from '../../lib/users/names.ts'
import { revokeSessions } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { loginNamesOf, newUser, USER_RANDOM_BYTES } from '../../lib/users/user.ts'
import { didYouMean } from '../../project/did-you-mean.ts'
import type { Io } from '../cli/io.ts'
import { notify } from '../cli/mailer.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { askNewPassword } from '../cli/terminal/prompts.ts'
import { ofUser, ofUsers, readAddress, readLoginName, readNewLoginName, roleOption } from './arguments.ts'
import { roleNotices } from './factors/policy.ts'
import { identityLine } from './identities/identities.ts'
import { breachesOf, refuseBreached } from './passwords/breached.ts'
import { changeUsers, type SeveralOptions } from './several.ts'
import { alreadyExists, changeExisting, findExisting } from './store.ts'

/** Values of a new user on the command line. */
export interface AddOptions {
  role: Role
  email?: string
}

/**
 * Adds a user. The password comes from a prompt or standard input.
 *
 * @param breaches - API that the password is checked with; see {@link refuseBreached}.
 */
export async function add(
  table: OperatorTable,
  username: string,
  { role, email }: AddOptions,
  io: Io,
  breaches?: URL,
): Promise<string> {
  const names = namesOf(username, email, false)
  for (const name of loginNamesOf(names)) if (await findByName(table, name)) throw alreadyExists(name)
  const password = await askNewPassword(names, io, (typed) => refuseBreached(typed, breaches, io))
  const passwordHash = await hash(password)
  const user = newUser({ ...names, role, passwordHash }, io.now(), randomBytes(USER_RANDOM_BYTES))
  if ((await createUser(table, user, table.act())) !== 'done')
    throw alreadyExists(await takenName(table, user))
  return `Added ${username} with role ${role}.\n`
}

/** Changes the role of a user. */
export async function setRole(table: OperatorTable, loginName: string, role: Role): Promise<string> {
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) =>
    storeRole(table, user, { role, changeId }, table.act()),
  )
  return `${loginName} has role ${role}. Access tokens issued before are revoked.\n`
}

/**
 * Replaces the password of a user, ends all sessions, and notifies the user. Identities at providers are removed with it: an attacker who
 * knew the password before may have added one.
 *
 * @param options - `breaches` as for {@link add}. `keepIdentities` leaves the identities.
 */
export async function setPassword(
  table: OperatorTable,
  loginName: string,
  io: Io,
  { breaches, keepIdentities = false }: { breaches?: URL | undefined; keepIdentities?: boolean } = {},
): Promise<string> {
  const found = await findExisting(table, loginName)
  const password = await askNewPassword(found, io, (typed) => refuseBreached(typed, breaches, io))
  const passwordHash = await hash(password)
  let changed = found
  let identities: readonly ShownIdentity[] = []
  await changeExisting(table, loginName, found, async (user, changeId) => {
    changed = user
    identities = await shownIdentities(table, user.id)
    const changes = { passwordHash, changedAt: io.now().toISOString(), ...revokeSessions(user) }
    // A link moves no generation: one that comes between must refuse this change too.
    const removal = !keepIdentities && {
      more: identityRemovals(
        user.id,
        identities.map(({ id }) => id),
      ),
      moreChanges: identities.length > 0 ? ['identities'] : [],
      readChangeId: user.changeId,
    }
    return changeUser(table, user, { changes, changeId, ...removal }, table.act())
  })
  const notice = await notify(table, 'password-changed', notifiedOf(changed), io)
  const verb = keepIdentities ? 'Kept' : 'Removed'
  const listed = identities.map((one) => `${verb} the identity at ${identityLine(one)}.\n`).join('')
  return `${loginName} has a new password. All sessions have ended.\n${listed}${notice}`
}

const disabling = (disabled: boolean, said: string) => async (table: OperatorTable, loginName: string) => {
  await changeExisting(table, loginName, await findExisting(table, loginName), (user, changeId) =>
    setDisabled(table, user, { disabled, changeId }, table.act()),
  )
  return `${loginName} ${said}\n`
}

/** Disables a user and ends all sessions. */
export const disable = disabling(true, 'is disabled. All sessions have ended.')

/** Enables a disabled user. */
export const enable = disabling(false, 'is enabled.')

const hash = (password: string) => hashPassword(password, randomBytes(SALT_BYTES))

/** `npm run users -- add` */
export const addCommand: Subcommand = (program) => {
  const description = 'adds a user; the password comes from a hidden prompt or standard input'
  ofUser(program, 'add', description, readNewLoginName)
    .addOption(roleOption('role of the user').default(FIRST_ROLE))
    .option('--email <address>', 'address, which is a second login name', readAddress)
    .action(async (name: string, options: AddOptions) => {
      const { operator, print, io } = program
      print(await add(await operator('add'), name, options, io, breachesOf(program.options(), io.env)))
    })
}

/** `npm run users -- set-role` */
export const setRoleCommand: Subcommand = (program) => {
  ofUsers(program, 'set-role', 'changes the role of users')
    .usage('[options] <username...> <role>')
    .argument('<usernames...>', `usernames or addresses, and at the end the role: ${ROLES.join(' or ')}`)
    .action(async (words: string[], options: SeveralOptions) => {
      const role = words.at(-1)
      if (!isRole(role)) {
        throw new Refusal(
          'usage',
          `Invalid role. Use one of ${ROLES.join(', ')}.${didYouMean(role ?? '', ROLES)}`,
        )
      }
      const { operator, io } = program
      const loginNames = words.slice(0, -1).map(readLoginName)
      const found = await operator('set-role')
      const noticeOf = roleNotices(found, role, program.options(), io)
      const change = async (name: string) => (await setRole(found, name, role)) + (await noticeOf(name))
      await changeUsers(found, { ...options, loginNames }, change, io)
    })
}

/** `npm run users -- set-password` */
export const setPasswordCommand: Subcommand = (program) => {
  const description = 'replaces the password of a user and ends all sessions'
  ofUser(program, 'set-password', description)
    .option('--keep-identities', 'keep the identities at providers, which are removed otherwise')
    .action(async (name: string, { keepIdentities = false }: { keepIdentities?: boolean }) => {
      const { operator, print, io } = program
      const options = { keepIdentities, breaches: breachesOf(program.options(), io.env) }
      print(await setPassword(await operator('set-password'), name, io, options))
    })
}

/** `npm run users -- disable` and `enable` */
export const disableCommands: Subcommand = (program) => {
  for (const [name, description, change] of [
    ['disable', 'disables users and ends all their sessions', disable],
    ['enable', 'enables disabled users', enable],
  ] as const) {
    ofUsers(program, name, description)
      .argument('[usernames...]', 'usernames or addresses')
      .action(async (words: string[], options: SeveralOptions) => {
        const loginNames = words.map(readLoginName)
        const found = await program.operator(name)
        const { io } = program
        await changeUsers(found, { ...options, loginNames }, (one) => change(found, one), io)
      })
  }
}
