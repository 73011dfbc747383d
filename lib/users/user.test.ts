import { expect, test } from 'vitest'
import { isRole, isUsername } from './user.ts'

test.each(['a', '0', 'ada.lovelace-1815_', 'x'.repeat(64)])('%s is a username', (value) => {
  expect(isUsername(value)).toBe(true)
})

test.each(['', 'x'.repeat(65), 'Ada', 'a b', 'a\n', 'ä', 'a#b', 'a/b', undefined, null, 7, ['a'], { a: 1 }])(
  '%j is not a username',
  (value) => {
    expect(isUsername(value)).toBe(false)
  },
)

test.each(['user', 'admin'])('%s is a role', (value) => {
  expect(isRole(value)).toBe(true)
})

test.each(['', 'Admin', 'root', 'user ', 'length', '__proto__', undefined, null, 0, ['admin']])(
  '%j is not a role',
  (value) => {
    expect(isRole(value)).toBe(false)
  },
)
