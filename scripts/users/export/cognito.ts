import type { ExportFile } from '../../cli/files/directory.ts'
import { parsed } from '../../cli/files/json.ts'
import { readText } from '../../cli/files/texts.ts'
import { Refusal } from '../../cli/refusal.ts'
import { allowedAttributes, hasFormerAttributes } from '../attributes.ts'
import { hashKindOf, type Lose, takeHash } from './losses.ts'
import type { UserRecord } from './records.ts'
import { isOff, type System, type SystemOptions } from './systems.ts'

/**
 * Values of `PasswordHashingAlgorithm` by the kind of a hash. A job takes hashes of one kind.
 *
 * @see https://docs.aws.amazon.com/cli/latest/reference/cognito-idp/create-user-import-job.html
 */
const ALGORITHMS: Record<string, string> = { argon2id: 'ARGON2ID', bcrypt: 'BCRYPT' }

/** @see https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool-csv-header.html */
const MAX = { rowCharacters: 16_000, rows: 500_000, bytes: 100_000_000 }

const REQUIRED = ['cognito:username', 'cognito:mfa_enabled', 'email', 'email_verified']

/** The CSV files of Cognito's import, one for each kind of hash, with the parameters of its job. */
export const cognito: System = {
  files(records, lose, options) {
    const rows = new Map<string, string[]>()
    for (const record of records) {
      const row = rowOf(record, lose, options)
      if (row === undefined) continue
      const kind = row.isWithHash ? hashKindOf(record.user) : 'no-password'
      const lines = rows.get(kind) ?? []
      lines.push(row.line)
      rows.set(kind, lines)
    }
    return [...rows].flatMap(([kind, lines]) => jobsOf(kind, lines, `${options.columns.join(',')}\n`))
  },
}

/** Returns the files of jobs, each within Cognito's limits. */
function jobsOf(kind: string, lines: readonly string[], header: string): ExportFile[] {
  const jobs: string[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const size = Buffer.byteLength(line)
    if (bytes + size > MAX.bytes || (jobs.at(-1)?.length ?? 0) > MAX.rows) {
      jobs.push([header])
      bytes = Buffer.byteLength(header)
    }
    jobs.at(-1)?.push(line)
    bytes += size
  }
  return jobs.flatMap((parts, index) => {
    const name = `${kind}-${index + 1}`
    const job = { JobName: name, PasswordHashingAlgorithm: ALGORITHMS[kind] }
    return [
      { name: `${name}.csv`, parts },
      { name: `${name}.json`, parts: [`${JSON.stringify(job)}\n`] },
    ]
  })
}

function rowOf(record: UserRecord, lose: Lose, { columns, hashColumn }: SystemOptions) {
  const { user } = record
  // The import enables each user.
  if (isOff(user)) return void lose(record, 'users, because they are disabled')
  if (user.email === undefined || !user.emailVerified) {
    return void lose(record, 'users, because they have no verified address')
  }
  const hash = hashColumn === undefined ? undefined : takeHash(record, Object.keys(ALGORITHMS), lose)
  const values = new Map([...customValues(record, columns, lose), ...standardValues(record)])
  if (hash !== undefined) values.set(String(hashColumn), hash)
  const line = `${columns.map((column) => (values.get(column) ?? '').replaceAll(',', '\\,')).join(',')}\n`
  if (line.length > MAX.rowCharacters) {
    return void lose(record, 'users, because their line exceeds 16,000 characters')
  }
  loseRest(record, lose)
  if (user.locale !== undefined && !columns.includes('locale')) {
    lose(record, 'languages of mails, without a column locale')
  }
  return { line, isWithHash: hash !== undefined }
}

const standardValues = ({ user }: UserRecord) =>
  new Map([
    ['cognito:username', user.username],
    ['cognito:mfa_enabled', 'FALSE'],
    ['email', user.emailAsWritten ?? String(user.email)],
    ['email_verified', 'TRUE'],
    ['locale', user.locale ?? ''],
    ['updated_at', String(Math.floor(Date.parse(user.changedAt) / 1000))],
  ])

/** Returns the values of the pool's custom attributes. One of the pool has the name that it has here. */
function customValues(record: UserRecord, columns: readonly string[], lose: Lose): [string, string][] {
  const { user } = record
  const { id, role, createdAt, externalId } = user
  const all = { ...allowedAttributes(user), id, role, createdAt, externalId }
  return Object.entries(all).flatMap(([name, value]): [string, string][] => {
    if (value === undefined) return []
    const column = `custom:${name}`
    if (!columns.includes(column)) lose(record, `${name}, without a column ${column}`)
    else if (!isPlain(String(value))) lose(record, `values of ${name} with spaces around, a line break or \\`)
    else return [[column, String(value)]]
    return []
  })
}

/** Whether a cell says a value exactly: the import trims it, and has no other escape than that of a comma. */
const isPlain = (value: string) => value === value.trim() && !/[\p{Cc}\\]/u.test(value)

/** Notes what the import has no column for. */
function loseRest(record: UserRecord, lose: Lose): void {
  const { user, identities, passkeys, totp, recoveryCodes } = record
  if (totp) lose(record, 'authenticator apps')
  if (recoveryCodes) lose(record, 'recovery codes')
  if (passkeys.length > 0) lose(record, 'passkeys')
  if (identities.length > 0) lose(record, 'identities at providers')
  if (user.mustEnrol) lose(record, 'the duty to add a second factor')
  if (hasFormerAttributes(user)) lose(record, 'values of attributes that the configuration does not allow')
}

/**
 * Reads the columns of a pool's import, as `aws cognito-idp get-csv-header` prints them.
 *
 * @param given - Column of the hash, if the header does not have exactly one with `password` in its name.
 * @throws {@link Refusal} `usage`
 */
export async function readPoolHeader(file: string, given: string | undefined) {
  const text = await readText(file)
  const header: unknown = Object(parsed(text)).CSVHeader
  if (
    !Array.isArray(header) ||
    !header.every((name) => typeof name === 'string' && /^[\w:.-]+$/.test(name))
  ) {
    throw new Refusal('usage', `${file} is not the output of aws cognito-idp get-csv-header.`)
  }
  const missing = REQUIRED.find((name) => !header.includes(name))
  if (missing !== undefined) throw new Refusal('usage', `${file} has no column ${missing}.`)
  const ofPassword = header.filter((name) => /password/i.test(name))
  const hashColumn = given ?? (ofPassword.length === 1 ? ofPassword[0] : undefined)
  if (hashColumn === undefined || !/^[\w:.-]+$/.test(hashColumn)) {
    throw new Refusal('usage', `${file} does not say which column has the hashes. Use --hash-column.`)
  }
  return { columns: [...new Set([...header, hashColumn])], hashColumn }
}
