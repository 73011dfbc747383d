import { expect, test } from 'vitest'

// Handlers import files of pages as text.
const path = './elements.js'
const { codeIn }: { codeIn(field: { value: string }): string } = await import(
  new URL(path, import.meta.url).href
)

test.each([
  ['ASCII', '12345678', '12345678'],
  ['ASCII in isolates', '\u206812345678\u2069', '12345678'],
  ['ASCII with spaces', ' 1234 5678 ', '12345678'],
  ['full-width', '０１２３４５６７８９', '0123456789'],
  ['full-width with an ideographic space', '０１２３\u3000４５６７', '01234567'],
  ['Arabic-Indic', '٠١٢٣٤٥٦٧٨٩', '0123456789'],
  ['Persian', '۰۱۲۳۴۵۶۷۸۹', '0123456789'],
  ['other letters and marks', 'AbC-/：²', 'AbC-/：²'],
])('a page reads a code in %s', (_what, value, code) => {
  expect(codeIn({ value })).toBe(code)
})
