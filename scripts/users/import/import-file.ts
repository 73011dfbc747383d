import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import { Option } from 'commander'
import type { Table } from '../../../lib/aws/dynamodb.ts'
import { startFaults } from '../../cli/files/faults.ts'
import { linesOf } from '../../cli/files/lines.ts'
import { cannotRead } from '../../cli/files/texts.ts'
import type { Io } from '../../cli/io.ts'
import type { OperatorTable, Subcommand } from '../../cli/operator.ts'
import { Refusal, refusalOf } from '../../cli/refusal.ts'
import { startProgress } from '../../cli/terminal/progress.ts'
import { roleOption } from '../arguments.ts'
import { externalIds } from '../store.ts'
import { isPoolFile, openPool, type PoolOptions, poolOptions } from './cognito/pool.ts'
import { readPoolRecords } from './cognito/pool-records.ts'
import { checkRow } from './dry-run.ts'
import { startHashers } from './hashes/hashers.ts'
import { addRow, type Tally, takeRows } from './import-users.ts'
import { type LayoutOptions, layoutOf, OLD_PLACES } from './layout.ts'
import { PROGRAM_NAMES, readMapping } from './mapping.ts'
import { FORMATS, type Format, recordsOf, type UserRecord } from './records.ts'

/** Options of `import`. */
interface ImportOptions extends LayoutOptions, PoolOptions {
  format?: Format
  dryRun?: boolean
  verbose?: boolean
}

/**
 * Adds the users of a file, or only checks them. It prints invalid lines on standard error, and a summary however the import
 * ends.
 *
 * @param file - Path, or `-` for standard input.
 * @throws {@link Refusal} if a line is invalid, the file cannot be read, or the operator interrupted the import.
 */
async function importFile(table: OperatorTable, file: string, options: ImportOptions, io: Io): Promise<void> {
  const { dryRun = false, verbose = false } = options
  const source = await openSource(table, file, options, io)
  const totalBytes = file === '-' ? undefined : await sizeOf(file)
  const tally: Tally = { added: 0, present: 0, renamed: 0, invalid: 0, unknown: 0 }
  const ending = new AbortController()
  const interruption = io.interruption()
  interruption.addEventListener('abort', () => ending.abort())
  const progress = startProgress(io.stderr, totalBytes)
  const faults = startFaults(progress.print)
  const hashers = startHashers()
  const plan: string[] = []
  const { moved } = source
  const settle = dryRun ? checkRow(table, plan, moved) : addRow(table, hashers, io.now, moved)
  try {
    await takeRows(source.records(ending.signal), settle, { tally, faults, progress }, ending).catch(
      (error) => {
        throw stopped(error, dryRun)
      },
    )
  } finally {
    await hashers.stop()
    faults.end()
    progress.stop()
    io.stderr.write(source.notes())
    if (rowsIn(tally) > 0) io.stdout.write((verbose ? plan.join('') : '') + summaryOf(tally, dryRun))
  }
  if (interruption.aborted) {
    const rest = dryRun ? 'Nothing was written.' : AGAIN
    throw new Refusal('interrupted', `Interrupted before the end. ${rest}`)
  }
  if (rowsIn(tally) === 0) throw new Refusal('usage', `${file} has no users.`)
  if (tally.invalid > 0) {
    throw new Refusal('refused', dryRun ? 'Some lines are invalid.' : 'The invalid lines were skipped.')
  }
}

/** The records of a file, and what is to be said of them at the end. */
interface Source {
  records(ended: AbortSignal): AsyncGenerator<UserRecord>
  notes(): string
  /** As {@link addRow} takes it. */
  moved: ReadonlySet<string> | undefined
}

async function openSource(table: Table, file: string, options: ImportOptions, io: Io): Promise<Source> {
  const isPool = isPoolFile(file, options)
  const format = isPool ? undefined : (options.format ?? formatOf(file))
  if (options.verbose && !options.dryRun) throw new Refusal('usage', 'Use --verbose only with --dry-run.')
  const layout = await layoutOf(options, isPool)
  const moved = isPool || layout.passwordsFrom !== undefined ? await externalIds(table) : undefined
  if (format === undefined) {
    const { records, notes } = await readPoolRecords(file, layout, await openPool(table, options, io), io)
    return { records: () => records, notes, moved }
  }
  const records = (ended: AbortSignal) => {
    const bytes = file === '-' ? io.stdin : createReadStream(file)
    return recordsOf(linesOf(readUntil(ended, bytes, file)), format, layout)
  }
  return { records, notes: () => '', moved }
}

/** Says what to do after a failure of the store. A line that the file has wrong needs another file. */
function stopped(error: unknown, dryRun: boolean): Refusal {
  const { outcome, message } = refusalOf(error)
  return outcome === 'failed' && !dryRun ? new Refusal(outcome, `${message} ${AGAIN}`) : refusalOf(error)
}

const AGAIN = 'Run the command again for the rest.'

const rowsIn = ({ added, present, renamed, invalid, unknown }: Tally) =>
  added + present + renamed + invalid + unknown

function summaryOf({ added, present, renamed, invalid, unknown }: Tally, dryRun: boolean) {
  const skipped = `${present + renamed} already there${renamed > 0 ? ` (${renamed} under another name)` : ''}`
  return dryRun
    ? `Dry run: ${added} to add, ${skipped}, ${invalid} invalid. Nothing was written.\n`
    : `${added} added, ${skipped}, ${invalid} invalid${unknown > 0 ? `, ${unknown} with an unknown outcome` : ''}.\n`
}

function formatOf(file: string): Format {
  if (/\.csv$/i.test(file)) return 'csv'
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl'
  throw new Refusal('usage', 'The file name does not say the format. Use --format csv or --format jsonl.')
}

/** Returns the bytes in a file, or `undefined` where they are not known, as of a pipe. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch((error: unknown) => {
    throw cannotRead(file, error)
  })
  return found.isFile() ? found.size : undefined
}

async function* readUntil(ended: AbortSignal, source: Readable, file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* addAbortSignal(ended, source)
  } catch (error) {
    if (!ended.aborted) throw cannotRead(file, error)
  }
}

/** `npm run users -- import` */
export const importCommand: Subcommand = ({ command: users, operator, io }) => {
  const command = users
    .command('import')
    .description('adds the users of a file and skips users that exist')
    .argument('<file>', 'CSV or JSON lines; - is standard input')
    .addOption(new Option('--format <format>', 'format, if the file name does not say').choices(FORMATS))
    .option('--dry-run', 'check every line and write nothing')
    .option('--verbose', 'with --dry-run: print what an import would do with each line')
    .addOption(new Option('--from <program>', 'the file is an export of this program').choices(PROGRAM_NAMES))
    .option('--map <columns>', 'where values are: username=email,passwordHash=password', readMapping)
    .addOption(roleOption('role of the users whose line has none'))
    .option('--without-passwords', 'add users without a password, who cannot sign in until they get one')
    .addOption(
      new Option(
        '--passwords-from <place>',
        'their passwords are asked for there at the first sign-in',
      ).choices(OLD_PLACES),
    )
    .option('--plaintext-passwords', 'the column password has passwords as users type them, and no hashes')
    .option(
      '--firebase-parameters <file>',
      'with --from firebase: the password hash parameters of its console',
    )
    .action(async (file: string, options: ImportOptions) =>
      importFile(await operator('import'), file, options, io),
    )
  for (const option of poolOptions()) command.addOption(option)
}
