import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  hash,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { importSPKI, jwtVerify } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { authorizationUrl, exchange } from '../../lib/federation/exchange/exchange.ts'
import type { Claimed } from '../../lib/federation/identity.ts'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'
import { newKey, startTry, type Try } from '../../lib/federation/try.ts'
import { BOUNDS } from '../../lib/send.ts'
import { atEnd } from '../support/at-end.ts'
import { CLIENT_ID, CLIENT_SECRET, jws, rsa, sendJson, startFarEnd } from './far-end.ts'

const farEnd = await startFarEnd()
const redirectUri = 'https://auth.example.com/signin/demo'
const [now, browser] = [new Date(), newKey()]
/** Shorter than in the service, so that the tests of a silent provider are fast. */
const bounds = { timeoutMs: 400, maxBytes: 65_536 }

let own: Try
beforeEach(() => {
  farEnd.reset()
  const provider = { id: 'demo', changeId: 'a-change' }
  own = startTry(browser, { purpose: 'sign-in', provider, userId: '' }, now, randomBytes(16))
  farEnd.claims.nonce = own.nonce
})

test('a code becomes the identity of an id_token, for the client secret and the verifier', async () => {
  Object.assign(farEnd.claims, { email: 'Ada@Example.org', email_verified: true })
  expect(await ask()).toEqual({
    issuer: farEnd.url,
    subject: 'a-subject',
    label: 'ada@example.org',
    email: 'ada@example.org',
    isProven: false,
  })
  const [{ headers, body } = expect.fail('no request')] = farEnd.received
  const sent = new URLSearchParams(body)
  expect(Object.fromEntries(sent)).toEqual({
    grant_type: 'authorization_code',
    code: 'a-code',
    redirect_uri: redirectUri,
    code_verifier: own.verifier,
  })
  const [id, secret] = atob(String(headers.authorization).slice('Basic '.length)).split(':')
  // Some providers do not decode what is usual in an id.
  expect(id).toBe(CLIENT_ID)
  expect([id, secret].map((part) => decodeURIComponent(String(part).replaceAll('+', ' ')))).toEqual([
    CLIENT_ID,
    CLIENT_SECRET,
  ])
})

test('the URL of a sign-in has the challenge of the verifier, and no secret of the try', () => {
  const url = (changes: Partial<ProviderWithSecret>, isAgain = false) =>
    new URL(authorizationUrl(farEnd.provider(changes), own, { redirectUri, isAgain })).searchParams
  expect(Object.fromEntries(url({}))).toEqual({
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid email',
    state: own.state,
    nonce: own.nonce,
    code_challenge: hash('sha256', own.verifier, 'base64url'),
    code_challenge_method: 'S256',
  })
  expect(url({}, true).toString()).toContain('prompt=login&max_age=0')
  expect(url({ kind: 'entra' }, true).get('prompt')).toBe('login')
  expect(url({ kind: 'google' }, true).get('prompt')).toBe('select_account')
  expect(url({ kind: 'apple' }).get('response_mode')).toBe('form_post')
  expect(url({ kind: 'github' }).get('nonce')).toBeNull()
})

const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const keyOf = (key: KeyObject, kid: string) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid })
const hmac = (secret: string) => (signed: Buffer) => createHmac('sha256', secret).update(signed).digest()
const seconds = () => Math.floor(Date.now() / 1000)

/** Errors of oauth4webapi, and our own reason, which has no error. */
const CLAIM = 'OAUTH_JWT_CLAIM_COMPARISON_FAILED'
const TIME = 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED'
const INVALID = 'OAUTH_INVALID_RESPONSE'
const SUBJECT = 'the subject is invalid'

