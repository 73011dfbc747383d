import { expect, test } from 'vitest'
import { asJson, asJsonLine, list, printable, table, wrap } from './table.ts'

test('table aligns columns and wraps the first one to fit the width', () => {
  const rows = [
    ['ada', 'admin', '1'],
    ['abcdefghij', 'user', '2'],
  ]
  expect(table(['name', 'role', 'n'], rows, 80)).toBe(
    ['name        role   n', 'ada         admin  1', 'abcdefghij  user   2', ''].join('\n'),
  )
  expect(table(['name', 'role', 'n'], rows, 14)).toBe(
    ['name  role   n', 'ada   admin  1', 'abcd  user   2', 'efgh', 'ij', ''].join('\n'),
  )
})

test('wrap breaks between words, and within a word that is longer than a line', () => {
  expect(wrap('one two three', 9, '  ')).toBe('one two\n  three')
  expect(wrap('abcdefghij', 6, '  ')).toBe('abcd\n  efgh\n  ij')
  expect(wrap('two  spaces', 80, '')).toBe('two  spaces')
  expect(wrap('\u{1f642}\u{1f642}\u{1f642}', 2, '')).toBe('\u{1f642}\u{1f642}\n\u{1f642}')
})

test('list aligns values and wraps each within its column', () => {
  const entries = [
    ['role', 'admin'],
    ['next', 'one two three'],
  ] as const
  expect(list(entries, 14)).toBe('role  admin\nnext  one two\n      three\n')
})

test('printable replaces control and format characters', () => {
  expect(printable('a\u001b[2J\u202eb')).toBe('a\ufffd[2J\ufffdb')
})

test('JSON escapes what may control a terminal, and keeps the value', () => {
  const value = { agent: 'a\u001b[2J\u009b2J\u0085\u007f\u202e\u2028\u{e0001}\u00e9 \ud83d\ude42' }
  for (const json of [asJson(value), asJsonLine(value)]) {
    expect(JSON.parse(json)).toEqual(value)
    expect(json.replaceAll('\n', '')).not.toMatch(/\p{C}|[\u2028\u2029]/u)
    expect(json).toContain('\\u009b2J')
    expect(json).toContain('\u00e9 \ud83d\ude42')
  }
})
