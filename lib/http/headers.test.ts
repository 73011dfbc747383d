import { describe, expect, test } from 'vitest'
import { sampleEvent } from '../../test/support/lambda.ts'
import { serverUrlOf } from './headers.ts'

describe('serverUrlOf', () => {
  const api = 'abcdef1234.execute-api.eu-central-1.amazonaws.com'
  const urlOf = (
    Host: string,
    path: string,
    more: Record<string, string> = { 'X-Forwarded-Proto': 'https' },
  ) => {
    const event = sampleEvent('metadata-jwks.json')
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
    const event = sampleEvent('metadata-jwks.json')
    const requestContext = { ...event.requestContext, path: '/openapi.json' }
    expect(serverUrlOf({ ...event, headers, requestContext })).toBe('http://api.example.org')
  })
})