/** What an attacker, or a broken provider, puts in place of the id_token, and the error in the log. */
const ID_TOKENS: Record<string, [make: () => string, error: string]> = {
  'of another nonce': [() => farEnd.idToken({ nonce: 'another' }), CLAIM],
  'without a nonce': [() => farEnd.idToken({ nonce: undefined }), INVALID],
  'of another issuer': [() => farEnd.idToken({ iss: 'https://evil.example' }), CLAIM],
  'of an issuer with a slash more': [() => farEnd.idToken({ iss: `${farEnd.url}/` }), CLAIM],
  'for another client': [() => farEnd.idToken({ aud: 'another' }), CLAIM],
  'for two clients, without azp': [() => farEnd.idToken({ aud: [CLIENT_ID, 'another'] }), CLAIM],
  'for two clients, with the azp of the other': [
    () => farEnd.idToken({ aud: [CLIENT_ID, 'another'], azp: 'another' }),
    CLAIM,
  ],
  'that has expired': [() => farEnd.idToken({ exp: seconds() - 60 }), TIME],
  'without an expiry': [() => farEnd.idToken({ exp: undefined }), INVALID],
  'without an instant': [() => farEnd.idToken({ iat: undefined }), INVALID],
  'of tomorrow': [() => farEnd.idToken({ nbf: seconds() + 86_400 }), TIME],
  'without a subject': [() => farEnd.idToken({ sub: undefined }), INVALID],
  'with an empty subject': [() => farEnd.idToken({ sub: '' }), SUBJECT],
  'with a subject of 256 characters': [() => farEnd.idToken({ sub: 'a'.repeat(256) }), SUBJECT],
  'with a subject beyond ASCII': [() => farEnd.idToken({ sub: 'ada\u202e' }), SUBJECT],
  'with a number as subject': [() => farEnd.idToken({ sub: 7 }), INVALID],
  'signed by another key': [() => farEnd.idToken({}, {}, rsa(other)), INVALID],
  'of an unknown kid': [() => farEnd.idToken({}, { kid: 'another' }), 'OAUTH_KEY_SELECTION_FAILED'],
  'signed with the client secret': [() => farEnd.idToken({}, { alg: 'HS256' }, hmac(CLIENT_SECRET)), INVALID],
  'without a signature': [() => farEnd.idToken({}, { alg: 'none' }, () => Buffer.alloc(0)), INVALID],
  'of an algorithm that the operator has not named': [() => farEnd.idToken({}, { alg: 'PS256' }), INVALID],
  'with an unknown crit': [
    () => farEnd.idToken({}, { crit: ['exp'], exp: 1 }),
    'OAUTH_UNSUPPORTED_OPERATION',
  ],
  'whose claims were changed': [
    () => {
      const [header, , signature] = farEnd.idToken().split('.')
      const [, claims] = farEnd.idToken({ sub: 'another' }).split('.')
      return [header, claims, signature].join('.')
    },
    INVALID,
  ],
  'that is no JWT': [() => 'a.b', INVALID],
  'that is encrypted': [() => 'a.b.c.d.e', 'OAUTH_UNSUPPORTED_OPERATION'],
}

test.each(Object.entries(ID_TOKENS))('an id_token %s is refused', async (_, [make, error]) => {
  farEnd.respond('/token', (response) => sendJson(response, farEnd.tokens(make())))
  const [message, code] = error === SUBJECT ? [SUBJECT] : ['the id_token is invalid', error]
  const log = { provider: 'demo', ...(code && { error: code }) }
  await expect(ask()).rejects.toMatchObject({ ...REFUSED, message, log })
})

test('the tables have enough rows', () => {
  const [idTokens, endpoints] = [ID_TOKENS, ENDPOINTS].map((table) => Object.keys(table).length)
  console.log(`${idTokens} wrong id_tokens, ${endpoints} wrong token endpoints`)
  expect(idTokens).toBeGreaterThanOrEqual(15)
  expect(endpoints).toBeGreaterThanOrEqual(10)
})

const REFUSED = {
  code: 'invalid_credentials',
  error: 'provider_refused',
  event: 'provider.refused',
  detail: 'The sign-in at the provider was not completed. Start again.',
}
const FAILED = {
  code: 'unavailable',
  event: 'provider.failed',
  detail: 'Demo does not respond. Try again shortly, or sign in in another way.',
}

