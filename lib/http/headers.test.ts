import { describe, expect, test } from 'vitest'
import { sampleEvent } from '../../test/support/http/lambda.ts'
import { originOf, serverUrlOf } from './headers.ts'

test.each([
  ['curl/8.14.1', 'curl/8.14.1'],
  ['\u001b[31mred\u001b[0m', '?[31mred?[0m'],
  ['Größe \u{1f600}', 'Gr??e ??'],
  [`${'x'.repeat(255)}\u{1f600}`, `${'x'.repeat(255)}?`],
  ['x'.repeat(300), 'x'.repeat(256)],
])('the browser %j is kept as %j', (userAgent, kept) => {
  const event = { ...sampleEvent('login'), headers: { 'User-Agent': userAgent } }
  expect(originOf(event)).toEqual({ sourceIp: '203.0.113.7', userAgent: kept })
})

describe('serverUrlOf', () => {
  const api = 'abcdef1234.execute-api.eu-central-1.amazonaws.com'
  const urlOf = (
    Host: string,
    path: string,
    more: Record<string, string> = { 'X-Forwarded-Proto': 'https' },
  ) => {
    const event = sampleEvent('GET /.well-known/jwks.json')
    return serverUrlOf({
      ...event,
      headers: { Host, ...more },
      requestContext: { ...event.requestContext, path },
    })
  }

  test.each([
    ['the API’s own address, with the stage', api, '/prod/openapi.json', `https://${api}/prod`],
    ['the API’s own address, with a trailing slash', api, '/prod/openapi.json/', `https://${api}/prod`],
    ['a custom domain', 'api.example.org', '/openapi.json', 'https://api.example.org'],
    [
      'a custom domain with a base path',
      'example.org',
      '/auth/v1/openapi.json',
      'https://example.org/auth/v1',
    ],
    [
      'a stage with the same name as the route',
      api,
      '/openapi.json/openapi.json',
      `https://${api}/openapi.json`,
    ],
  ])('returns the base URL at %s', (_, host, path, url) => {
    expect(urlOf(host, path)).toBe(url)
  })

  test('returns an http URL with its port on a local service', () => {
    expect(urlOf('localhost:3000', '/openapi.json', {})).toBe('http://localhost:3000')
  })

  test('reads lower-case header names, and accepts only http and https', () => {
    const headers = { host: 'api.example.org', 'x-forwarded-proto': 'javascript' }
    const event = sampleEvent('GET /.well-known/jwks.json')
    const requestContext = { ...event.requestContext, path: '/openapi.json' }
    expect(serverUrlOf({ ...event, headers, requestContext })).toBe('http://api.example.org')
  })
})
