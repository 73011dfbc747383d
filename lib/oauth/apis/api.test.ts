import { expect, test } from 'vitest'
import { apiKey, isApiIdentifier, normalForm } from './api.ts'

test.each([
  'https://api.example.com',
  'https://api.example.com/',
  'https://api.example.com/orders/v1',
  'https://api.example.com:8443/a%20b',
])('%s identifies an API', (identifier) => expect(isApiIdentifier(identifier)).toBe(true))

test.each([
  '',
  'api.example.com',
  'http://api.example.com',
  'HTTPS://api.example.com',
  'urn:example:api',
  'https://',
  'https:api.example.com',
  'https:///api.example.com',
  'https://api.example.com?a=1',
  'https://api.example.com#a',
  'https://ada@api.example.com',
  'https://ada:secret@api.example.com',
  'https://api.example.com/a b',
  'https://api.example.com\\a',
  'https://*.example.com',
  'https://äpi.example.com',
  ' https://api.example.com',
  'https://api.example.com\n',
  `https://api.example.com/${'a'.repeat(256)}`,
])('%j identifies no API', (identifier) => expect(isApiIdentifier(identifier)).toBe(false))

test.each([
  ['a lone final slash', 'https://api.example.com/', 'https://api.example.com'],
  ['upper-case letters of the host', 'https://API.Example.com', 'https://api.example.com'],
  ['the default port', 'https://api.example.com:443', 'https://api.example.com'],
  ['dot segments', 'https://api.example.com/a/../b', 'https://api.example.com/b'],
])('%s makes no other API', (_what, identifier, other) => {
  expect(normalForm(identifier)).toBe(normalForm(other))
  expect(apiKey(identifier)).toEqual(apiKey(other))
})

test.each([
  ['a final slash after a path', 'https://api.example.com/a/', 'https://api.example.com/a'],
  ['upper-case letters of the path', 'https://api.example.com/A', 'https://api.example.com/a'],
  ['a port', 'https://api.example.com:8443', 'https://api.example.com'],
])('%s makes another API', (_what, identifier, other) => {
  expect(normalForm(identifier)).not.toBe(normalForm(other))
  expect(apiKey(identifier)).not.toEqual(apiKey(other))
})