/** What a token endpoint does, and the error in the log. */
const ENDPOINTS: Record<string, [respond: Parameters<typeof farEnd.respond>[1], expected: object]> = {
  'that refuses the code': [
    (response) => sendJson(response, { error: 'invalid_grant' }, 400),
    { ...REFUSED, message: 'the code is invalid' },
  ],
  'that does not know the client': [
    (response) =>
      response
        .writeHead(401, { 'Content-Type': 'application/json', 'WWW-Authenticate': 'Basic realm="a"' })
        .end('{"error":"invalid_client"}'),
    failed('invalid_client'),
  ],
  'of Entra, whose secret has expired': [
    (response) => sendJson(response, { error: 'invalid_client', error_codes: [7000222] }, 401),
    failed('invalid_client_7000222'),
  ],
  'that knows another redirect URI': [
    (response) => sendJson(response, { error: 'redirect_uri_mismatch' }, 400),
    { ...failed('redirect_uri_mismatch'), message: 'the provider refuses this service' },
  ],
  'that sends an error with the status 200': [
    (response) => sendJson(response, { error: 'incorrect_client_credentials' }),
    { ...failed('incorrect_client_credentials'), message: 'the provider refuses this service' },
  ],
  'that does not understand the code': [
    (response) => sendJson(response, { error: 'invalid_request' }, 400),
    { ...failed('invalid_request'), message: 'the provider refuses the request' },
  ],
  'whose error is a text with a token': [
    (response) => sendJson(response, { error: 'Bearer eyJhbGciOi' }, 400),
    { ...failed('status_400'), message: 'the provider refuses the request' },
  ],
  'that sends HTML': [
    (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>Maintenance'),
    failed('no_tokens'),
  ],
  'that responds 600': [(response) => response.writeHead(600).end(), failed('RangeError')],
  'that responds 502': [(response) => response.writeHead(502).end(), failed('status_502')],
  'that responds 500 with the error of a code': [
    (response) => sendJson(response, { error: 'invalid_grant' }, 500),
    failed('invalid_grant'),
  ],
  'that limits requests': [
    (response) => response.writeHead(429).end(),
    { ...failed('status_429'), message: 'the provider refuses this service' },
  ],
  'that redirects': [
    (response) => response.writeHead(307, { Location: `${farEnd.url}/token` }).end(),
    failed('status_307'),
  ],
  'that sends 100 KB': [
    (response) => sendJson(response, { ...farEnd.tokens(), more: 'a'.repeat(100_000) }),
    failed('too_large'),
  ],
  'that does not respond': [() => {}, failed('timeout')],
  'that sends a byte at a time': [drip, failed('timeout')],
  'that breaks the connection': [(response) => response.destroy(), failed('ECONNRESET')],
  'without an id_token': [
    (response) =>
      sendJson(response, farEnd.tokens(undefined as never) && { access_token: 'a', token_type: 'b' }),
    failed('no_id_token'),
  ],
  'without a token type': [
    (response) => sendJson(response, { ...farEnd.tokens(), token_type: undefined }),
    failed('OAUTH_INVALID_RESPONSE'),
  ],
  'with an unknown token type': [
    (response) => sendJson(response, { ...farEnd.tokens(), token_type: 'mac' }),
    failed('OAUTH_UNSUPPORTED_OPERATION'),
  ],
  'without an access token': [
    (response) => sendJson(response, { id_token: farEnd.idToken() }),
    failed('no_tokens'),
  ],
}

test.each(Object.entries(ENDPOINTS))('a token endpoint %s: no sign-in', async (_, [respond, expected]) => {
  farEnd.respond('/token', respond)
  await expect(ask()).rejects.toMatchObject(expected)
})

describe('all requests of a sign-in have the time of one', () => {
  /** Each is fast enough alone. */
  const slow = (path: string, body: () => unknown) =>
    farEnd.respond(path, (response) => void setTimeout(() => sendJson(response, body()), 250))

  test('also if tokens and keys are slow', async () => {
    slow('/token', farEnd.tokens)
    slow('/keys-slow', () => ({ keys: [farEnd.key] }))
    await expect(ask({ jwksUri: `${farEnd.url}/keys-slow` })).rejects.toMatchObject(failed('keys_timeout'))
    expect(farEnd.received.map(({ path }) => path)).toEqual(['/token', '/keys-slow'])
  })

  test('also if tokens and the API of GitHub are slow', async () => {
    slow('/token', farEnd.tokens)
    slow('/api/v3/user', () => ({ id: 1 }))
    await expect(ask({ kind: 'github' })).rejects.toMatchObject(failed('user_timeout'))
  })

  test('which is 3 seconds in the service', () => {
    expect(BOUNDS.timeoutMs).toBe(3_000)
  })
})

/** Returns the error of a provider that is down, or refuses this service. */
function failed(error: string): object {
  return { ...FAILED, log: { provider: 'demo', error } }
}

function drip(response: Parameters<Parameters<typeof farEnd.respond>[1]>[0]): void {
  response.writeHead(200, { 'Content-Type': 'application/json' })
  const timer = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(timer))
}

