import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { addAbortSignal, type Readable } from 'node:stream'
import type { Table } from '../../lib/aws/dynamodb.ts'
import { Refusal } from '../cli/refusal.ts'
import { importUsers, type Tally } from './import/import-users.ts'
import { linesOf } from './import/lines.ts'
import { startProgress } from './import/progress.ts'
import { type Format, recordsOf } from './import/records.ts'

/** How to read what is imported. */
export interface ImportOptions {
  format?: Format
}

/**
 * Adds the users of a file, and says on the way which of its lines are bad.
 *
 * @param file - Path, or `-` for standard input.
 * @param report - Takes the summary, however the import ends.
 * @throws {@link Refusal} if a row is bad, the file cannot be read, or the operator stopped it.
 */
export async function importFile(
  table: Table,
  file: string,
  { format = formatOf(file) }: ImportOptions,
  report: (summary: string) => void,
): Promise<void> {
  const totalBytes = file === '-' ? undefined : await sizeOf(file)
  const tally: Tally = { added: 0, present: 0, bad: 0 }
  const ending = new AbortController()
  let interrupted = false
  // For good, as one Ctrl-C may arrive twice: from the terminal, and passed on by npm.
  process.on('SIGINT', () => {
    interrupted = true
    ending.abort()
  })
  const progress = startProgress(process.stderr, totalBytes)
  try {
    const records = recordsOf(linesOf(readUntil(ending.signal, file)), format)
    await importUsers(table, records, progress, tally, ending)
  } finally {
    progress.stop()
    if (rowsIn(tally) > 0) report(summaryOf(tally))
  }
  if (interrupted) throw new Refusal('interrupted', 'Stopped before the end. Run it again for the rest.')
  if (rowsIn(tally) === 0) throw new Refusal('usage', `${file} holds no users.`)
  if (tally.bad > 0) throw new Refusal('refused', 'Bad rows were left out.')
}

const rowsIn = ({ added, present, bad }: Tally) => added + present + bad

const summaryOf = ({ added, present, bad }: Tally) =>
  `${added} added, ${present} already there, ${bad} bad.\n`

function formatOf(file: string): Format {
  if (/\.csv$/i.test(file)) return 'csv'
  if (/\.(jsonl|ndjson)$/i.test(file)) return 'jsonl'
  throw new Refusal('usage', 'Say which format the file has: --format csv or --format jsonl.')
}

/** Bytes in a file, or `undefined` where they cannot be known, as of a pipe. */
async function sizeOf(file: string): Promise<number | undefined> {
  const found = await stat(file).catch((error: unknown) => {
    throw cannotRead(file, error)
  })
  return found.isFile() ? found.size : undefined
}

async function* readUntil(ended: AbortSignal, file: string): AsyncGenerator<Uint8Array> {
  const source: Readable = file === '-' ? process.stdin : createReadStream(file)
  try {
    yield* addAbortSignal(ended, source)
  } catch (error) {
    if (!ended.aborted) throw cannotRead(file, error)
  }
}

const cannotRead = (file: string, error: unknown) =>
  new Refusal('usage', `Cannot read ${file}: ${(error as NodeJS.ErrnoException).code}.`)
