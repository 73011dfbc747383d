import { expect, test } from 'vitest'
import { readAllowedOrigins, readConfig, SETTINGS } from './config.ts'

test('one message names every invalid setting, and no value', () => {
  const env = {
    SIGNING_KEY: '',
    PUBLISHED_KEYS: 'alias/hidden,',
    TOKEN_TTL_SECONDS: 'hidden',
    TOKEN_ISSUER: 'https://auth.example.com',
    AWS_ENDPOINT_URL: 'hidden',
  }
  const names = [
    'TABLE_NAME',
    'SIGNING_KEY',
    'PUBLISHED_KEYS',
    'TOKEN_TTL_SECONDS',
    'TOKEN_ISSUER',
    'AWS_ENDPOINT_URL',
  ] as const
  expect(() => readConfig(names, env)).toThrow(
    new Error(
      'Invalid configuration: TABLE_NAME is missing; SIGNING_KEY is missing; ' +
        'PUBLISHED_KEYS must be names with commas between them; ' +
        'TOKEN_TTL_SECONDS must be whole seconds from 60 to 86400; AWS_ENDPOINT_URL must be a URL',
    ),
  )
})

test('only the requested settings are returned, parsed', () => {
  const env = {
    TABLE_NAME: 'users',
    PUBLISHED_KEYS: 'alias/a,alias/b',
    TOKEN_TTL_SECONDS: '1800',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:8000',
    AWS_SESSION_TOKEN: '',
    TOKEN_ISSUER: 'not asked for',
  }
  const names = [
    'TABLE_NAME',
    'PUBLISHED_KEYS',
    'TOKEN_TTL_SECONDS',
    'AWS_ENDPOINT_URL',
    'AWS_ENDPOINT_URL_KMS',
    'AWS_SESSION_TOKEN',
  ] as const
  expect(readConfig(names, env)).toEqual({
    TABLE_NAME: 'users',
    PUBLISHED_KEYS: ['alias/a', 'alias/b'],
    TOKEN_TTL_SECONDS: 1800,
    AWS_ENDPOINT_URL: new URL('http://127.0.0.1:8000'),
    AWS_ENDPOINT_URL_KMS: undefined,
    AWS_SESSION_TOKEN: undefined,
  })
})

test.each([
  'https://auth.example.com',
  'https://auth.example.com:8443/tenant/a',
  'https://abcdef1234.execute-api.eu-central-1.amazonaws.com/dev',
  'http://localhost:3000',
  'http://127.0.0.1:3100',
  'http://[::1]:3000',
])('the issuer %s is accepted', (issuer) => {
  expect(readConfig(['TOKEN_ISSUER'], { TOKEN_ISSUER: issuer })).toEqual({ TOKEN_ISSUER: issuer })
})

test.each([
  'auth.example.com',
  'http://auth.example.com',
  'http://localhost.example.com',
  'ftp://localhost',
  'https://auth.example.com/',
  'https://auth.example.com/dev/',
  'https://auth.example.com?tenant=a',
  'https://auth.example.com/#a',
  'https://AUTH.example.com',
  'https://auth.example.com:443',
  'https://ada:secret@auth.example.com',
  'https://auth.example.com/a/../b',
  ' https://auth.example.com',
])('the issuer %j is rejected', (issuer) => {
  expect(() => readConfig(['TOKEN_ISSUER'], { TOKEN_ISSUER: issuer })).toThrow(
    new Error(
      'Invalid configuration: TOKEN_ISSUER must be an https URL such as https://auth.example.com, or http on loopback, without query, fragment and final slash',
    ),
  )
})

test('the audience is not the client id of tokens', () => {
  expect(readConfig(['TOKEN_AUDIENCE'], { TOKEN_AUDIENCE: 'api' })).toEqual({ TOKEN_AUDIENCE: 'api' })
  expect(() => readConfig(['TOKEN_AUDIENCE'], { TOKEN_AUDIENCE: 'first-party' })).toThrow(
    new Error(
      'Invalid configuration: TOKEN_AUDIENCE must not be first-party, which is the client_id of every token',
    ),
  )
})

test.each([
  ['off', undefined],
  ['on', new URL('https://api.pwnedpasswords.com/range/')],
  ['http://127.0.0.1:8000/range/', new URL('http://127.0.0.1:8000/range/')],
  ['https://[::1]/', new URL('https://[::1]/')],
])('breached passwords may be %s', (text, api) => {
  expect(readConfig(['BREACHED_PASSWORDS'], { BREACHED_PASSWORDS: text })).toEqual({
    BREACHED_PASSWORDS: api,
  })
})

test.each(['ON', 'true', ' off', 'https://api.pwnedpasswords.com/range/', 'http://localhost.example.com/'])(
  'breached passwords may not be %j',
  (text) => {
    expect(() => readConfig(['BREACHED_PASSWORDS'], { BREACHED_PASSWORDS: text })).toThrow(
      new Error('Invalid configuration: BREACHED_PASSWORDS must be on or off'),
    )
  },
)

test.each(['none', 'administrators', 'all'])('the policy of second factors may be %s', (text) => {
  const env = { REQUIRE_SECOND_FACTOR: text }
  expect(readConfig(['REQUIRE_SECOND_FACTOR'], env)).toEqual(env)
})

test.each(['none ', 'None', 'admins', 'off'])('the policy of second factors may not be %j', (text) => {
  expect(() => readConfig(['REQUIRE_SECOND_FACTOR'], { REQUIRE_SECOND_FACTOR: text })).toThrow(
    new Error('Invalid configuration: REQUIRE_SECOND_FACTOR must be none or administrators or all'),
  )
})

test.each([
  ['60', 60],
  ['86400', 86_400],
])('a token lifetime of %s seconds is accepted', (text, seconds) => {
  expect(readConfig(['TOKEN_TTL_SECONDS'], { TOKEN_TTL_SECONDS: text }).TOKEN_TTL_SECONDS).toBe(seconds)
})

test.each(['59', '86401', '-60', '90.5', '1e3', '0x40', ' 90', '90s', 'Infinity'])(
  'a token lifetime of %j seconds is rejected',
  (text) => {
    expect(() => readConfig(['TOKEN_TTL_SECONDS'], { TOKEN_TTL_SECONDS: text })).toThrow(
      new Error('Invalid configuration: TOKEN_TTL_SECONDS must be whole seconds from 60 to 86400'),
    )
  },
)

test.each<[string | undefined, string[]]>([
  ['https://app.example,http://localhost:8080', ['https://app.example', 'http://localhost:8080']],
  ['*', ['*']],
  ['', []],
  [undefined, []],
])('the allowed origins %j are read as %j', (text, origins) => {
  expect(readAllowedOrigins({ AUTH_ALLOWED_ORIGINS: text })).toEqual(origins)
  expect(SETTINGS.AUTH_ALLOWED_ORIGINS(text)).toEqual(origins)
})

test('MAIL_SIGN_IN is off where a function has no such variable', () => {
  expect(readConfig(['MAIL_SIGN_IN'], {})).toEqual({ MAIL_SIGN_IN: false })
  expect(readConfig(['MAIL_SIGN_IN'], { MAIL_SIGN_IN: 'on' })).toEqual({ MAIL_SIGN_IN: true })
})
