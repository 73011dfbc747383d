import { existsSync } from 'node:fs'
import { Option } from 'commander'
import { transact } from '../../../lib/aws/dynamodb.ts'
import { eventOf, SERVICE } from '../../../lib/events/event.ts'
import { factorsOf } from '../../../lib/users/factors.ts'
import { CONFIGURATION } from '../../../project/project.ts'
import { exists, writePrivate } from '../../cli/files/texts.ts'
import type { Io } from '../../cli/io.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal } from '../../cli/refusal.ts'
import { asJsonLine } from '../../cli/terminal/table.ts'
import { hasFormerAttributes } from '../attributes.ts'
import { noticeUnknownRoles, usersByName } from '../store.ts'
import { profileOf } from './json.ts'
import { leave, SYSTEM_NAMES, type SystemName } from './leave.ts'

/** Options of `export`. */
interface ExportOptions {
  output?: string
  force?: boolean
  to?: string
  for?: SystemName
  withSecrets?: boolean
  poolHeader?: string
  hashColumn?: string
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
  const lines = users.map((user) => asJsonLine(profileOf(user))).join('')
  if (options.output === undefined) return lines
  await writePrivate(options.output, lines, options.force ?? false)
  return `Wrote ${users.length} users to ${options.output}.\n`
}

/** Exports into a folder with `--to`, and else as JSON lines. */
async function exportBy(table: OperatorTable, options: ExportOptions, io: Io): Promise<string> {
  const { to, for: system, withSecrets = false, poolHeader, hashColumn } = options
  if (to === undefined || system === undefined) return await exportUsers(table, options, io)
  return await leave(table, { to, for: system, withSecrets, poolHeader, hashColumn }, io)
}

/** Refuses options that do not belong together. */
function requireFit({ output, force, to, ...options }: ExportOptions): void {
  if (to !== undefined && (output !== undefined || force)) {
    throw new Refusal('usage', 'Use either --to or --output. --force belongs to --output.')
  }
  const needed = Object.keys(options).length > 0 && to === undefined
  if (needed) throw new Refusal('usage', 'Use --to DIR with --for and its options.')
  if (to !== undefined && options.for === undefined) {
    throw new Refusal('usage', `Use --for with one of ${SYSTEM_NAMES.join(', ')}.`)
  }
}

/** `npm run users -- export` */
export const exportCommand: Subcommand = ({ command: users, operator, print, io }) => {
  users
    .command('export')
    .description('prints all users with their password hashes, or writes them for another system')
    .option('--output <file>', 'write to a file that only its owner can read')
    .option('--force', 'replace an existing file')
    .option(
      '--to <folder>',
      'write to a new folder that only its owner can read, with factors and identities',
    )
    .addOption(new Option('--for <system>', 'with --to: the system that imports it').choices(SYSTEM_NAMES))
    .option('--with-secrets', 'with --to: also the secrets of authenticator apps, decrypted')
    .option('--pool-header <file>', 'with --for cognito: the output of aws cognito-idp get-csv-header')
    .option(
      '--hash-column <name>',
      'with --for cognito: the column of the hashes, if the header does not say',
    )
    .action(async (options: ExportOptions) => {
      requireFit(options)
      print(await exportBy(await operator('export'), options, io))
    })
}
