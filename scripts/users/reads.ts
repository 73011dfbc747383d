import { open } from 'node:fs/promises'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { summarizeLive } from '../../lib/sessions/session.ts'
import { findSessions } from '../../lib/sessions/store.ts'
import type { User } from '../../lib/users/user.ts'
import { accountTable, accountText, asJson, sessionTable } from '../cli/output.ts'
import { Refusal } from '../cli/refusal.ts'
import { accountOf, findExisting, listAccounts, listUsers, noSuchUser } from './store.ts'

/** How a read is to be printed. */
export interface ReadOptions {
  json?: boolean
}

/** All users, by name. */
export async function list(table: Table, { json }: ReadOptions): Promise<string> {
  const accounts = await listAccounts(table)
  if (json) return asJson(accounts)
  return accounts.length === 0 ? 'No users.\n' : accountTable(accounts)
}

/** One user. */
export async function show(table: Table, username: string, { json }: ReadOptions): Promise<string> {
  const account = accountOf(await findExisting(table, username))
  return json ? asJson(account) : accountText(account)
}

/** The sessions of a user that are going on, the one used last first. */
export async function sessions(table: Table, username: string, { json }: ReadOptions): Promise<string> {
  const found = await findSessions(table, username)
  if (found.user === undefined) throw noSuchUser(username)
  const live = summarizeLive(found.sessions, found.user, new Date())
  if (json) return asJson(live)
  return live.length === 0 ? `${username} has no sessions.\n` : sessionTable(live)
}

/** Where an export goes. */
export interface ExportOptions {
  output?: string
  force?: boolean
}

/** All users with their hashes, one JSON object a line, as `import` reads them. */
export async function exportUsers(table: Table, options: ExportOptions): Promise<string> {
  const users = await listUsers(table)
  const lines = users.map((user) => `${JSON.stringify(exported(user))}\n`).join('')
  if (options.output === undefined) return lines
  await writePrivate(options.output, lines, options.force ?? false)
  return `${users.length} users are in ${options.output}.\n`
}

const exported = ({ username, role, disabled, passwordHash, createdAt }: User) => ({
  username,
  role,
  disabled,
  passwordHash,
  createdAt,
})

/** Writes a file that its owner alone may read. */
async function writePrivate(path: string, text: string, replace: boolean): Promise<void> {
  const file = await open(path, replace ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw new Refusal('refused', `${path} exists; --force replaces it.`)
    throw new Refusal('refused', `Cannot write ${path}: ${error.code}.`)
  })
  try {
    // A file that is replaced may have been everybody's to read. A device keeps its mode.
    if ((await file.stat()).isFile()) await file.chmod(0o600)
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}
