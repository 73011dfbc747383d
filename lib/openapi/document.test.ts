import { describe, expect, test } from 'vitest'
import { sampleEvent } from '../../test/support/lambda.ts'
import { serverUrlOf } from './document.ts'

describe('the URL that the description gives for the service', () => {
  const api = 'abcdef1234.execute-api.eu-central-1.amazonaws.com'
  const ask = (
    Host: string,
    path: string,
    more: Record<string, string> = { 'X-Forwarded-Proto': 'https' },
  ) => {
    const event = sampleEvent('jwks.json')
    return serverUrlOf({
      ...event,
      headers: { Host, ...more },
      requestContext: { ...event.requestContext, path },
    })
  }

  test.each([
    [
      'the API’s own address, where the stage is in the path',
      api,
      '/prod/openapi.json',
      `https://${api}/prod`,
    ],
    ['that address, with a slash behind it', api, '/prod/openapi.json/', `https://${api}/prod`],
    ['a domain of one’s own', 'api.example.org', '/openapi.json', 'https://api.example.org'],
    ['a base path of such a domain', 'example.org', '/auth/v1/openapi.json', 'https://example.org/auth/v1'],
    [
      'a stage or base path that is called the same',
      api,
      '/openapi.json/openapi.json',
      `https://${api}/openapi.json`,
    ],
  ])('holds at %s', (_, host, path, url) => {
    expect(ask(host, path)).toBe(url)
  })

  test('holds on one’s own machine, where nothing forwards, whatever the port', () => {
    expect(ask('localhost:3000', '/openapi.json', {})).toBe('http://localhost:3000')
  })

  test('takes a header whose name is written small, and no scheme but the two', () => {
    const small = { host: 'api.example.org', 'x-forwarded-proto': 'javascript' }
    const event = sampleEvent('jwks.json')
    const requestContext = { ...event.requestContext, path: '/openapi.json' }
    expect(serverUrlOf({ ...event, headers: small, requestContext })).toBe('http://api.example.org')
  })
})
