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
} from '../support/http.ts'

const url = inject('serviceUrl')
const userToken = await tokenOf(url, 'user')
const adminToken = await tokenOf(url, 'admin')

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const [header = '', claims = '', signature = ''] = userToken.split('.')
const decoded = decodeJwt(userToken)
const signedByAStranger = () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return `${header}.${claims}.${sign('sha256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url')}`
}

const BAD_TOKENS: [what: string, token: string][] = [
  ['that is no JWT', 'user'],
  ['of the right shape and no sense', 'a.b.c'],
  ['whose role was edited', `${header}.${encode({ ...decoded, role: 'admin' })}.${signature}`],
  ['without a signature', `${header}.${claims}.`],
  ['with alg none', `${encode({ alg: 'none', typ: 'at+jwt' })}.${claims}.`],
  ['with the signature of another', `${header}.${claims}.${adminToken.split('.')[2]}`],
  ['signed by a stranger', signedByAStranger()],
  ['of five parts', `${userToken}.a.b`],
  ['of 9 KiB', `${header}.${claims}${'A'.repeat(9_000)}.${signature}`],
]

describe('POST /login', () => {
  test.for([
    ['user', 'user'],
    ['admin', 'admin'],
    ['USER', 'user'],
    ['aDmIn', 'admin'],
  ])('%s with the right password gets a token for %s', async ([written, username]) => {
    const answer = await postLogin(url, JSON.stringify({ username: written, password: username }))
    expect(answer).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
      body: expect.stringMatching(
        /^\{"authToken":"[\w-]+\.[\w-]+\.[\w-]+","tokenType":"Bearer","expiresIn":1800,"refreshToken":"[\w-]{22}\.[\w-]{43}\.[a-z]+","refreshExpiresIn":604800\}$/,
      ),
    })
    expect(decodeJwt(JSON.parse(answer.body).authToken)).toMatchObject({ sub: username, role: username })
  })

  const refused = problem(401, 'Unauthorized', 'Incorrect username or password.')
  const wrongName = '{"username":"nobody","password":"user"}'
  const wrongPassword = '{"username":"user","password":"nobody"}'

  test.for<[what: string, body: string]>([
    ['a name that does not exist', wrongName],
    ['a wrong password', wrongPassword],
    ['the password in another case', '{"username":"user","password":"USER"}'],
    ['the password of another', '{"username":"user","password":"admin"}'],
  ])('%s gets 401 and the same bytes', async ([, body]) => {
    expect(await postLogin(url, body)).toEqual(refused)
  })

  test('a name that does not exist and a wrong password take the same time', async () => {
    const times = { wrongName: [] as number[], wrongPassword: [] as number[] }
    const time = async (body: string) => {
      const startedAt = performance.now()
      await postLogin(url, body)
      return performance.now() - startedAt
    }
    for (let round = 0; round < 15; round += 1) {
      times.wrongName.push(await time(wrongName))
      times.wrongPassword.push(await time(wrongPassword))
    }
    const median = (all: number[]) => all.sort((a, b) => a - b)[7] ?? Number.NaN
    // Without a hash for unknown names the one would take a small part of the other.
    const ratio = median(times.wrongName) / median(times.wrongPassword)
    expect(ratio).toBeGreaterThan(0.6)
    expect(ratio).toBeLessThan(1.6)
  })

  test('two logins at once get two tokens, and both are good', async () => {
    const tokens = await Promise.all([tokenOf(url, 'user'), tokenOf(url, 'user')])
    expect(new Set(tokens.map((token) => decodeJwt(token).jti)).size).toBe(2)
    const answers = await Promise.all(tokens.map((token) => get(`${url}/`, token)))
    expect(answers).toEqual([USER_CONTENT, USER_CONTENT])
  })
})

describe('GET /', () => {
  test('without a token answers 401', async () => {
    expect(await get(`${url}/`)).toEqual(UNAUTHORIZED)
  })

  test.for(BAD_TOKENS)('with a token %s answers 401', async ([, token]) => {
    expect(await get(`${url}/`, token)).toEqual(UNAUTHORIZED)
  })

  test('with the token of a user answers with the content', async () => {
    expect(await get(`${url}/`, userToken)).toEqual(USER_CONTENT)
  })

  test('with the token of an admin answers with the content', async () => {
    expect(await get(`${url}/`, adminToken)).toEqual(USER_CONTENT_OF_ADMIN)
  })

  test.for([
    ['in lower case', `bearer ${userToken}`, USER_CONTENT],
    ['Basic', `Basic ${userToken}`, UNAUTHORIZED],
    ['missing', userToken, UNAUTHORIZED],
    ['and nothing more', 'Bearer', UNAUTHORIZED],
  ] as const)('with the scheme %s answers accordingly', async ([, Authorization, expected]) => {
    expect(await send(`${url}/`, 'GET', { Authorization })).toEqual(expected)
  })
})

