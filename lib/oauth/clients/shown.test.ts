import { expect, test } from 'vitest'
import { isShown } from './shown.ts'

test.each([
  ['a name', 'Notes', true],
  ['a Persian name with a non-joiner', 'یادداشت\u200cها', true],
  ['as many characters as it may have', '🔑'.repeat(10), true],
  ['one character more', 'a'.repeat(11), false],
  ['nothing', '', false],
  ['a space before it', ' Notes', false],
  ['an invisible character', 'Not\u200ces', false],
  ['a change of direction', 'Not\u202ees', false],
])('a name of an app may be %s: %s', (_what, text, isValid) => {
  expect(isShown(text, 10)).toBe(isValid)
})
