import { describe, expect, test } from 'vitest'
import { readParameters } from '../parameters.ts'
import { checkRequest } from './request.ts'
import { askedScopesOf } from './scope.ts'

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const ORDERS = {
  identifier: 'https://orders.example',
  name: 'Orders',
  scopes: [
    { name: 'orders.read', sentence: 'See your orders' },
    { name: 'orders.write', sentence: 'Change your orders' },
  ],
  changeId: 'a',
  createdAt: '',
  changedAt: '',
}
const MUSIC = {
  ...ORDERS,
  identifier: 'https://music.example/v1',
  scopes: [{ name: 'music', sentence: 'Play music' }],
}
const client = {
  type: 'web' as const,
  scopes: [
    'openid',
    'profile',
    'https://orders.example orders.read',
    'https://orders.example orders.write',
    'https://music.example/v1 music',
  ],
}

const valid = {
  response_type: 'code',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  scope: 'openid',
}

test('a request with all parameters is valid', () => {
  const changes = {
    scope: 'openid orders.read orders.read unknown',
    resource: 'https://orders.example/',
    nonce: 'n-0S6_WzA2Mj',
    prompt: 'login consent',
    max_age: '300',
    login_hint: 'ada',
    id_token_hint: 'a.b.c',
    acr_values: 'aal2 aal1',
    response_mode: 'query',
    ui_locales: 'de',
    claims: '{}',
    state: 'af0ifjsldkj',
  }
  expect(check(changes)).toEqual({
    scopes: ['openid', 'orders.read'],
    api: ORDERS,
    challenge: CHALLENGE,
    nonce: 'n-0S6_WzA2Mj',
    prompts: ['login', 'consent'],
    maxAgeSeconds: 300,
    loginHint: 'ada',
    unverifiedHint: 'a.b.c',
    acrValues: ['aal2', 'aal1'],
  })
})

test('a request with the least is valid', () => {
  expect(check()).toEqual({ scopes: ['openid'], challenge: CHALLENGE, prompts: [], acrValues: [] })
})

