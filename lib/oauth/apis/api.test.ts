import { expect, test } from 'vitest'
import { API, apiKey, audienceOf, isApiIdentifier, isLoopbackApi, linesOf, normalForm } from './api.ts'

test.each([
  'https://api.example.com',
  'https://api.example.com/',
  'https://api.example.com/orders/v1',
  'https://api.example.com:8443/a%20b',
  'http://localhost:3000',
  'http://localhost:4002/mcp',
  'http://127.0.0.1:4002/',
  'http://[::1]:4002',
  `https://api.example.com/${'a'.repeat(232)}`,
])('%s identifies an API', (identifier) => expect(isApiIdentifier(identifier)).toBe(true))

test.each([
  '',
  'api.example.com',
  'http://api.example.com',
  'http://localhost.example.com',
  'ftp://localhost',
  'http://localhost.',
  'http://127.0.0.1.example.com',
  'http://[::2]',
  'http://localhost@api.example.com',
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
  `https://api.example.com/${'a'.repeat(233)}`,
])('%j identifies no API', (identifier) => expect(isApiIdentifier(identifier)).toBe(false))

test('scopes are stored as lines, and read in the order of names and languages', () => {
  const scopes = [
    { name: '10', sentence: 'See ten' },
    { name: '2', sentence: 'See two' },
    { name: 'a', sentence: 'See a', sentences: { de: 'A sehen', 'pt-BR': 'Ver a b' } },
    { name: 'a.b', sentence: 'See b' },
  ]
  const lines = scopes.flatMap(linesOf)
  expect(lines.slice(1)).toEqual(['2 See two', 'a See a', 'a#de A sehen', 'a#pt-BR Ver a b', 'a.b See b'])
  for (const SS of [lines, lines.toReversed()]) {
    // The text shows the order of members.
    expect(JSON.stringify(API.scopes({ scopes: { SS } }, 'scopes'))).toBe(JSON.stringify(scopes))
  }
})

test.each([
  ['a lone final slash', 'https://api.example.com/', 'https://api.example.com'],
  ['upper-case letters of the host', 'https://API.Example.com', 'https://api.example.com'],
  ['the default port', 'https://api.example.com:443', 'https://api.example.com'],
  ['dot segments', 'https://api.example.com/a/../b', 'https://api.example.com/b'],
])('%s makes no other API', (_what, identifier, other) => {
  expect(normalForm(identifier)).toBe(normalForm(other))
  expect(apiKey(identifier)).toEqual(apiKey(other))
})

test('the key of an API has the hash of its normal form', () => {
  expect(normalForm('https://api.example.com/')).toBe('https://api.example.com')
  expect(apiKey('https://api.example.com')).toEqual({
    pk: { S: 'api#E3ueXk4TIRzjSHyx8xSK0O9BR-KkZHyhIZG9LIUotkY' },
    sk: { S: 'api' },
  })
})

test('an API on loopback has http', () => {
  expect(['http://localhost:3000', 'https://api.example.com/http:'].map(isLoopbackApi)).toEqual([true, false])
})

test.each([
  ['a final slash after a path', 'https://api.example.com/a/', 'https://api.example.com/a'],
  ['upper-case letters of the path', 'https://api.example.com/A', 'https://api.example.com/a'],
  ['a port', 'https://api.example.com:8443', 'https://api.example.com'],
])('%s makes another API', (_what, identifier, other) => {
  expect(normalForm(identifier)).not.toBe(normalForm(other))
  expect(apiKey(identifier)).not.toEqual(apiKey(other))
})

const service = { issuer: 'https://auth.example.com', publicUrl: 'https://app.example.com' }

test.each([
  ['publicUrl', 'https://app.example.com', 'https://auth.example.com/api'],
  ['publicUrl with a final slash', 'https://app.example.com/', 'https://auth.example.com/api'],
  ['publicUrl in capitals', 'https://APP.example.com:443', 'https://auth.example.com/api'],
  ['the issuer', 'https://auth.example.com', 'https://auth.example.com/api'],
  ['the issuer with a final slash', 'https://auth.example.com/', 'https://auth.example.com/api'],
  ['another API', 'https://orders.example/', 'https://orders.example/'],
  ['a path below publicUrl', 'https://app.example.com/v1', 'https://app.example.com/v1'],
])('the audience of %s', (_what, resource, audience) => {
  expect(audienceOf(resource, service)).toBe(audience)
})
