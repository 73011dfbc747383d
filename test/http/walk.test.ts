import { generateKeyPairSync, sign } from 'node:crypto'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { describe, expect, inject, test } from 'vitest'
import {
  ADMIN_CONTENT,
  FORBIDDEN,
  get,
  NOT_FOUND,
  postLogin,
  problem,
  send,
  tokenOf,
  UNAUTHORIZED,
  USER_CONTENT,
  USER_CONTENT_OF_ADMIN,
  withOtherSignature,
} from '../support/http/http.ts'
import { OWN_CLAIMS } from './own-claims.ts'

const url = inject('serviceUrl')
const userToken = await tokenOf(url, 'user')
const adminToken = await tokenOf(url, 'admin')

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const [header = '', claims = '', signature = ''] = userToken.split('.')
const decoded = decodeJwt(userToken)
const signedByAnotherKey = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${header}.${claims}.${sign('sha256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url')}`
}

const INVALID_TOKENS: [what: string, token: string][] = [
  ['that is not a JWT', 'user'],
  ['of three meaningless parts', 'a.b.c'],
  ['whose role was edited', `${header}.${encode({ ...decoded, role: 'admin' })}.${signature}`],
  ['without a signature', `${header}.${claims}.`],
  ['with alg none', `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`],
  ['with the signature of another token', `${header}.${claims}.${adminToken.split('.')[2]}`],
  ['signed by an unknown key', signedByAnotherKey()],
  ['of five parts', `${userToken}.a.b`],
  ['of 9 KiB', `${header}.${claims}${'A'.repeat(9_000)}.${signature}`],
]

describe('POST /login', () => {
  test.for([
    ['user', 'user'],
    ['admin', 'admin'],
    ['USER', 'user'],
    ['aDmIn', 'admin'],
  ])('%s with the correct password gets a token for %s', async ([spelling, username]) => {
    const response = await postLogin(url, JSON.stringify({ username: spelling, password: username }))
    expect(response).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: expect.stringMatching(
        /^\{"authToken":"[\w-]+\.[\w-]+\.[\w-]+","tokenType":"Bearer","expiresIn":1800,"refreshToken":"[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}","refreshExpiresIn":604800\}$/,
      ),
    })
    expect(decodeJwt(JSON.parse(response.body).authToken)).toMatchObject({ username, role: username })
  })

  const rejected = problem(401, 'Unauthorized', 'Incorrect username or password.')
  const wrongName = '{"username":"nobody","password":"user"}'
  const wrongPassword = '{"username":"user","password":"nobody"}'

  test.for<[what: string, body: string]>([
    ['an unknown username', wrongName],
    ['a wrong password', wrongPassword],
    ['the password in another case', '{"username":"user","password":"USER"}'],
    ['the password of another user', '{"username":"user","password":"admin"}'],
  ])('%s returns the same 401', async ([, body]) => {
    expect(await postLogin(url, body)).toEqual(rejected)
  })

  test('two simultaneous logins get two valid tokens', async () => {
    const tokens = await Promise.all([tokenOf(url, 'user'), tokenOf(url, 'user')])
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(2)
    const responses = await Promise.all(tokens.map((token) => get(`${url}/`, token)))
    expect(responses).toEqual([USER_CONTENT, USER_CONTENT])
  })
})

describe('GET /', () => {
  test('returns 401 without a token', async () => {
    expect(await get(`${url}/`)).toEqual(UNAUTHORIZED)
  })

  test.for(INVALID_TOKENS)('returns 401 for a token %s', async ([, token]) => {
    expect(await get(`${url}/`, token)).toEqual(UNAUTHORIZED)
  })

  test('returns the content to a user', async () => {
    expect(await get(`${url}/`, userToken)).toEqual(USER_CONTENT)
  })

  test('returns the content to an admin', async () => {
    expect(await get(`${url}/`, adminToken)).toEqual(USER_CONTENT_OF_ADMIN)
  })

  test.for([
    ['in lower case', `bearer ${userToken}`, USER_CONTENT],
    ['Basic', `Basic ${userToken}`, UNAUTHORIZED],
    ['missing', userToken, UNAUTHORIZED],
    ['without a token', 'Bearer', UNAUTHORIZED],
  ] as const)('handles the scheme %s', async ([, Authorization, expected]) => {
    expect(await send(`${url}/`, 'GET', { Authorization })).toEqual(expected)
  })
})

describe('GET /admin', () => {
  test('returns 401 without a token', async () => {
    expect(await get(`${url}/admin`)).toEqual(UNAUTHORIZED)
  })

  test.for(INVALID_TOKENS)('returns 401 for a token %s', async ([, token]) => {
    expect(await get(`${url}/admin`, token)).toEqual(UNAUTHORIZED)
  })

  test('returns 403 to a user', async () => {
    expect(await get(`${url}/admin`, userToken)).toEqual(FORBIDDEN)
  })

  test('returns the content to an admin', async () => {
    expect(await get(`${url}/admin`, adminToken)).toEqual(ADMIN_CONTENT)
  })

  test.for([
    '/admin/',
    '//admin',
    '/%61dmin',
    '/./admin',
    '/x/../admin',
    '/ADMIN',
    '/admin?role=admin',
    '/admin#',
    '/admin%2F',
    '/admin;',
  ])('returns no content to a user at %s', async (path) => {
    const response = await get(`${url}${path}`, userToken)
    expect([FORBIDDEN, NOT_FOUND]).toContainEqual(response)
  })
})

describe('a cached authorizer result', () => {
  test('of / does not authorise /admin', async () => {
    const token = await tokenOf(url, 'user')
    const responses = []
    for (const path of ['/', '/admin', '/', '/admin']) responses.push(await get(`${url}${path}`, token))
    expect(responses).toEqual([USER_CONTENT, FORBIDDEN, USER_CONTENT, FORBIDDEN])
  })

  test('of a rejected /admin does not reject /', async () => {
    const token = await tokenOf(url, 'user')
    const responses = []
    for (const path of ['/admin', '/', '/admin', '/']) responses.push(await get(`${url}${path}`, token))
    expect(responses).toEqual([FORBIDDEN, USER_CONTENT, FORBIDDEN, USER_CONTENT])
  })

  test('of an admin authorises both routes', async () => {
    const token = await tokenOf(url, 'admin')
    const responses = []
    for (const path of ['/', '/admin', '/', '/admin']) responses.push(await get(`${url}${path}`, token))
    expect(responses).toEqual([USER_CONTENT_OF_ADMIN, ADMIN_CONTENT, USER_CONTENT_OF_ADMIN, ADMIN_CONTENT])
  })

  test('applies to one token only', async () => {
    const token = await tokenOf(url, 'user')
    expect(await get(`${url}/`, token)).toEqual(USER_CONTENT)
    expect(await get(`${url}/`, withOtherSignature(token))).toEqual(UNAUTHORIZED)
  })
})

describe("serverless-offline's header that overrides the authorizer", () => {
  const override = {
    'sls-offline-authorizer-override': JSON.stringify({
      username: 'admin',
      role: 'admin',
      expiresAt: '9999999999',
    }),
  }

  test.for(['/', '/admin'])('does not authorise %s without a valid token', async (path) => {
    expect(await get(`${url}${path}`, undefined, override)).toEqual(UNAUTHORIZED)
    expect(await get(`${url}${path}`, 'a.b.c', override)).toEqual(UNAUTHORIZED)
  })

  test('does not change the role of a user', async () => {
    expect(await get(`${url}/admin`, userToken, override)).toEqual(FORBIDDEN)
    expect(await get(`${url}/`, userToken, override)).toEqual(USER_CONTENT)
  })
})

test.each(['openid-configuration', 'oauth-authorization-server'])(
  'GET /.well-known/%s returns the issuer, and where its keys are',
  async (document) => {
    const response = await get(`${url}/.well-known/${document}`)
    expect(response.status).toBe(200)
    const { issuer, jwks_uri } = JSON.parse(response.body)
    expect([issuer, jwks_uri]).toEqual([decoded.iss, `${decoded.iss}/.well-known/jwks.json`])
  },
)

describe('GET /.well-known/jwks.json', () => {
  test('returns two public keys, cacheable for five minutes', async () => {
    const response = await get(`${url}/.well-known/jwks.json`)
    const key = '\\{"kty":"RSA","use":"sig","alg":"RS256","kid":"[\\w-]{43}","n":"[\\w-]{342}","e":"AQAB"\\}'
    expect(response).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      },
      body: expect.stringMatching(new RegExp(`^\\{"keys":\\[${key},${key}\\]\\}$`)),
    })
  })

  test('lets a client verify a token without this service', async () => {
    const { body } = await get(`${url}/.well-known/jwks.json`)
    const token = await tokenOf(url, 'user')
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(JSON.parse(body)), {
      algorithms: ['RS256'],
      typ: 'at+jwt',
      issuer: url,
      audience: 'serverless-jwt-auth-dev-api',
      requiredClaims: ['iat', 'exp', 'jti'],
      maxTokenAge: 60,
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: JSON.parse(body).keys[0].kid })
    expect(payload).toEqual({
      iss: url,
      aud: 'serverless-jwt-auth-dev-api',
      sub: expect.stringMatching(/^[\w-]{22}$/),
      client_id: 'first-party',
      username: 'user',
      role: 'user',
      iat: expect.any(Number),
      exp: Number(payload.iat) + 1800,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sid: expect.stringMatching(/^[0-9a-f]{8}[\w-]{22}$/),
      gen: expect.any(Number),
      auth_time: expect.any(Number),
      amr: ['pwd'],
      acr: 'aal1',
      ...OWN_CLAIMS,
    })
  })
})

test('POST /logout ends nothing of another user than the client shows', async () => {
  const { refreshToken } = JSON.parse((await postLogin(url, '{"username":"user","password":"user"}')).body)
  const ask = (route: string, body: object) =>
    send(`${url}/${route}`, 'POST', { 'Content-Type': 'application/json' }, JSON.stringify(body))
  const detail = 'Another user has signed in in this browser. Nothing was changed.'
  expect(await ask('logout', { refreshToken, everywhere: true, sub: decodeJwt(adminToken).sub })).toEqual(
    problem(409, 'Conflict', detail, { error: 'other_user' }),
  )
  expect((await ask('refresh', { refreshToken })).status).toBe(200)
})

test('GET /me/events lists the sign-in of the caller, and refuses what is no cursor', async () => {
  const { status, body } = await get(`${url}/me/events`, userToken)
  expect(status).toBe(200)
  expect(JSON.parse(body).events).toContainEqual(
    expect.objectContaining({
      type: 'session.created',
      by: 'account',
      via: 'POST /login',
      detail: 'pwd',
    }),
  )
  expect((await get(`${url}/me/events?after=now`, userToken)).status).toBe(422)
})

test.for([
  ['GET', '/nothing'],
  ['GET', '/login/more'],
  ['GET', '/.well-known/security.txt'],
  ['GET', '/.env'],
  ['GET', '/login'],
  ['PUT', '/login'],
  ['POST', '/'],
  ['DELETE', '/admin'],
  ['POST', '/.well-known/jwks.json'],
  ['GET', '/refresh'],
  ['GET', '/logout'],
  ['POST', '/sessions'],
  ['GET', '/sessions/x'],
  ['DELETE', '/sessions'],
  ['POST', '/password'],
  ['POST', '/me'],
] as const)('returns 404 for %s %s (no such route)', async ([method, path]) => {
  expect(await send(`${url}${path}`, method)).toEqual(NOT_FOUND)
  expect(await send(`${url}${path}`, method, { Authorization: `Bearer ${adminToken}` })).toEqual(NOT_FOUND)
})

test.for([
  ['GET', '/proof/mail'],
  ['POST', '/proof/more'],
] as const)('returns 404 for %s %s with a token (no such step)', async ([method, path]) => {
  expect(await send(`${url}${path}`, method, { Authorization: `Bearer ${adminToken}` })).toEqual(NOT_FOUND)
})