describe('each parameter', () => {
  const names = [
    'response_type',
    'response_mode',
    'code_challenge',
    'code_challenge_method',
    'scope',
    'state',
    'nonce',
    'prompt',
    'max_age',
    'login_hint',
    'id_token_hint',
    'acr_values',
    'ui_locales',
    'display',
    'claims',
    'client_id',
    'redirect_uri',
    'an_unknown_one',
  ]
  test.each(names)('%s is refused twice, also without a value', (name) => {
    const one = Object.hasOwn(valid, name) ? valid[name as keyof typeof valid] : ''
    expect(errorOf({ [name]: [one, one] })).toBe('invalid_request')
    expect(errorOf({ [name]: [one, ''] })).toBe('invalid_request')
  })

  const optional = names.filter((name) => !Object.hasOwn(valid, name))
  test.each(optional)('%s counts as missing without a value', (name) => {
    expect(check({ [name]: '' })).toEqual(check())
  })

  test.each([
    ['response_type', undefined, 'invalid_request'],
    ['response_type', '', 'invalid_request'],
    ['response_type', 'token', 'unsupported_response_type'],
    ['response_type', 'id_token', 'unsupported_response_type'],
    ['response_type', 'code id_token', 'unsupported_response_type'],
    ['response_type', 'Code', 'unsupported_response_type'],
    ['response_type', 'none', 'unsupported_response_type'],
    ['response_mode', 'fragment', 'invalid_request'],
    ['response_mode', 'form_post', 'invalid_request'],
    ['response_mode', 'query.jwt', 'invalid_request'],
    ['request', 'a.b.c', 'request_not_supported'],
    ['request_uri', 'https://evil.example', 'request_uri_not_supported'],
    ['registration', '{}', 'registration_not_supported'],
    ['code_challenge', undefined, 'invalid_request'],
    ['code_challenge', '', 'invalid_request'],
    ['code_challenge', CHALLENGE.slice(1), 'invalid_request'],
    ['code_challenge', `${CHALLENGE}A`, 'invalid_request'],
    ['code_challenge', CHALLENGE.replace('-', '+'), 'invalid_request'],
    ['code_challenge', CHALLENGE.replace(/.$/, '='), 'invalid_request'],
    // The last character has two bits that no SHA-256 has.
    ['code_challenge', CHALLENGE.replace(/.$/, 'N'), 'invalid_request'],
    ['code_challenge', 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXkLONGER', 'invalid_request'],
    ['code_challenge_method', undefined, 'invalid_request'],
    ['code_challenge_method', 'plain', 'invalid_request'],
    ['code_challenge_method', 's256', 'invalid_request'],
    ['resource', 'https://unknown.example', 'invalid_target'],
    ['resource', 'http://orders.example', 'invalid_target'],
    ['resource', 'https://orders.example#part', 'invalid_target'],
    ['resource', 'https://orders.example/other', 'invalid_target'],
    ['resource', 'orders', 'invalid_target'],
    ['resource', `https://orders.example/${'a'.repeat(1_000)}`, 'invalid_target'],
    ['scope', undefined, 'invalid_scope'],
    ['scope', '', 'invalid_scope'],
    ['scope', ' ', 'invalid_scope'],
    ['scope', 'unknown', 'invalid_scope'],
    ['scope', 'email offline_access', 'invalid_scope'],
    ['scope', 'OpenID', 'invalid_scope'],
    ['scope', 'openid\tprofile', 'invalid_scope'],
    ['scope', 'orders.read music', 'invalid_scope'],
    ['scope', `openid ${'a'.repeat(1_024)}`, 'invalid_scope'],
    ['prompt', 'create', 'invalid_request'],
    ['prompt', 'NONE', 'invalid_request'],
    ['prompt', 'login create', 'invalid_request'],
    ['prompt', 'none login', 'invalid_request'],
    ['prompt', 'consent none', 'invalid_request'],
    ['max_age', '-1', 'invalid_request'],
    ['max_age', '1.5', 'invalid_request'],
    ['max_age', '1e3', 'invalid_request'],
    ['max_age', ' 1', 'invalid_request'],
    ['max_age', '1000000000', 'invalid_request'],
    ['nonce', 'é', 'invalid_request'],
    ['nonce', 'a\nb', 'invalid_request'],
    ['nonce', 'a'.repeat(513), 'invalid_request'],
    ['nonce', `a${'"'.repeat(256)}`, 'invalid_request'],
    ['nonce', `a${'\\'.repeat(256)}`, 'invalid_request'],
    ['login_hint', 'a'.repeat(257), 'invalid_request'],
    ['acr_values', 'a'.repeat(257), 'invalid_request'],
  ])('%s = %j gives %s', (name, value, error) => {
    expect(errorOf({ [name]: value })).toBe(error)
  })

  test.each([
    ['nonce', 'a'.repeat(512)],
    ['nonce', '"\\'.repeat(128)],
    ['login_hint', 'a'.repeat(256)],
    ['max_age', '999999999'],
    ['max_age', '0'],
    ['prompt', 'none'],
    ['prompt', ' login  login '],
    ['prompt', 'consent select_account'],
    ['scope', `openid ${'a'.repeat(1_017)}`],
    ['acr_values', 'urn:unknown'],
    ['ui_locales', 'fr-CA xx "><script> __proto__'],
  ])('%s = %j is valid', (name, value) => {
    expect(errorOf({ [name]: value })).toBe('none')
  })
})

describe('resource and scope', () => {
  const grantOf = (changes: Record<string, string | string[] | undefined>) => {
    const checked = check(changes)
    return 'error' in checked ? checked.error : [checked.scopes.join(' '), checked.api?.identifier]
  }

  test.each([
    ['without both is no request', { scope: undefined }, 'invalid_scope'],
    ['a scope tells the API', { scope: 'music openid' }, ['music openid', MUSIC.identifier]],
    ['no scope of an API means no API', { scope: 'openid profile' }, ['openid profile', undefined]],
    [
      'without scope, all of the API',
      { scope: undefined, resource: 'https://orders.example' },
      ['orders.read orders.write', ORDERS.identifier],
    ],
    [
      'an API without a scope of it',
      { scope: 'openid', resource: 'https://music.example/v1' },
      ['openid', MUSIC.identifier],
    ],
    [
      'a scope of another API than resource',
      { scope: 'music', resource: 'https://orders.example' },
      'invalid_scope',
    ],
    ['an empty resource is none', { resource: '' }, ['openid', undefined]],
    ['two resources', { resource: ['https://orders.example', 'https://music.example/v1'] }, 'invalid_target'],
    [
      'one resource twice',
      { resource: ['https://orders.example', 'https://orders.example'] },
      'invalid_target',
    ],
  ])('%s', (_what, changes, expected) => {
    expect(grantOf(changes)).toEqual(expected)
  })

  test('the scopes of an API are too many in one request without scope, too', () => {
    const scopes = Array.from({ length: 17 }, (_, index) => ({
      name: String(index).padStart(60, 'a'),
      sentence: '',
    }))
    const many = { ...ORDERS, scopes }
    const having = { type: 'web' as const, scopes: scopes.map(({ name }) => `${many.identifier} ${name}`) }
    const query = { ...valid, scope: '', resource: many.identifier }
    const checked = checkRequest(readParameters(`?${new URLSearchParams(query)}`), having, [many])
    expect(checked).toMatchObject({ error: 'invalid_scope' })
  })

  test('a machine asks for all its scopes without both', () => {
    const machine = { type: 'machine' as const, scopes: client.scopes.slice(2, 4) }
    const asked = askedScopesOf(readParameters(''), machine, [ORDERS])
    expect(asked).toEqual({ scopes: ['orders.read', 'orders.write'], api: ORDERS })
    const web = { ...machine, type: 'web' as const }
    expect(askedScopesOf(readParameters(''), web, [ORDERS])).toMatchObject({ error: 'invalid_scope' })
  })

  test('a scope that its API gave up is left out', () => {
    const query = new URLSearchParams({ ...valid, scope: 'openid orders.write' })
    const fewer = { ...ORDERS, scopes: ORDERS.scopes.slice(0, 1) }
    expect(checkRequest(readParameters(String(query)), client, [fewer])).toMatchObject({ scopes: ['openid'] })
  })
})

test.each<[changes: Record<string, string | string[] | undefined>, description: string]>([
  [{ state: ['a', 'b'] }, 'Each parameter may stand once.'],
  [{ request: 'a.b.c' }, 'The parameter request is not supported.'],
  [{ request_uri: 'https://evil.example' }, 'The parameter request_uri is not supported.'],
  [{ registration: '{}' }, 'The parameter registration is not supported.'],
  [{ response_type: undefined }, 'The parameter response_type is missing.'],
  [{ response_type: 'token' }, 'response_type must be code.'],
  [{ response_mode: 'fragment' }, 'response_mode must be query.'],
  [
    { code_challenge: undefined },
    'PKCE is missing: send code_challenge and code_challenge_method=S256 (RFC 7636).',
  ],
  [{ code_challenge_method: 'plain' }, 'code_challenge_method must be S256.'],
  [{ code_challenge: 'short' }, 'code_challenge must be a SHA-256 in base64url: 43 characters.'],
  [
    { resource: ['https://a.example', 'https://b.example'] },
    'resource may stand once: a grant is for one API.',
  ],
  [{ resource: 'https://a.example' }, 'resource is no API that the client has scopes of.'],
  [{ scope: 'a'.repeat(1_025) }, 'scope must have at most 1024 characters.'],
  [{ scope: 'unknown' }, 'scope has none that the client may ask for.'],
  [{ scope: 'orders.read music' }, 'The scopes are of more than one API: name one by resource.'],
  [{ prompt: 'create' }, 'prompt must be none, or of login, consent and select_account.'],
  [{ prompt: 'none login' }, 'prompt must not have none with another value.'],
  [{ max_age: '-1' }, 'max_age must be whole seconds.'],
  [
    { nonce: 'é' },
    'nonce must be at most 512 printable ASCII characters. Quotation marks and backslashes count twice.',
  ],
  [{ login_hint: 'a'.repeat(257) }, 'login_hint must have at most 256 characters.'],
  [{ acr_values: 'a'.repeat(257) }, 'acr_values must have at most 256 characters.'],
])('the error of %j is described', (changes, description) => {
  expect(check(changes)).toMatchObject({ description })
})

test('the first broken rule decides, in the order of the design', () => {
  const broken: Record<string, string | string[] | undefined> = {
    state: ['a', 'b'],
    request: 'x',
    response_type: 'token',
    code_challenge: undefined,
    resource: 'https://unknown.example',
    scope: 'unknown',
    prompt: 'none login',
  }
  const errors = Object.keys(broken).map((name) => {
    const error = errorOf(broken)
    broken[name] = Object.hasOwn(valid, name) ? valid[name as keyof typeof valid] : undefined
    return error
  })
  expect(errors).toEqual([
    'invalid_request',
    'request_not_supported',
    'unsupported_response_type',
    'invalid_request',
    'invalid_target',
    'invalid_scope',
    'invalid_request',
  ])
  expect(errorOf(broken)).toBe('none')
})

/** Checks the valid request with changes; `undefined` leaves a parameter out, and a list repeats it. */
function check(changes: Record<string, string | string[] | undefined> = {}) {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...valid, ...changes })) {
    for (const one of [value ?? []].flat()) query.append(name, one)
  }
  return checkRequest(readParameters(`?${query}`), client, [ORDERS, MUSIC])
}

const errorOf = (changes: Record<string, string | string[] | undefined>) => {
  const checked = check(changes)
  return 'error' in checked ? checked.error : 'none'
}
