import { type Argon2Parameters, argon2Sync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { awsClient } from '../../lib/aws/client.ts'
import { hashPassword } from '../../lib/passwords/hash.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { addUser } from '../../lib/users/store.ts'
import { newUser } from '../../lib/users/user.ts'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { loadHandler } from '../../test/support/handlers.ts'
import { CORS_HEADERS, lambdaContext, loginEvent, parsed } from '../../test/support/lambda.ts'
import {
  describeService,
  resourcesOf,
  tableOf,
  tokenPartiesOf,
} from '../../test/support/service-description.ts'

// The real function, counted.
vi.mock('node:crypto', async (importOriginal) => {
  const crypto = await importOriginal<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})

const service = describeService()
let aws: LocalAws
let handler: Awaited<ReturnType<typeof loadHandler>>
let records: unknown[]

beforeAll(async () => {
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  handler = await loadHandler(service, 'login', aws)
})
afterAll(() => aws.stop())

beforeEach(() => {
  records = []
  for (const method of ['info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((record) => void records.push(record))
  }
  vi.mocked(argon2Sync).mockClear()
})

const login = (username: string, password: string) =>
  handler(loginEvent({ body: JSON.stringify({ username, password }) }), lambdaContext())

const hashes = () =>
  vi.mocked(argon2Sync).mock.calls.map(([algorithm, { message, ...cost }]) => ({
    algorithm,
    message: Buffer.from(message as Buffer).toString(),
    ...costOf(cost),
  }))
const costOf = ({ memory, passes, parallelism, tagLength, nonce }: Omit<Argon2Parameters, 'message'>) => ({
  memory,
  passes,
  parallelism,
  tagLength,
  saltLength: Buffer.from(nonce as Buffer).length,
})
const oneHash = (message: string) => [
  {
    algorithm: 'argon2id',
    message,
    memory: 19_456,
    passes: 2,
    parallelism: 1,
    tagLength: 32,
    saltLength: 16,
  },
]

const refused = {
  statusCode: 401,
  headers: {
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...CORS_HEADERS,
  },
  body: {
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail: 'Incorrect username or password.',
  },
}

test('a right password is answered with a token that our own verification takes', async () => {
  const startedAt = Math.floor(Date.now() / 1000)
  const answer = parsed(await login('Admin', 'admin'))
  expect(answer).toEqual({
    statusCode: 200,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...CORS_HEADERS,
    },
    body: {
      authToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 1800,
      refreshToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}\.admin$/),
      refreshExpiresIn: 604_800,
    },
  })

  const publicKeys = publicKeyCache(awsClient(aws.settings), [service.custom.signingKey])
  const keys = await publicKeys(undefined, new Date())
  const principal = await verifyAccessToken(
    readUnverified(answer.body.authToken),
    keys,
    tokenPartiesOf(service),
    new Date(),
  )
  expect(principal).toEqual({
    username: 'admin',
    role: 'admin',
    expiresAt: expect.any(Number),
    issuedAt: principal.expiresAt - 1800,
    sessionId: answer.body.refreshToken.slice(0, 22),
  })
  expect(principal.expiresAt - startedAt).toBeGreaterThanOrEqual(1_800)
  expect(principal.expiresAt - startedAt).toBeLessThanOrEqual(1_810)
  expect(records).toEqual([{ event: 'login.accepted', username: 'admin' }])
})

test('every login gets a token of its own', async () => {
  const answers = [await login('user', 'user'), await login('user', 'user')]
  const [first, second] = answers.map(({ body }) => JSON.parse(body).authToken.split('.')[1])
  const jti = (payload: string) => JSON.parse(Buffer.from(payload, 'base64url').toString()).jti
  expect(jti(first)).not.toBe(jti(second))
})

test('an unknown name and a wrong password get the same bytes for the same work', async () => {
  const wrongPassword = await login('user', 'hunter2')
  const workForWrongPassword = hashes()
  vi.mocked(argon2Sync).mockClear()
  const unknownName = await login('nobody', 'hunter2')

  expect(parsed(wrongPassword)).toEqual(refused)
  expect(JSON.stringify(unknownName)).toBe(JSON.stringify(wrongPassword))
  expect(workForWrongPassword).toEqual(oneHash('hunter2'))
  expect(hashes()).toEqual(oneHash('hunter2'))
})

test('a refusal is logged without the name that was given: it may be a password in the wrong field', async () => {
  await login('user', 'hunter2')
  await login('hunter2', 'hunter2')
  const failure = { event: 'login.refused', code: 'invalid_credentials', detail: 'login refused' }
  expect(records).toEqual([failure, failure])
})

test('a disabled user is refused like a wrong password', async () => {
  const hash = hashPassword('secret', Buffer.alloc(16, 7))
  const user = { ...newUser('mallory', 'admin', hash, new Date()), disabled: true }
  await addUser(tableOf(service, aws), user)
  vi.mocked(argon2Sync).mockClear()
  expect(parsed(await login('mallory', 'secret'))).toEqual(refused)
  expect(hashes()).toEqual(oneHash('secret'))
})

test('a request that cannot be a login costs no hash', async () => {
  expect(parsed(await login('not a name', 'user')).statusCode).toBe(422)
  expect(hashes()).toEqual([])
})
