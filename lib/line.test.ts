import { expect, test } from 'vitest'
import { isLine } from './line.ts'

const LINES = [
  ['ASCII', 'MacBook of Ada'],
  ['accents and emoji', 'Zoë 🔑'],
  ['Persian with a non-joiner', 'گوشی\u200cام'],
  ['Persian with two words that have one', 'می\u200cخواهم نامه\u200cای'],
  ['a vowel mark before a non-joiner', 'خانهٔ\u200cما'],
  ['Hindi with a joiner', 'क्\u200dष'],
  ['Hebrew', 'הטלפון שלי'],
] as const

const OTHERS = [
  ['a line break', 'a\nb'],
  ['a line separator', 'a\u2028b'],
  ['a right-to-left override', 'a\u202eb'],
  ['an isolate', 'a\u2066b'],
  ['half a surrogate pair', 'a\ud83d'],
  ['a zero width space', 'a\u200bb'],
  ['a non-joiner between Latin letters', 'Goo\u200cgle'],
  ['a joiner between Cyrillic letters', 'Я\u200dндекс'],
  ['a non-joiner at the start', '\u200cگوشی'],
  ['a non-joiner at the end', 'گوشی\u200c'],
  ['a non-joiner before a space', 'می\u200c خواهم'],
  ['a doubled non-joiner', 'می\u200c\u200cخواهم'],
  ['a non-joiner and a joiner', 'می\u200c\u200dخواهم'],
  ['a non-joiner between a Persian and a Latin letter', 'می\u200ca'],
  ['a non-joiner between digits', '۱\u200c۲'],
] as const
console.log(`${LINES.length} lines, ${OTHERS.length} refused`)

test.each(LINES)('%s stands in one line', (_what, text) => {
  expect(isLine(text)).toBe(true)
})

test.each(OTHERS)('%s does not', (_what, text) => {
  expect(isLine(text)).toBe(false)
})
