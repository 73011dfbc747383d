import { randomBytes } from 'node:crypto'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../../lib/passwords/hash.ts'
import { endAllSessions } from '../../lib/sessions/end.ts'
import { revokeSessions, revokeTokens } from '../../lib/users/revocation.ts'
import { addUser, findUser } from '../../lib/users/store.ts'
import { newUser, type Role } from '../../lib/users/user.ts'
import { askNewPassword, confirmOrRefuse, type Terminal } from '../cli/prompts.ts'
import { Refusal } from '../cli/refusal.ts'
import { changeExisting, findExisting, noSuchUser, removeUser } from './store.ts'

export async function add(table: Table, username: string, role: Role, terminal: Terminal): Promise<string> {
  const taken = new Refusal('refused', `There is a user ${username} already.`)
  if (await findUser(table, username)) throw taken
  const passwordHash = hash(await askNewPassword(username, terminal))
  if (!(await addUser(table, newUser(username, role, passwordHash, new Date())))) throw taken
  return `Added ${username} with role ${role}.\n`
}

export async function setRole(table: Table, username: string, role: Role): Promise<string> {
  await changeExisting(table, username, (user) => {
    const now = new Date()
    return { role, changedAt: now.toISOString(), ...revokeTokens(user, now) }
  })
  return `${username} has role ${role}. Access tokens issued before are no longer good.\n`
}

export async function setPassword(table: Table, username: string, terminal: Terminal): Promise<string> {
  await findExisting(table, username)
  const passwordHash = hash(await askNewPassword(username, terminal))
  await changeExisting(table, username, (user) => {
    const now = new Date()
    return { passwordHash, changedAt: now.toISOString(), ...revokeSessions(user, now) }
  })
  return `${username} has a new password. All sessions are over.\n`
}

export async function disable(table: Table, username: string): Promise<string> {
  await changeExisting(table, username, (user) => {
    const now = new Date()
    return { disabled: true, changedAt: now.toISOString(), ...revokeSessions(user, now) }
  })
  return `${username} is disabled. All sessions are over.\n`
}

export async function enable(table: Table, username: string): Promise<string> {
  await changeExisting(table, username, () => ({ disabled: false, changedAt: new Date().toISOString() }))
  return `${username} is enabled.\n`
}

export async function endSessions(table: Table, username: string): Promise<string> {
  if (!(await endAllSessions(table, username, new Date()))) throw noSuchUser(username)
  return `All sessions of ${username} are over.\n`
}

export async function remove(
  table: Table,
  username: string,
  yes: boolean,
  terminal: Terminal,
): Promise<string> {
  const user = await findUser(table, username)
  if (user && !yes) await confirmOrRefuse(`Remove ${username} for good?`, terminal)
  // Also without a profile: a removal that was interrupted has left the rest.
  const items = await removeUser(table, username)
  if (user) return `Removed ${username}.\n`
  if (items === 0) throw noSuchUser(username)
  return `There was no user ${username}; what was left under the name is removed.\n`
}

const hash = (password: string) => hashPassword(password, randomBytes(SALT_BYTES))
