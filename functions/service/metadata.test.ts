import { beforeEach, expect, test, vi } from 'vitest'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/lambda.ts'
import { handler } from './metadata.ts'

const EVENTS = ['metadata.json', 'metadata-oauth.json']

beforeEach(() => {
  vi.stubEnv('PUBLISHED_KEYS', 'alias/a')
})

test.each(EVENTS)(
  '%s returns the metadata of an issuer with a path, for pages of any origin',
  async (file) => {
    vi.stubEnv('TOKEN_ISSUER', 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod')
    vi.stubEnv('ALLOWED_ORIGINS', 'https://app.example.com')
    expect(parsed(await handler(sampleEvent(file), lambdaContext()))).toEqual({
      statusCode: 200,
      headers: {
        'Content-Type': 'application/json',
        'Cache-Control': 'public, max-age=300',
        'X-Content-Type-Options': 'nosniff',
        'Strict-Transport-Security': 'max-age=31536000',
        'Access-Control-Allow-Origin': '*',
        Vary: 'Origin',
      },
      body: {
        issuer: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod',
        jwks_uri: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod/.well-known/jwks.json',
        userinfo_endpoint: 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod/userinfo',
        id_token_signing_alg_values_supported: ['RS256'],
      },
    })
  },
)

test('the issuer never comes from the request', async () => {
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  const event = sampleEvent('metadata.json')
  const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' }
  const { body } = await handler({ ...event, headers }, lambdaContext())
  expect(JSON.parse(body).issuer).toBe('https://auth.example.com')
  expect(body).not.toContain('evil')
})

test('without a valid issuer there is no metadata', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.stubEnv('TOKEN_ISSUER', 'http://auth.example.com')
  expect((await handler(sampleEvent('metadata.json'), lambdaContext())).statusCode).toBe(500)
})
