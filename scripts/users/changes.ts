import { randomBytes } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { endAllSessions } from '../../lib/sessions/end.ts'
import { revokeSessions, revokeTokens } from '../../lib/users/revocation.ts'
import { addUser, findUser } from '../../lib/users/store.ts'
import { newUser, type Role } from '../../lib/users/user.ts'
import type { Io } from '../cli/io.ts'
import { askNewPassword, confirmOrRefuse } from '../cli/prompts.ts'
import { Refusal } from '../cli/refusal.ts'
import { changeExisting, findExisting, noSuchUser, removeUser } from './store.ts'

/** Adds a user. The password comes from a prompt or standard input. */
export async function add(table: Table, username: string, role: Role, io: Io): Promise<string> {
  const taken = new Refusal('refused', `User ${username} already exists.`)
  if (await findUser(table, username)) throw taken
  const passwordHash = await hash(await askNewPassword(username, io))
  if (!(await addUser(table, newUser(username, role, passwordHash, io.now())))) throw taken
  return `Added ${username} with role ${role}.\n`
}

/** Changes the role of a user. Access tokens carry the role, so those issued before are revoked. */
export async function setRole(table: Table, username: string, role: Role, { now }: Io): Promise<string> {
  await changeExisting(table, username, (user) => ({
    role,
    changedAt: now().toISOString(),
    ...revokeTokens(user, now()),
  }))
  return `${username} has role ${role}. Access tokens issued before are revoked.\n`
}

/** Replaces the password of a user and ends all sessions. */
export async function setPassword(table: Table, username: string, io: Io): Promise<string> {
  await findExisting(table, username)
  const passwordHash = await hash(await askNewPassword(username, io))
  await changeExisting(table, username, (user) => ({
    passwordHash,
    changedAt: io.now().toISOString(),
    ...revokeSessions(user, io.now()),
  }))
  return `${username} has a new password. All sessions have ended.\n`
}

/** Disables a user and ends all sessions. */
export async function disable(table: Table, username: string, { now }: Io): Promise<string> {
  await changeExisting(table, username, (user) => ({
    disabled: true,
    changedAt: now().toISOString(),
    ...revokeSessions(user, now()),
  }))
  return `${username} is disabled. All sessions have ended.\n`
}

/** Enables a disabled user. */
export async function enable(table: Table, username: string, { now }: Io): Promise<string> {
  await changeExisting(table, username, () => ({ disabled: false, changedAt: now().toISOString() }))
  return `${username} is enabled.\n`
}

/** Ends all sessions of a user. */
export async function endSessions(table: Table, username: string, { now }: Io): Promise<string> {
  if (!(await endAllSessions(table, username, now()))) throw noSuchUser(username)
  return `All sessions of ${username} have ended.\n`
}

/** Removes a user and everything stored about the user, also what an interrupted removal left. */
export async function remove(table: Table, username: string, yes: boolean, io: Io): Promise<string> {
  const user = await findUser(table, username)
  if (user && !yes) await confirmOrRefuse(`Remove ${username}? This cannot be undone.`, io)
  const items = await removeUser(table, username)
  if (user) return `Removed ${username}.\n`
  if (items === 0) throw noSuchUser(username)
  return `User ${username} did not exist. Removed what an earlier removal had left.\n`
}

const hash = (password: string) => hashPassword(password, randomBytes(SALT_BYTES))
