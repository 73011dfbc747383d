import { argon2Sync, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { sign as signRequest } from 'aws4'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'

// A floor that does less than it states would make the ratios of the bench too high.
const require = createRequire(import.meta.url)
const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const methodArn = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev/GET/'
const claims = {
  iss: 'https://issuer.example',
  aud: 'api',
  sub: 'AAAAAAAAAAAAAAAAAAAAAA',
  username: 'ada',
  role: 'user',
  exp: Math.floor(Date.now() / 1000) + 60,
}

const nonce = Buffer.alloc(16, 1)
const cost = { memory: 8, passes: 1, parallelism: 1, tagLength: 32 }
const tag = argon2Sync('argon2id', { message: 'correct horse', nonce, ...cost })
const phc = [nonce, tag].map((part) => part.toString('base64').replaceAll('=', ''))
const passwordHash = `$argon2id$v=19$m=8,t=1,p=1$${phc.join('$')}`

const operations: Record<string, (input: { Message: string; Key: { pk: { S: string } } }) => object> = {
  GetPublicKey: () => ({
    PublicKey: own.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  }),
  Sign: ({ Message }) => ({
    Signature: sign('sha256', Buffer.from(Message, 'base64'), own.privateKey).toString('base64'),
  }),
  GetItem: ({ Key }) =>
    ({
      'name#ada': { Item: { userId: { S: claims.sub } } },
      [`user#${claims.sub}`]: { Item: { passwordHash: { S: passwordHash } } },
    })[Key.pk.S] ?? {},
}
const requests: IncomingMessage[] = []
const bodies: unknown[] = []
const server = createServer(async (request, response) => {
  const input = await json(request)
  requests.push(request)
  bodies.push(input)
  const operation = String(request.headers['x-amz-target']).replace(/^.*\./, '')
  response.end(JSON.stringify(operations[operation]?.(input as Parameters<(typeof operations)[string]>[0])))
})

type Event = Record<string, string>
let handler: (event: Event) => Promise<{ statusCode?: number; body?: string }>
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const environment = {
    AWS_ENDPOINT_URL_KMS: url,
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
    PUBLISHED_KEYS: 'alias/a,alias/b',
    SIGNING_KEY: 'alias/a',
    TABLE_NAME: 'table',
    TOKEN_ISSUER: claims.iss,
    TOKEN_AUDIENCE: claims.aud,
  }
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  handler = require('./floor.cjs').handler
})
beforeEach(() => {
  requests.length = 0
  bodies.length = 0
})
afterAll(() => {
  vi.unstubAllEnvs()
  server.close()
  server.closeAllConnections()
})

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
function forge(changes: object, key = own.privateKey, typ = 'at+jwt'): string {
  const input = `${encode({ alg: 'RS256', typ })}.${encode({ ...claims, ...changes })}`
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}
const authorize = (token: string) => handler({ authorizationToken: `Bearer ${token}`, methodArn })
const logIn = (password: string) => handler({ body: JSON.stringify({ username: 'ada', password }) })

test('the floor of the authorizer allows a request with a valid token', async () => {
  expect(await authorize(forge({}))).toEqual({
    principalId: claims.sub,
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }],
    },
    context: { username: 'ada', role: 'user' },
  })
})

test.each([
  ['of another key', forge({}, other.privateKey)],
  ['of another type', forge({}, own.privateKey, 'JWT')],
  ['of another issuer', forge({ iss: 'https://other.example' })],
  ['for another audience', forge({ aud: 'other' })],
  ['that has expired', forge({ exp: claims.exp - 61 })],
  ['that never expires', forge({ exp: undefined })],
])('the floor of the authorizer rejects a token %s', async (_what, token) => {
  await expect(authorize(token)).rejects.toThrow('Unauthorized')
})

test('the floor of login returns a token for the correct password', async () => {
  const { statusCode, body = '' } = await logIn('correct horse')
  expect(statusCode).toBe(200)
  const [header, payload = '', signature = ''] = JSON.parse(body).authToken.split('.')
  const input = Buffer.from(`${header}.${payload}`)
  expect(verify('sha256', input, own.publicKey, Buffer.from(signature, 'base64url'))).toBe(true)
  const { iss, aud, sub } = claims
  expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ iss, aud, sub })
})

test('the floor of login rejects another password', async () => {
  expect(await logIn('battery staple')).toEqual({ statusCode: 401 })
})

test('the floor signs its requests to AWS as aws4 does', async () => {
  await logIn('correct horse')
  const sent = requests.map(({ headers }) => headers.authorization)
  const expected = requests.map(({ headers }, at) => {
    const [, service] = /eu-central-1\/(\w+)/.exec(String(headers.authorization)) ?? []
    const { host = '', 'x-amz-date': date, 'x-amz-target': target } = headers as Event
    const request = {
      service: String(service),
      region: 'eu-central-1',
      host,
      path: '/',
      body: JSON.stringify(bodies[at]),
      headers: { host, 'x-amz-date': String(date), 'x-amz-target': String(target) },
      extraHeadersToIgnore: { 'content-type': true, 'content-length': true },
    }
    return signRequest(request, { accessKeyId: 'id', secretAccessKey: 'secret' }).headers?.Authorization
  })
  expect(sent).toHaveLength(3)
  expect(sent).toEqual(expected)
})
