import { parse } from 'csv-parse/sync'
import { Refusal } from '../../cli/refusal.ts'
import type { Line, Place } from './lines.ts'

/** How a file says who its users are. */
export const FORMATS = ['csv', 'jsonl'] as const

export type Format = (typeof FORMATS)[number]

/** What one line says of a user, unchecked, or what is wrong with the line. */
export type UserRecord = Place & ({ values: Record<string, unknown> } | { fault: string })

const COLUMNS = ['username', 'role', 'password', 'passwordHash', 'disabled', 'createdAt']

/**
 * Reads lines as records; those without anything on them do not count.
 *
 * @throws {@link Refusal} `usage`, before the first record, if the file is not of that format.
 */
export const recordsOf = (lines: AsyncGenerator<Line>, format: Format): AsyncGenerator<UserRecord> =>
  format === 'csv' ? csvRecords(lines) : jsonRecords(lines)

async function* jsonRecords(lines: AsyncGenerator<Line>): AsyncGenerator<UserRecord> {
  for await (const line of lines) {
    if ('fault' in line) yield line
    else if (line.text.trim() !== '') yield { ...placeOf(line), ...readJson(line.text) }
  }
}

function readJson(text: string): { values: Record<string, unknown> } | { fault: string } {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { values: { ...value } }
  } catch {
    // Told below, without the parser's message: it quotes the text, which may hold a password.
  }
  return { fault: 'Not a JSON object.' }
}

async function* csvRecords(lines: AsyncGenerator<Line>): AsyncGenerator<UserRecord> {
  let columns: string[] | undefined
  for await (const line of lines) {
    if (columns === undefined) {
      columns = readHeader(line)
    } else if ('fault' in line) {
      yield line
    } else if (line.text !== '') {
      yield { ...placeOf(line), ...readCsv(line.text, columns) }
    }
  }
}

/** Names no column's text: a file without a header begins with a user, and maybe a password. */
function readHeader(line: Line): string[] {
  const columns = 'fault' in line ? undefined : fieldsOf(line.text)
  const unknown = columns?.findIndex((name) => !COLUMNS.includes(name))
  if (columns === undefined || unknown === undefined) {
    throw new Refusal('usage', 'The first line is no CSV header in UTF-8.')
  }
  if (unknown !== -1) {
    throw new Refusal(
      'usage',
      `Column ${unknown + 1} of the CSV header is unknown: known are ${COLUMNS.join(', ')}.`,
    )
  }
  if (new Set(columns).size < columns.length) throw new Refusal('usage', 'The CSV header repeats a column.')
  const secret = columns.includes('password') || columns.includes('passwordHash')
  if (!columns.includes('username') || !columns.includes('role') || !secret) {
    throw new Refusal('usage', 'The CSV header needs username, role, and password or passwordHash.')
  }
  return columns
}

function readCsv(
  text: string,
  columns: readonly string[],
): { values: Record<string, unknown> } | { fault: string } {
  const fields = fieldsOf(text)
  if (fields === undefined) return { fault: 'Not CSV. A quoted field must end on its own line.' }
  if (fields.length !== columns.length) {
    return {
      fault: `${fields.length} fields, but the header has ${columns.length}; a field with commas needs quotes.`,
    }
  }
  const values = columns.map((name, index) => [name, cellValue(name, fields[index] ?? '')])
  return { values: Object.fromEntries(values.filter(([, value]) => value !== '')) }
}

/** CSV knows text alone. */
function cellValue(column: string, field: string): unknown {
  if (column !== 'disabled' || !/^(true|false)$/i.test(field)) return field
  return field.toLowerCase() === 'true'
}

function fieldsOf(text: string): string[] | undefined {
  try {
    return parse(text, { relax_column_count: true })[0]
  } catch {
    return undefined
  }
}

const placeOf = ({ line, end }: Place): Place => ({ line, end })
