import { randomBytes } from 'node:crypto'
import type { Role } from '../../lib/application/roles.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { createUser, namesOf } from '../../lib/users/names.ts'
import { revokeSessions, revokeTokens } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { loginNamesOf, mailboxOf, newUser, USER_RANDOM_BYTES } from '../../lib/users/user.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable } from '../cli/operator.ts'
import { askNewPassword } from '../cli/terminal/prompts.ts'
import { notify } from './mail.ts'
import { takenName } from './names.ts'
import { refuseBreached } from './passwords/breached.ts'
import { alreadyExists, changeExisting, findByName, findExisting } from './store.ts'

// No command writes a time that decides about a session or token: the operator's clock may be wrong.

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

/** Changes the role of a user. Access tokens carry the role, so those issued before are revoked. */
export async function setRole(
  table: OperatorTable,
  loginName: string,
  role: Role,
  { now }: Io,
): Promise<string> {
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) => {
    const changes = { role, changedAt: now().toISOString(), ...revokeTokens(user) }
    return changeUser(table, user, { changes, changeId, detail: role }, table.act())
  })
  return `${loginName} has role ${role}. Access tokens issued before are revoked.\n`
}

/**
 * Replaces the password of a user, ends all sessions, and notifies the user.
 *
 * @param breaches - As for {@link add}.
 */
export async function setPassword(
  table: OperatorTable,
  loginName: string,
  io: Io,
  breaches?: URL,
): Promise<string> {
  const found = await findExisting(table, loginName)
  const password = await askNewPassword(found, io, (typed) => refuseBreached(typed, breaches, io))
  const passwordHash = await hash(password)
  let changed = found
  await changeExisting(table, loginName, found, (user, changeId) => {
    changed = user
    const changes = { passwordHash, changedAt: io.now().toISOString(), ...revokeSessions(user) }
    return changeUser(table, user, { changes, changeId }, table.act())
  })
  const notice = await notify(table, 'password-changed', mailboxOf(changed), changed.username, io)
  return `${loginName} has a new password. All sessions have ended.\n${notice}`
}

/** Disables a user and ends all sessions. */
export async function disable(table: OperatorTable, loginName: string, io: Io): Promise<string> {
  await setDisabled(table, loginName, true, io)
  return `${loginName} is disabled. All sessions have ended.\n`
}

/** Enables a disabled user. A session or token that was issued by mistake while the user was disabled stays invalid. */
export async function enable(table: OperatorTable, loginName: string, io: Io): Promise<string> {
  await setDisabled(table, loginName, false, io)
  return `${loginName} is enabled.\n`
}

async function setDisabled(
  table: OperatorTable,
  loginName: string,
  disabled: boolean,
  { now }: Io,
): Promise<void> {
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) => {
    const changes = { disabled, changedAt: now().toISOString(), ...revokeSessions(user) }
    const detail = disabled ? 'disabled' : 'enabled'
    return changeUser(table, user, { changes, changeId, detail }, table.act())
  })
}

/** Ends all sessions of a user. */
export async function endSessions(table: OperatorTable, loginName: string): Promise<string> {
  const found = await findExisting(table, loginName)
  await changeExisting(table, loginName, found, (user, changeId) => {
    const change = { changes: revokeSessions(user), changeId, detail: 'sessions-ended' } as const
    return changeUser(table, user, change, table.act())
  })
  return `All sessions of ${loginName} have ended.\n`
}

const hash = (password: string) => hashPassword(password, randomBytes(SALT_BYTES))
