import { expect, test } from 'vitest'
import { matches, type Pattern } from './pattern.ts'

const EVENT = { type: 'user.created', detail: { via: 'users add', none: null } }

test.each<[Pattern, boolean]>([
  [{ type: ['user.deleted', 'user.created'] }, true],
  [{ type: ['user.deleted'] }, false],
  [{ type: ['user.created'], detail: { via: ['users import'] } }, false],
  [{ detail: { via: [{ 'anything-but': ['users import'] }] } }, true],
  [{ detail: { via: [{ 'anything-but': 'users add' }] } }, false],
  [{ detail: { via: [{ 'anything-but': ['users add'] }, 'users add'] } }, true],
  [{ detail: { missing: [{ 'anything-but': ['x'] }] } }, false],
  [{ other: { via: ['users add'] } }, false],
  [{ detail: { via: [{ prefix: 'users' } as object] } }, false],
])('%j matches: %s', (pattern, isMatching) => {
  expect(matches(pattern, EVENT)).toBe(isMatching)
})
