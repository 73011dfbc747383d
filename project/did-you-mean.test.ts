import { expect, test } from 'vitest'
import { didYouMean } from './did-you-mean.ts'

const NAMES = [
  'tokenTtlSeconds',
  'sessionTtlSeconds',
  'memoryMb',
  'pages',
  'httpPort',
  'host',
  'param',
  'limitUser',
]

test.each([
  ['tokenTTL', 'tokenTtlSeconds'],
  ['tokenTTLSeconds', 'tokenTtlSeconds'],
  ['token-ttl-seconds', 'tokenTtlSeconds'],
  ['sesionTtlSeconds', 'sessionTtlSeconds'],
  ['memory', 'memoryMb'],
  ['page', 'pages'],
  ['htpPort', 'httpPort'],
  ['port', 'httpPort'],
  ['parm', 'param'],
  ['limitUsers', 'limitUser'],
])('didYouMean suggests for %s the name %s', (mistyped, name) => {
  expect(didYouMean(mistyped, NAMES)).toBe(` Did you mean ${name}?`)
})

test.each(['', 'x', 'colour', 'tokens-of-users'])('didYouMean suggests nothing for %j', (mistyped) => {
  expect(didYouMean(mistyped, NAMES)).toBe('')
})

test('didYouMean writes the prefix before the suggestion', () => {
  expect(didYouMean('htpPort', NAMES, '--')).toBe(' Did you mean --httpPort?')
})
