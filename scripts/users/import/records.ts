import { parse } from 'csv-parse/sync'
import { DECOY_HASH } from '../../../lib/passwords/hash.ts'
import { didYouMean } from '../../../project/did-you-mean.ts'
import { repeatedMember } from '../../../project/repeated-member.ts'
import { parsed } from '../../cli/files/json.ts'
import type { Line, Place } from '../../cli/files/lines.ts'
import { Refusal } from '../../cli/refusal.ts'
import { COLUMNS, FLAGS } from './columns.ts'
import { completeValues, type Layout, PLAINTEXT, rejectColumns } from './layout.ts'
import type { Mapping } from './mapping.ts'

/** Formats that an import reads. */
export const FORMATS = ['csv', 'jsonl'] as const

export type Format = (typeof FORMATS)[number]

type Parsed = { values: Record<string, unknown> } | { fault: string }

/** A line with its values, not yet validated, or with its fault. */
export type UserRecord = Place & Parsed

/** The delimiter and the columns of a CSV file, from its first line. */
interface Header {
  delimiter: ',' | ';'
  columns: string[]
}

/**
 * Parses lines as records, and skips empty lines.
 *
 * @throws {@link Refusal} `usage`, before the first record, if the file does not have the format.
 */
export async function* recordsOf(
  lines: AsyncGenerator<Line>,
  format: Format,
  layout: Layout,
): AsyncGenerator<UserRecord> {
  const records = format === 'csv' ? csvRecords(lines, layout) : jsonRecords(lines, layout)
  for await (const record of records) {
    yield 'fault' in record ? record : { ...placeOf(record), ...completed(record.values, layout) }
  }
}

function completed(values: Record<string, unknown>, layout: Layout): Parsed {
  const complete = completeValues(layout, values)
  // JSON lines have no header that could be refused.
  const isUnannounced = complete.password !== undefined && !layout.plaintextPasswords
  return isUnannounced
    ? { fault: `Has a password. ${PLAINTEXT}` }
    : { values: withOldPlace(complete, layout) }
}

/** Adds the name that a user without a password has at an endpoint: the username as the file spells it. */
function withOldPlace(values: Record<string, unknown>, { passwordsFrom }: Layout): Record<string, unknown> {
  const isThere = passwordsFrom !== undefined && values.passwordHash === DECOY_HASH
  return isThere ? { passwordFrom: values.username, ...values } : values
}

async function* jsonRecords(lines: AsyncGenerator<Line>, layout: Layout): AsyncGenerator<UserRecord> {
  for await (const line of lines) {
    if ('fault' in line) yield line
    else if (line.text.trim() !== '') yield { ...placeOf(line), ...parseJson(line.text, layout) }
  }
}

function parseJson(text: string, { mapping }: Layout): Parsed {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { fault: 'Not a JSON object.' }
  }
  const repeated = repeatedMember(text)
  if (repeated === undefined) return { values: { ...value } }
  const known = mapping === undefined ? COLUMNS : [...mapping.values()].map(({ column }) => column)
  return { fault: known.includes(repeated) ? `Repeats the member ${repeated}.` : 'Repeats a member.' }
}

async function* csvRecords(lines: AsyncGenerator<Line>, layout: Layout): AsyncGenerator<UserRecord> {
  let header: Header | undefined
  for await (const line of lines) {
    if (header === undefined) {
      header = readHeader(line, layout)
    } else if ('fault' in line) {
      yield line
    } else if (line.text !== '') {
      yield { ...placeOf(line), ...parseCsv(line.text, header, layout) }
    }
  }
}

/** Reads the first line. Its errors quote nothing: without a header it is a user, maybe with a password. */
function readHeader(line: Line, layout: Layout): Header {
  const text = 'fault' in line ? '' : line.text
  // Excel writes semicolons where the comma is the decimal separator, as in most of Europe.
  const delimiter = text.includes(';') && !text.includes(',') ? ';' : ','
  const columns = 'fault' in line ? undefined : fieldsOf(text, delimiter)
  if (columns === undefined) throw new Refusal('usage', 'The first line is not a CSV header in UTF-8.')
  if (layout.mapping === undefined) rejectUnknown(columns)
  else rejectMissing(columns, layout.mapping)
  if (new Set(columns).size < columns.length) throw new Refusal('usage', 'The CSV header repeats a column.')
  if (layout.mapping === undefined) rejectColumns(columns, layout, 'The CSV header')
  return { delimiter, columns }
}

function rejectUnknown(columns: string[]): void {
  const unknown = columns.findIndex((name) => !COLUMNS.includes(name))
  if (unknown !== -1) {
    // Without any known column, the first line is a user.
    const isHeader = columns.some((name) => COLUMNS.includes(name))
    const meant = isHeader ? didYouMean(columns[unknown] ?? '', COLUMNS) : ''
    throw new Refusal(
      'usage',
      `Column ${unknown + 1} of the CSV header is unknown. Known columns: ${COLUMNS.join(', ')}. For others use --from or --map.${meant}`,
    )
  }
}

/** The text names columns of the mapping only, which the operator or this service has written. */
function rejectMissing(columns: string[], mapping: Mapping): void {
  const missing = [...mapping.values()].find(({ column }) => !columns.includes(column))
  if (missing) throw new Refusal('usage', `The CSV header has no column ${missing.column}.`)
}

function parseCsv(text: string, { delimiter, columns }: Header, { mapping }: Layout): Parsed {
  const fields = fieldsOf(text, delimiter)
  if (fields === undefined) return { fault: 'Not CSV. A quoted field must end on its own line.' }
  if (fields.length !== columns.length) {
    const quoting = `A field with a ${delimiter === ',' ? 'comma' : 'semicolon'} needs quotes.`
    return { fault: `Has ${fields.length} fields instead of ${columns.length}. ${quoting}` }
  }
  const cells = columns.map((name, index) => [name, fields[index] ?? ''] as const)
  if (mapping !== undefined) return { values: Object.fromEntries(cells) }
  const filled = cells.filter(([, field]) => field !== '')
  return { values: Object.fromEntries(filled.map(([name, field]) => [name, cellValue(name, field)])) }
}

/** Converts a cell. CSV has no type but text. */
function cellValue(column: string, field: string): unknown {
  if (!FLAGS.includes(column) || !/^(true|false)$/i.test(field)) return field
  return field.toLowerCase() === 'true'
}

function fieldsOf(text: string, delimiter: string): string[] | undefined {
  try {
    return parse(text, { delimiter, relax_column_count: true })[0]
  } catch {
    return undefined
  }
}

const placeOf = ({ line, end }: Place): Place => ({ line, end })
