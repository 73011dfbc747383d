import { expect, test } from 'vitest'
import * as z from 'zod/mini'
import { PasskeyChange } from './passkeys.ts'

test.each([
  ['a letter', 'A', true],
  ['64 characters outside the basic plane', '\u{1f511}'.repeat(64), true],
  ['spaces around letters', ' My phone ', true],
  ['Persian words with a non-joiner', 'گوشی\u200cام', true],
  ['a non-joiner between Latin letters', 'My\u200cphone', false],
  ['no character', '', false],
  ['65 characters', 'a'.repeat(65), false],
  ['two spaces', '  ', false],
  ['spaces that are no ASCII', '\u00a0\u3000', false],
  ['a line end', 'My\nphone', false],
  ['a control character of C1', 'My\u0085phone', false],
  ['a line separator', 'My\u2028phone', false],
  ['a paragraph separator', 'My\u2029phone', false],
  ['a change of the direction of writing', 'My\u202ephone', false],
])('a passkey may be called %s: %s', (_what, name, isValid) => {
  const { success, error } = z.safeParse(PasskeyChange, { name })
  expect(success).toBe(isValid)
  if (isValid) return
  expect(error?.issues).toMatchObject([
    { path: ['name'], message: 'Must be 1 to 64 characters in one line, and not only spaces.' },
  ])
})
