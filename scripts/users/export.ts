import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { mayBe, type StoredAttributes } from '../../lib/application/attributes.ts'
import { transact } from '../../lib/aws/dynamodb.ts'
import { eventOf, SERVICE } from '../../lib/events/event.ts'
import { factorsOf } from '../../lib/users/factors.ts'
import type { User } from '../../lib/users/user.ts'
import { CONFIGURATION } from '../../project/project.ts'
import type { Io } from '../cli/io.ts'
import type { OperatorTable, Subcommand } from '../cli/operator.ts'
import { Refusal } from '../cli/refusal.ts'
import { asJsonLine } from '../cli/terminal/table.ts'
import { definitionOf } from './attributes.ts'
import { noticeUnknownRoles, usersByName } from './store.ts'

/** Options of `export`. */
interface ExportOptions {
  output?: string
  force?: boolean
}

/**
 * Exports all users with their password hashes, one JSON object a line, as `import` reads them. Second factors are not exported.
 *
 * @returns The lines, or a message if they went into a file.
 */
async function exportUsers(table: OperatorTable, options: ExportOptions, { stderr }: Io): Promise<string> {
  if (options.output !== undefined && !options.force && existsSync(options.output))
    throw exists(options.output)
  // Before it reads: who stops the command later has the users all the same.
  await transact(table, [eventOf(table, table.act(), { type: 'users.exported', subject: SERVICE })])
  const users = await usersByName(table)
  const withFactors = users.filter((user) => factorsOf(user).length > 0).length
  // Their secrets are encrypted with a key of this stage, and passkeys belong to its domain.
  if (withFactors > 0) {
    stderr.write(
      `Second factors are not exported. Users who have some, and must add them again: ${withFactors}.\n`,
    )
  }
  const withFormer = users.filter(hasFormerAttributes).length
  if (withFormer > 0) {
    stderr.write(
      `Values of attributes that ${CONFIGURATION} does not allow are not exported. Users who have some: ${withFormer}.\n`,
    )
  }
  noticeUnknownRoles(users, stderr)
  const lines = users.map((user) => asJsonLine(exported(user))).join('')
  if (options.output === undefined) return lines
  await writePrivate(options.output, lines, options.force ?? false)
  return `Wrote ${users.length} users to ${options.output}.\n`
}

/** Returns the stored attributes that an import takes, or nothing. Others fit an earlier definition, and read as the default. */
function attributesOf({ attributes = {} }: User): StoredAttributes | undefined {
  const allowed = Object.entries(attributes).filter(([name, value]) => {
    const definition = definitionOf(name)
    return definition !== undefined && mayBe(definition, value)
  })
  return allowed.length > 0 ? Object.fromEntries(allowed) : undefined
}

const hasFormerAttributes = (user: User): boolean =>
  Object.keys(attributesOf(user) ?? {}).length < Object.keys(user.attributes ?? {}).length

const exported = (user: User) => ({
  id: user.id,
  username: user.username,
  // As import reads it: the login name in lower case, and this spelling for mails.
  email: user.emailAsWritten ?? user.email,
  emailVerified: user.emailVerified,
  role: user.role,
  disabled: user.disabled,
  passwordHash: user.passwordHash,
  createdAt: user.createdAt,
  externalId: user.externalId,
  attributes: attributesOf(user),
})

const exists = (path: string) => new Refusal('refused', `${path} exists. Use --force to replace it.`)

/** Writes a file that only its owner can read. */
async function writePrivate(path: string, text: string, replace: boolean): Promise<void> {
  const file = await open(path, replace ? 'w' : 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') throw exists(path)
    throw new Refusal('refused', `Cannot write ${path}: ${error.code}.`)
  })
  try {
    // An existing file may have been readable by all users of the machine. A device keeps its mode.
    if ((await file.stat()).isFile()) await file.chmod(0o600)
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/** `npm run users -- export` */
export const exportCommand: Subcommand = ({ command: users, operator, print, io }) => {
  users
    .command('export')
    .description('prints all users with their password hashes, as import reads them')
    .option('--output <file>', 'write to a file that only its owner can read')
    .option('--force', 'replace an existing file')
    .action(async (options: ExportOptions) => print(await exportUsers(await operator('export'), options, io)))
}
