/** Space between two columns. */
const GAP = '  '

/** Formats a value as JSON, for other programs. */
export const asJson = (value: object) => `${escaped(JSON.stringify(value, null, 2))}\n`

/** Formats a value as a line of JSON. */
export const asJsonLine = (value: object) => `${escaped(JSON.stringify(value))}\n`

/** Escapes what JSON allows and what may control a terminal, such as U+009B. */
const escaped = (json: string) =>
  json.replace(/[^\P{C}\n]|[\u2028\u2029]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => unitOf(character.charCodeAt(at))).join(''),
  )

const unitOf = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`

/**
 * Formats rows as columns under a head. The first column is wrapped where the rows would be wider than `width`.
 *
 * @param rows - As many cells as `head` has.
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], width: number): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const [first = 0, ...others] = widths
  const taken = others.reduce((sum, other) => sum + GAP.length + other, 0)
  const room = Math.max(1, Math.min(first, width - taken))
  return all.flatMap((row) => lines(row, [room, ...others])).join('')
}

function lines(
  [first = '', ...others]: readonly string[],
  [room = 1, ...widths]: readonly number[],
): string[] {
  const [start = '', ...rest] = pieces(first, room)
  const cells = [start.padEnd(room), ...others.map((cell, column) => cell.padEnd(widths[column] ?? 0))]
  return [cells.join(GAP), ...rest].map((line) => `${line.trimEnd()}\n`)
}

function pieces(text: string, size: number): string[] {
  const characters = [...text]
  const count = Math.ceil(characters.length / size)
  return Array.from({ length: count }, (_, at) => characters.slice(at * size, (at + 1) * size).join(''))
}

/** Formats names and values as two columns. A value that is too long is wrapped within its column. */
export function list(entries: readonly (readonly [name: string, value: string])[], width: number): string {
  const indent = Math.max(...entries.map(([name]) => name.length)) + GAP.length
  return entries
    .map(([name, value]) => `${name.padEnd(indent)}${wrap(value, width, ' '.repeat(indent))}\n`)
    .join('')
}

/** Breaks text between words, or within a word that is longer than a line. Each further line is indented. */
export function wrap(text: string, width: number, indent: string): string {
  const room = Math.max(1, width - indent.length)
  const found: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((part) => (part === '' ? [''] : pieces(part, room)))) {
    if (line !== '' && line.length + 1 + word.length > room) {
      found.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...found, line].join(`\n${indent}`)
}

/** Formats an ISO 8601 time for people, in UTC: `2026-01-31 12:00`. */
export const minuteOf = (iso: string) => iso.slice(0, 16).replace('T', ' ')

/** Formats the date of an ISO 8601 time, in UTC. */
export const dateOf = (iso: string) => iso.slice(0, 10)

/** Replaces control characters. A client chooses its user agent, which must not control the operator's terminal. */
export const printable = (text: string) => text.replace(/\p{C}|[\u2028\u2029]/gu, '\u{FFFD}')

/** Quotes a word for a shell, if it needs that. A login name may contain what a shell would run, such as backticks. */
export const shellWord = (word: string) =>
  /^[\w.@+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`
