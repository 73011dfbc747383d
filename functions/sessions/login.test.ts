import { type Argon2Parameters, argon2Sync } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { awsClient } from '../../lib/aws/client.ts'
import { hashPassword } from '../../lib/passwords/hash.ts'
import { findSessions } from '../../lib/sessions/store.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { addUser, changeUserWithRetries } from '../../lib/users/store.ts'
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
import { type Call, type Fate, startWire } from '../../test/support/sessions.ts'

// The real function, with its calls counted.
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

test('login returns a token that verifies', async () => {
  const startedAt = Math.floor(Date.now() / 1000)
  const response = parsed(await login('Admin', 'admin'))
  expect(response).toEqual({
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

  const call = awsClient(aws.settings).within(Date.now() + 4_500)
  const keys = await publicKeyCache()(call, [service.custom.signingKey], undefined, new Date())
  const principal = await verifyAccessToken(
    readUnverified(response.body.authToken),
    keys,
    tokenPartiesOf(service),
    new Date(),
  )
  expect(principal).toEqual({
    username: 'admin',
    role: 'admin',
    expiresAt: expect.any(Number),
    issuedAt: principal.expiresAt - 1800,
    sessionId: response.body.refreshToken.slice(0, 22),
  })
  expect(principal.expiresAt - startedAt).toBeGreaterThanOrEqual(1_800)
  expect(principal.expiresAt - startedAt).toBeLessThanOrEqual(1_810)
  expect(records).toEqual([{ event: 'login.accepted', username: 'admin' }])
})

test('every login returns another token', async () => {
  const responses = [await login('user', 'user'), await login('user', 'user')]
  const [first, second] = responses.map(({ body }) => JSON.parse(body).authToken.split('.')[1])
  const jti = (payload: string) => JSON.parse(Buffer.from(payload, 'base64url').toString()).jti
  expect(jti(first)).not.toBe(jti(second))
})

test('an unknown name and a wrong password get equal responses and cost one hash each', async () => {
  const wrongPassword = await login('user', 'hunter2')
  const workForWrongPassword = hashes()
  vi.mocked(argon2Sync).mockClear()
  const unknownName = await login('nobody', 'hunter2')

  expect(parsed(wrongPassword)).toEqual(refused)
  expect(JSON.stringify(unknownName)).toBe(JSON.stringify(wrongPassword))
  expect(workForWrongPassword).toEqual(oneHash('hunter2'))
  expect(hashes()).toEqual(oneHash('hunter2'))
})

test('the log of a rejection omits the name, which may be a mistyped password', async () => {
  await login('user', 'hunter2')
  await login('hunter2', 'hunter2')
  const failure = {
    event: 'login.refused',
    code: 'invalid_credentials',
    reason: 'wrong username or password',
  }
  expect(records).toEqual([failure, failure])
})

test('a disabled user is rejected like a wrong password', async () => {
  const hash = await hashPassword('secret', Buffer.alloc(16, 7))
  const user = { ...newUser('mallory', 'admin', hash, new Date()), disabled: true }
  await addUser(tableOf(service, aws), user)
  vi.mocked(argon2Sync).mockClear()
  expect(parsed(await login('mallory', 'secret'))).toEqual(refused)
  expect(hashes()).toEqual(oneHash('secret'))
})

test('an invalid request costs no hash', async () => {
  expect(parsed(await login('not a name', 'user')).statusCode).toBe(422)
  expect(hashes()).toEqual([])
})

describe('login stores the session', () => {
  const sessions = async () => (await findSessions(tableOf(service, aws), 'user')).sessions

  /** Logs in while a test decides about each call to AWS, and returns the response and the new sessions. */
  async function loginOver(fateOf: (call: Call) => Fate | Promise<Fate>) {
    const before = new Set((await sessions()).map(({ id }) => id))
    const wire = await startWire(aws)
    wire.intercept(fateOf)
    const url = new URL(wire.url)
    const endpoints = { dynamodb: url, kms: url }
    const viaWire = await loadHandler(service, 'login', { ...aws, settings: { ...aws.settings, endpoints } })
    const event = loginEvent({ body: JSON.stringify({ username: 'user', password: 'user' }) })
    const response = parsed(await viaWire(event, lambdaContext()))
    wire.stop()
    return { response, added: (await sessions()).filter(({ id }) => !before.has(id)) }
  }
  const unavailable = { statusCode: 503, headers: { 'Retry-After': '5' } }

  test('in one round with the signature and the second read', async () => {
    const round = ['GetPublicKey', 'BatchGetItem', 'PutItem']
    const all = Promise.withResolvers<void>()
    let isHashed = false
    const { response, added } = await loginOver(async ({ operation }): Promise<Fate> => {
      if (!isHashed) {
        isHashed = true
      } else if (round.includes(operation)) {
        round.splice(round.indexOf(operation), 1)
        if (round.length === 0) all.resolve()
        // None of the three calls returns before all three have been sent.
        await all.promise
      }
      return 'pass'
    })
    expect(response.statusCode).toBe(200)
    expect(added).toMatchObject([{ id: response.body.refreshToken.slice(0, 22) }])
  })

  test('and deletes it when the signature fails, before or after it is stored', async () => {
    for (const last of ['PutItem', 'Sign']) {
      const before = (await sessions()).length
      const isSigned = Promise.withResolvers<void>()
      const { response, added } = await loginOver(async ({ operation }): Promise<Fate> => {
        if (operation === 'PutItem' && last === 'PutItem') await isSigned.promise
        if (operation !== 'Sign') return 'pass'
        if (last === 'Sign') await vi.waitUntil(async () => (await sessions()).length > before)
        isSigned.resolve()
        return 'refuse'
      })
      expect(response).toMatchObject(unavailable)
      expect(added).toEqual([])
    }
  })

  test('and deletes it when its user is disabled before the second read', async () => {
    const setDisabled = (disabled: boolean) =>
      changeUserWithRetries(tableOf(service, aws), 'user', () => ({ disabled }))
    let reads = 0
    const { response, added } = await loginOver(async ({ operation }): Promise<Fate> => {
      if (operation === 'BatchGetItem') reads += 1
      if (operation === 'BatchGetItem' && reads === 2) await setDisabled(true)
      return 'pass'
    })
    await setDisabled(false)
    expect(response).toEqual(refused)
    expect(added).toEqual([])
  })

  test('and deletes it when it is unknown whether it was stored', async () => {
    const { response, added } = await loginOver(({ operation }) =>
      operation === 'PutItem' ? 'cut after' : 'pass',
    )
    expect(response).toMatchObject(unavailable)
    expect(added).toEqual([])
  })
})
