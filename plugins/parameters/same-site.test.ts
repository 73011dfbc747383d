import { expect, test } from 'vitest'
import { foreignOrigin } from './same-site.ts'

const SERVICE = 'https://auth.example.com'

test.each([
  ['https://app.example.com', SERVICE],
  ['https://example.com', SERVICE],
  ['https://auth.example.com:8443', SERVICE],
  ['https://a.b.example.com,https://app.example.com:444', 'https://example.com/auth'],
  ['https://app.example.co.uk', 'https://auth.example.co.uk'],
  ['http://localhost:5173,http://localhost:8080', 'http://localhost'],
  ['http://127.0.0.1:5173', 'http://127.0.0.1:3000'],
  ['http://[::1]:5173', 'http://[::1]:3000'],
  // No domain of the list: the last label is the suffix.
  ['https://app.internal', 'https://app.internal:444'],
])('the origins %j are on the site of %s', (origins, url) => {
  expect(foreignOrigin(origins.split(','), url)).toBeUndefined()
})

test.each([
  ['https://app.example.org', SERVICE],
  ['http://app.example.com', SERVICE],
  ['https://example.com.evil.org', SERVICE],
  ['https://notexample.com', SERVICE],
  ['https://other.co.uk', 'https://auth.example.co.uk'],
  ['https://co.uk', 'https://auth.example.co.uk'],
  // Suffixes of the list's private part: each name below them belongs to another person.
  ['https://eve.github.io', 'https://ada.github.io'],
  ['https://d111111abcdef8.cloudfront.net', 'https://d222222abcdef8.cloudfront.net'],
  [
    'https://bbbbbbbbbb.execute-api.eu-central-1.amazonaws.com',
    'https://aaaaaaaaaa.execute-api.eu-central-1.amazonaws.com',
  ],
  ['https://other.internal', 'https://app.internal'],
  ['http://127.0.0.1:3000', 'http://localhost:3000'],
  ['http://127.0.0.2', 'http://127.0.0.1'],
  ['https://localhost', 'http://localhost'],
])('the origin %s is on another site than %s', (origin, url) => {
  expect(foreignOrigin([origin], url)).toBe(origin)
})

test('the first origin on another site is named', () => {
  const origins = 'https://app.example.com,https://a.example.org,https://b.example.org'
  expect(foreignOrigin(origins.split(','), SERVICE)).toBe('https://a.example.org')
})