describe('GET /admin', () => {
  test('without a token answers 401', async () => {
    expect(await get(`${url}/admin`)).toEqual(UNAUTHORIZED)
  })

  test.for(BAD_TOKENS)('with a token %s answers 401', async ([, token]) => {
    expect(await get(`${url}/admin`, token)).toEqual(UNAUTHORIZED)
  })

  test('with the token of a user answers 403', async () => {
    expect(await get(`${url}/admin`, userToken)).toEqual(FORBIDDEN)
  })

  test('with the token of an admin answers with the content', async () => {
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
  ])('written as %s opens to no user', async (path) => {
    const answer = await get(`${url}${path}`, userToken)
    expect([FORBIDDEN, NOT_FOUND]).toContainEqual(answer)
  })
})

describe('an authorization that the gateway keeps', () => {
  test('for / does not open /admin', async () => {
    const token = await tokenOf(url, 'user')
    const answers = []
    for (const path of ['/', '/admin', '/', '/admin']) answers.push(await get(`${url}${path}`, token))
    expect(answers).toEqual([USER_CONTENT, FORBIDDEN, USER_CONTENT, FORBIDDEN])
  })

  test('for a refused /admin does not close /', async () => {
    const token = await tokenOf(url, 'user')
    const answers = []
    for (const path of ['/admin', '/', '/admin', '/']) answers.push(await get(`${url}${path}`, token))
    expect(answers).toEqual([FORBIDDEN, USER_CONTENT, FORBIDDEN, USER_CONTENT])
  })

  test('for an admin opens both', async () => {
    const token = await tokenOf(url, 'admin')
    const answers = []
    for (const path of ['/', '/admin', '/', '/admin']) answers.push(await get(`${url}${path}`, token))
    expect(answers).toEqual([USER_CONTENT_OF_ADMIN, ADMIN_CONTENT, USER_CONTENT_OF_ADMIN, ADMIN_CONTENT])
  })

  test('is for one token alone', async () => {
    const token = await tokenOf(url, 'user')
    expect(await get(`${url}/`, token)).toEqual(USER_CONTENT)
    expect(await get(`${url}/`, withOtherSignature(token))).toEqual(UNAUTHORIZED)
  })
})

describe("serverless-offline's header for a made-up authorization", () => {
  const override = {
    'sls-offline-authorizer-override': JSON.stringify({
      username: 'admin',
      role: 'admin',
      expiresAt: '9999999999',
    }),
  }

  test.for(['/', '/admin'])('opens %s to nobody without a token', async (path) => {
    expect(await get(`${url}${path}`, undefined, override)).toEqual(UNAUTHORIZED)
    expect(await get(`${url}${path}`, 'a.b.c', override)).toEqual(UNAUTHORIZED)
  })

  test('makes no admin of a user', async () => {
    expect(await get(`${url}/admin`, userToken, override)).toEqual(FORBIDDEN)
    expect(await get(`${url}/`, userToken, override)).toEqual(USER_CONTENT)
  })
})

describe('GET /.well-known/jwks.json', () => {
  test('gives two public keys, for whom they are, and five minutes to keep them', async () => {
    const answer = await get(`${url}/.well-known/jwks.json`)
    const key = '\\{"kty":"RSA","use":"sig","alg":"RS256","kid":"[\\w-]{43}","n":"[\\w-]{342}","e":"AQAB"\\}'
    expect(answer).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=300',
        'x-content-type-options': 'nosniff',
      },
      body: expect.stringMatching(new RegExp(`^\\{"keys":\\[${key},${key}\\]\\}$`)),
    })
  })

  test('is all that a client needs to verify a token by itself', async () => {
    const { body } = await get(`${url}/.well-known/jwks.json`)
    const { payload, protectedHeader } = await jwtVerify(userToken, createLocalJWKSet(JSON.parse(body)), {
      algorithms: ['RS256'],
      typ: 'at+jwt',
      issuer: 'serverless-jwt-auth-dev',
      audience: 'serverless-jwt-auth-dev-api',
      requiredClaims: ['iat', 'exp', 'jti'],
      maxTokenAge: 60,
    })
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: JSON.parse(body).keys[0].kid })
    expect(payload).toEqual({
      iss: 'serverless-jwt-auth-dev',
      aud: 'serverless-jwt-auth-dev-api',
      sub: 'user',
      role: 'user',
      iat: expect.any(Number),
      exp: Number(payload.iat) + 1800,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sid: expect.stringMatching(/^[\w-]{22}$/),
    })
  })
})

test.for([
  ['GET', '/nothing'],
  ['GET', '/login/more'],
  ['GET', '/.well-known/openid-configuration'],
  ['GET', '/.env'],
  ['GET', '/login'],
  ['PUT', '/login'],
  ['POST', '/'],
  ['DELETE', '/admin'],
  ['POST', '/.well-known/jwks.json'],
] as const)('%s %s, which there is not, answers 404', async ([method, path]) => {
  expect(await send(`${url}${path}`, method)).toEqual(NOT_FOUND)
  expect(await send(`${url}${path}`, method, { Authorization: `Bearer ${adminToken}` })).toEqual(NOT_FOUND)
})
