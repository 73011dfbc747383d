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

test.each([
  ['it', ''],
  ['dde', ' Did you mean de?'],
  ['EN', ' Did you mean en?'],
])('didYouMean keeps a part of the language %s', (mistyped, expected) => {
  expect(didYouMean(mistyped, ['en', 'de', 'fr'])).toBe(expected)
})

test('didYouMean writes the prefix before the suggestion', () => {
  expect(didYouMean('htpPort', NAMES, '--')).toBe(' Did you mean --httpPort?')
})