describe('the response at the redirect URI', () => {
  test.each([
    ['without a code', { code: undefined }],
    ['with an empty code', { code: '' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['of another state', { state: 'another' }],
    ['with an id_token', { id_token: 'a' }],
    ['with an error', { error: 'server_error' }],
  ])('%s is refused without a request', async (_, changes) => {
    await expect(ask({}, changes)).rejects.toMatchObject(REFUSED)
    expect(farEnd.received).toEqual([])
  })

  test.each([
    ['server_error', 'server_error'],
    ['login_required', 'login_required'],
    ['application_suspended', 'application_suspended'],
    ['a_word_of_the_user', 'other'],
  ])('with the error %s has %s in the log', async (error, logged) => {
    const log = { provider: 'demo', error: logged }
    await expect(ask({}, { error })).rejects.toMatchObject({ ...REFUSED, log })
  })

  test.each(['access_denied', 'user_cancelled_authorize'])('%s: the user cancelled', async (error) => {
    await expect(ask({}, { error })).rejects.toMatchObject({
      ...REFUSED,
      detail: 'You cancelled the sign-in at Demo.',
    })
  })

  test('names the issuer, if the provider says that its responses do', async () => {
    await expect(ask({ sendsIssuer: true })).rejects.toMatchObject(REFUSED)
    expect(await ask({ sendsIssuer: true }, { iss: farEnd.url })).toMatchObject({ subject: 'a-subject' })
  })
})

describe('keys', () => {
  test('of a provider that is down are its fault', async () => {
    farEnd.respond('/keys-down', (response) => response.writeHead(503).end())
    for (const base of [farEnd.url, farEnd.url.replace('http', 'HTTP')]) {
      await expect(ask({ jwksUri: `${base}/keys-down` })).rejects.toMatchObject(failed('keys_status_503'))
    }
  })

  test('are fetched once, and old ones serve in an outage', async () => {
    const jwksUri = `${farEnd.url}/keys-later`
    farEnd.respond('/keys-later', (response) => sendJson(response, { keys: [farEnd.key] }))
    for (let turn = 0; turn < 2; turn += 1) expect(await ask({ jwksUri })).toBeDefined()
    expect(farEnd.received.filter(({ path }) => path === '/keys-later')).toHaveLength(1)
    farEnd.respond('/keys-later', (response) => response.destroy())
    vi.setSystemTime(Date.now() + 600_000)
    atEnd(() => void vi.useRealTimers())
    expect(await ask({ jwksUri })).toMatchObject({ subject: 'a-subject' })
    vi.setSystemTime(Date.now() + 86_400_000)
    await expect(ask({ jwksUri })).rejects.toMatchObject(FAILED)
  })
})

describe('an id_token without a kid', () => {
  beforeEach(() => {
    const token = farEnd.idToken({}, { kid: undefined })
    farEnd.respond('/token', (response) => sendJson(response, farEnd.tokens(token)))
  })

  test('is accepted, if the provider has one key', async () => {
    const { kid: _, ...key } = farEnd.key
    farEnd.respond('/keys-one', (response) => sendJson(response, { keys: [key] }))
    expect(await ask({ jwksUri: `${farEnd.url}/keys-one` })).toMatchObject({ subject: 'a-subject' })
  })

  test('is refused, if it has two', async () => {
    farEnd.respond('/keys-two', (response) => sendJson(response, { keys: [farEnd.key, keyOf(other, 'b')] }))
    await expect(ask({ jwksUri: `${farEnd.url}/keys-two` })).rejects.toMatchObject(REFUSED)
  })
})

test('a new key is fetched for its kid, when the known keys are a minute old', async () => {
  const signWith = async (key: KeyObject, kid: string) => {
    farEnd.respond('/keys-new', (response) => sendJson(response, { keys: [keyOf(key, kid)] }))
    const token = farEnd.idToken({}, { kid }, rsa(key))
    farEnd.respond('/token', (response) => sendJson(response, farEnd.tokens(token)))
    return ask({ jwksUri: `${farEnd.url}/keys-new` })
  }
  expect(await signWith(farEnd.privateKey, 'first')).toMatchObject({ subject: 'a-subject' })
  await expect(signWith(other, 'second')).rejects.toMatchObject(REFUSED)
  vi.setSystemTime(Date.now() + 60_000)
  atEnd(() => void vi.useRealTimers())
  expect(await signWith(other, 'second')).toMatchObject({ subject: 'a-subject' })
})

test('http is for this machine alone', async () => {
  const tokenEndpoint = 'http://provider.example/token'
  await expect(ask({ tokenEndpoint })).rejects.toMatchObject(FAILED)
})

test('a provider that no longer listens has failed', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  const tokenEndpoint = `http://127.0.0.1:${port}/token`
  await expect(ask({ tokenEndpoint })).rejects.toMatchObject(failed('ECONNREFUSED'))
})

describe('Apple', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const apple = {
    kind: 'apple',
    clientAuthentication: 'apple',
    appleTeamId: 'TEAM',
    appleKeyId: 'KEY',
  } as const

  test('gets a client secret that jose verifies', async () => {
    Object.assign(farEnd.claims, { email: 'a@privaterelay.appleid.com', email_verified: 'true' })
    expect(await ask(apple, {}, pem)).toMatchObject({ isProven: true })
    const { client_id, client_secret = '' } = Object.fromEntries(
      new URLSearchParams(farEnd.received[0]?.body),
    )
    expect(client_id).toBe(CLIENT_ID)
    const key = await importSPKI(publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'ES256')
    const { payload, protectedHeader } = await jwtVerify(client_secret, key, {
      issuer: 'TEAM',
      audience: farEnd.url,
      subject: CLIENT_ID,
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', kid: 'KEY' })
    expect(Number(payload.exp) - Number(payload.iat)).toBe(300)
  })

  test.each([
    ['that is none', 'a key'],
    ['of another curve', pemOf('P-384')],
  ])('a key %s is the fault of the operator', async (_, key) => {
    await expect(ask(apple, {}, key)).rejects.toMatchObject({ ...FAILED, message: 'the secret is invalid' })
    expect(farEnd.received).toEqual([])
  })
})

function pemOf(namedCurve: string): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

describe('GitHub', () => {
  const github = { kind: 'github', clientAuthentication: 'post', jwksUri: undefined } as const
  const user = { id: 583_231, login: 'octocat', email: 'public@example.org' }
  const emails = [
    { email: 'old@example.org', primary: false, verified: true },
    { email: 'Octo@Example.org', primary: true, verified: true },
  ]
  beforeEach(() => {
    farEnd.respond('/token', (response) => sendJson(response, { access_token: 'a', token_type: 'bearer' }))
    farEnd.respond('/api/v3/user', (response) => sendJson(response, user))
    farEnd.respond('/api/v3/user/emails', (response) => sendJson(response, emails))
  })

  test('names its user by the numeric id, and suggests the verified address', async () => {
    expect(await ask(github, { iss: `${farEnd.url}/login/oauth` })).toEqual({
      issuer: farEnd.url,
      subject: '583231',
      label: 'octocat',
      email: 'octo@example.org',
      isProven: false,
    })
    const paths = farEnd.received.map(({ path, headers }) => [path, headers.authorization])
    expect(paths).toContainEqual(['/api/v3/user', 'Bearer a'])
  })

  test('without the right to see addresses, a list or a verified address, suggests none', async () => {
    farEnd.respond('/api/v3/user/emails', (response) => sendJson(response, {}, 404))
    expect(await ask(github)).not.toHaveProperty('email')
    for (const html of ['<p>Maintenance', '']) {
      farEnd.respond('/api/v3/user/emails', (response) => response.end(html))
      expect(await ask(github)).not.toHaveProperty('email')
    }
    const unverified = [{ email: 'a@example.org', primary: true, verified: false }]
    farEnd.respond('/api/v3/user/emails', (response) => sendJson(response, unverified))
    expect(await ask(github)).not.toHaveProperty('email')
  })

  test('sends errors with the status 200: of a code or its user, or of the client', async () => {
    for (const error of ['bad_verification_code', 'unverified_user_email']) {
      farEnd.respond('/token', (response) => sendJson(response, { error }))
      const expected = { ...REFUSED, message: 'the code is invalid', log: { provider: 'demo', error } }
      await expect(ask(github)).rejects.toMatchObject(expected)
    }
    farEnd.respond('/token', (response) => sendJson(response, { error: 'incorrect_client_credentials' }))
    await expect(ask(github)).rejects.toMatchObject(failed('incorrect_client_credentials'))
  })

  test.each([
    ['that is down', 503, user],
    ['without an id', 200, { login: 'octocat' }],
    ['with a text as id', 200, { id: '583231' }],
  ])('an API %s is its fault', async (_, status, body) => {
    farEnd.respond('/api/v3/user', (response) => sendJson(response, body, status))
    await expect(ask(github)).rejects.toMatchObject(failed(`user_${status}`))
  })
})

test('an id_token of ES256 is accepted, if the operator has named the algorithm', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { sign } = await import('node:crypto')
  const key = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'second' }
  farEnd.respond('/jwks-es', (response) => sendJson(response, { keys: [key] }))
  const claims = {
    iss: farEnd.url,
    aud: CLIENT_ID,
    sub: 'b',
    iat: seconds(),
    exp: seconds() + 60,
    nonce: own.nonce,
  }
  const signer = (signed: Buffer) => sign('sha256', signed, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  const token = jws({ alg: 'ES256', kid: 'second' }, claims, signer)
  farEnd.respond('/token', (response) => sendJson(response, farEnd.tokens(token)))
  const jwksUri = `${farEnd.url}/jwks-es`
  expect(await ask({ jwksUri, algorithms: ['ES256'] })).toMatchObject({ subject: 'b' })
  await expect(ask({ jwksUri })).rejects.toMatchObject(REFUSED)
})

/** Exchanges a response of the far end. */
function ask(
  changes: Partial<ProviderWithSecret> | { jwksUri: undefined } = {},
  response: Record<string, string | undefined> = {},
  secret = CLIENT_SECRET,
): Promise<Claimed> {
  const given = { code: 'a-code', state: own.state, ...response }
  const sent = Object.entries(given).filter(([, value]) => value !== undefined) as [string, string][]
  const query = new URLSearchParams(sent).toString()
  const provider = farEnd.provider(changes as Partial<ProviderWithSecret>)
  return exchange(provider, secret, own, { query, redirectUri, bounds })
}
