import { expect, test } from 'vitest'
import { nameOf } from './roles.ts'

const REGION = { Ref: 'AWS::Region' }

/** Returns a name as it is in a region. */
const inRegion = (parts: readonly (string | object)[], region: string) =>
  parts.map((part) => (typeof part === 'string' ? part : region)).join('-')

test.each<[string, string[], (string | object)[]]>([
  ['is short', ['shop', 'prod', 'login'], ['shop', 'prod', 'login', REGION, 'lambdaRole']],
  ['leaves no room for the last word', ['x'.repeat(41)], ['x'.repeat(41), REGION]],
  ['has 64 characters', ['x'.repeat(51)], ['x'.repeat(51), REGION]],
  ['is too long', ['x'.repeat(52)], ['x'.repeat(42), 'f43f0afc', REGION]],
])('the name of a role that %s has its parts, and is at most 64 characters long', (_, first, expected) => {
  const parts = nameOf(first, 'eu-central-1')
  expect(parts).toEqual(expected)
  expect(inRegion(parts, 'eu-central-1').length).toBeLessThanOrEqual(64)
})

test('shortened names of two functions differ', () => {
  const names = ['first', 'other'].map((key) =>
    inRegion(nameOf(['x'.repeat(60), key], 'eu-central-1'), 'eu-central-1'),
  )
  expect(new Set(names).size).toBe(2)
})
