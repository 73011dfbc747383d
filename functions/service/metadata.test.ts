import { beforeEach, expect, test, vi } from 'vitest'
import { gatewayPathOf, ROWS } from '../../lib/openapi/routes/rows.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import { describeService } from '../../test/support/process/service-description.ts'
import { handler } from './metadata.ts'

const EVENTS = ['GET /.well-known/openid-configuration', 'GET /.well-known/oauth-authorization-server']

beforeEach(() => {
  vi.stubEnv('PUBLISHED_KEYS', 'alias/a')
  vi.stubEnv('OAUTH', 'off')
  vi.stubEnv('PUBLIC_URL', 'https://notes.example.com')
  vi.stubEnv('SERVICE_NAME', 'Notes')
  vi.stubEnv('API_SCOPES', '')
})

test('the metadata of the API for clients names publicUrl, the issuer and all scopes', async () => {
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  vi.stubEnv('API_SCOPES', 'notes:read,notes:write')
  const event = {
    ...sampleEvent('GET /.well-known/openid-configuration'),
    resource: '/.well-known/oauth-protected-resource',
  }
  expect(parsed(await handler(event, lambdaContext()))).toMatchObject({
    statusCode: 200,
    headers: { 'Cache-Control': 'public, max-age=300', 'Access-Control-Allow-Origin': '*' },
    body: {
      resource: 'https://notes.example.com',
      authorization_servers: ['https://auth.example.com'],
      scopes_supported: ['notes:read', 'notes:write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Notes',
    },
  })
})

test.each(EVENTS)(
  '%s returns the metadata of an issuer with a path, for pages of any origin',
  async (sample) => {
    vi.stubEnv('TOKEN_ISSUER', 'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/prod')
    vi.stubEnv('AUTH_ALLOWED_ORIGINS', 'https://app.example.com')
    expect(parsed(await handler(sampleEvent(sample), lambdaContext()))).toEqual({
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

test('with OAuth, the metadata names what apps need, and nothing that does not exist', async () => {
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  vi.stubEnv('OAUTH', 'on')
  const { body } = parsed(
    await handler(sampleEvent('GET /.well-known/openid-configuration'), lambdaContext()),
  )
  expect(body).toEqual({
    issuer: 'https://auth.example.com',
    jwks_uri: 'https://auth.example.com/.well-known/jwks.json',
    userinfo_endpoint: 'https://auth.example.com/userinfo',
    id_token_signing_alg_values_supported: ['RS256'],
    authorization_endpoint: 'https://auth.example.com/oauth2/authorize',
    token_endpoint: 'https://auth.example.com/oauth2/token',
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    end_session_endpoint: 'https://auth.example.com/oauth2/logout',
    revocation_endpoint: 'https://auth.example.com/oauth2/revoke',
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ['public'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    acr_values_supported: ['aal1', 'aal2'],
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    claims_supported: [
      ...['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid'],
      ...['preferred_username', 'locale', 'email', 'email_verified'],
    ],
    request_uri_parameter_supported: false,
  })
  const paths = Object.values(describeService().functions).flatMap(({ events = [] }) =>
    events.map(({ http }) => Object(http).path),
  )
  const deployed = ROWS.filter((row) => paths.includes(gatewayPathOf(row))).map(
    ({ path }) => `https://auth.example.com${path}`,
  )
  const named = Object.entries(body).filter(([name]) => /_(endpoint|uri)$/.test(name))
  expect(named.filter(([, url]) => !deployed.includes(String(url)))).toEqual([])
})

test.each([[['de']], [['en', 'de', 'pt-BR']]])('apps learn the languages %j', async (languages) => {
  vi.resetModules()
  vi.doMock('../../auth.config.ts', () => ({ default: { roles: ['user'], administrators: [], languages } }))
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  const announced = async (oauth: string) => {
    vi.stubEnv('OAUTH', oauth)
    const { handler } = await import('./metadata.ts')
    const { body } = parsed(
      await handler(sampleEvent('GET /.well-known/openid-configuration'), lambdaContext()),
    )
    return Object(body).ui_locales_supported
  }
  expect(await announced('on')).toEqual(languages)
  expect(await announced('off')).toBeUndefined()
  vi.doUnmock('../../auth.config.ts')
})

test.each([
  ['on', 'app.test', true],
  ['on', '', undefined],
  ['off', 'app.test', undefined],
])('with OAuth %s and the hosts %j, URLs may be clients: %s', async (oauth, hosts, isSupported) => {
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  vi.stubEnv('OAUTH', oauth)
  vi.stubEnv('CLIENT_METADATA_HOSTS', hosts)
  const event = sampleEvent('GET /.well-known/openid-configuration')
  const { body } = parsed(await handler(event, lambdaContext()))
  expect(Object(body).client_id_metadata_document_supported).toBe(isSupported)
})

test('the issuer never comes from the request', async () => {
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  const event = sampleEvent('GET /.well-known/openid-configuration')
  const headers = { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http' }
  const { body } = await handler({ ...event, headers }, lambdaContext())
  expect(JSON.parse(body).issuer).toBe('https://auth.example.com')
  expect(body).not.toContain('evil')
})

test.each([
  ['oauth-protected-resource', '', 404],
  ['security.txt', 'notes:read', 404],
  ['oauth-protected-resource', 'notes:read', 200],
])('the document %s with the scopes %j has the status %i', async (document, scopes, status) => {
  vi.spyOn(console, 'info').mockReturnValue()
  vi.stubEnv('TOKEN_ISSUER', 'https://auth.example.com')
  vi.stubEnv('API_SCOPES', scopes)
  const event = { ...sampleEvent('GET /.well-known/openid-configuration'), pathParameters: { document } }
  const response = parsed(await handler(event, lambdaContext()))
  expect(response.statusCode).toBe(status)
  if (status === 404) {
    expect(response.body).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'Resource not found.',
      code: 'not_found',
    })
  }
})

test('without a valid issuer there is no metadata', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.stubEnv('TOKEN_ISSUER', 'http://auth.example.com')
  expect(
    (await handler(sampleEvent('GET /.well-known/openid-configuration'), lambdaContext())).statusCode,
  ).toBe(500)
})
