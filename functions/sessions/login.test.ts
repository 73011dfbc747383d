import { argon2Sync } from 'node:crypto'
import type { APIGatewayProxyResult } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { awsClient, withTimeout } from '../../lib/aws/client.ts'
import { getItems, transact } from '../../lib/aws/dynamodb.ts'
import { ServiceError } from '../../lib/errors.ts'
import { announcement, storeFactorReset } from '../../lib/mail/factor-reset.ts'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { isLive } from '../../lib/sessions/session.ts'
import { findSession, findSessions } from '../../lib/sessions/store.ts'
import { readUnverified, verifyAccessToken } from '../../lib/tokens/access-token.ts'
import { publicKeyCache } from '../../lib/tokens/public-keys.ts'
import { revokeSessions } from '../../lib/users/revocation.ts'
import { changeUser } from '../../lib/users/store.ts'
import { inEnvironment } from '../../test/support/http/handlers.ts'
import { loginEvent, parsed } from '../../test/support/http/lambda.ts'
import {
  aws,
  context,
  hashOfUser,
  later,
  now,
  problem,
  records,
  service,
  stored,
  table,
  throttled,
  tokenPair,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { environmentOf, tokenPartiesOf } from '../../test/support/process/service-description.ts'
import { edge, inRounds } from '../../test/support/rounds.ts'
import { addFakeFactor } from '../../test/support/users/fake-factor.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'
import { handler } from './login.ts'

// With the requested costs recorded.
vi.mock('node:crypto', async (original) => {
  const crypto = await original<typeof import('node:crypto')>()
  return { ...crypto, argon2Sync: vi.fn(crypto.argon2Sync) }
})
vi.mock('../../lib/aws/client.ts', async (original) =>
  (await import('../../test/support/rounds.ts')).withEdge(await original()),
)

useRoutes()
beforeEach(() => void vi.mocked(argon2Sync).mockClear())
afterEach(() => {
  edge.around = (call) => call
})

const SOURCE = '203.0.113.7'

async function respond(
  username: string,
  password: string,
  sourceIp = SOURCE,
): Promise<APIGatewayProxyResult> {
  const event = loginEvent({ body: JSON.stringify({ username, password }) })
  const { requestContext } = event
  const from = { ...requestContext, identity: { ...requestContext.identity, sourceIp } }
  const settings = environmentOf(service, 'login', aws)
  return inEnvironment(settings, handler)({ ...event, requestContext: from }, context)
}

const login = async (username: string, password: string, sourceIp?: string) =>
  parsed(await respond(username, password, sourceIp))

const hashes = () =>
  vi
    .mocked(argon2Sync)
    .mock.calls.splice(0)
    .map(([, { message, memory, passes }]) => [String(message), memory, passes])
const oneHash = (password: string) => [[password, 19_456, 2]]

const refused = problem(401, 'Unauthorized', 'Incorrect username or password.')
const unavailable = problem(
  503,
  'Service Unavailable',
  'The service is temporarily unavailable. Try again shortly.',
  {},
  { 'Retry-After': '5' },
)

/** Keys of the counters, whose windows begin at this test's {@link now} or its midnight. */
const PAIR = `name#user attempts#${SOURCE}#1795532400`
const OF_SOURCE = `source#${SOURCE} attempts#1795532400`
const OF_USER = 'name#user attempts#1795478400'
const MARK = `name#user known#${SOURCE}`

async function items(...names: string[]) {
  const keys = names.map((name) => {
    const [pk = '', sk = ''] = name.split(' ')
    return { pk: { S: pk }, sk: { S: sk } }
  })
  return getItems(table, keys)
}
const attempts = async (...names: string[]) =>
  (await items(...names)).map((item) => Object(item?.ids).SS?.length ?? 0)

describe('a complete sign-in', () => {
  test('returns a token pair whose access token verifies', async () => {
    const user = await stored()
    const response = await login('User', 'user')
    expect(response).toEqual(tokenPair)
    const { authToken, refreshToken } = response.body
    const call = withTimeout(awsClient(aws.settings), 4_500)
    const keys = await publicKeyCache()(call, [service.custom.auth.signingKey], undefined, now)
    const { userId, sessionId } = readRefreshToken(refreshToken)
    expect(await verifyAccessToken(readUnverified(authToken), keys, tokenPartiesOf(service), now)).toEqual({
      userId: user.id,
      username: 'user',
      role: 'user',
      expiresAt: 1_795_532_400 + 900,
      generation: user.generation,
      sessionId,
      acr: 'aal1',
      authTime: 1_795_532_400,
      attributes: {},
    })
    expect(userId).toBe(user.id)
    expect(records).toEqual([{ event: 'login.accepted', userId: user.id }])
  })

  test('stores its session', async () => {
    const user = await stored()
    const { body } = await login('user', 'user')
    const { sessionId } = readRefreshToken(body.refreshToken)
    expect(await findSessions(table, user.id)).toEqual({
      sessions: [
        {
          userId: user.id,
          id: sessionId,
          secretHash: expect.stringMatching(/^[\w-]{43}$/),
          salt: expect.stringMatching(/^[\w-]{43}$/),
          rotatedAtMs: 0,
          sessionGeneration: user.sessionGeneration,
          authTime: 1_795_532_400,
          lastUsedAt: 1_795_532_400,
          expiresAt: 1_795_532_400 + 7_200,
          shownUsedAt: 1_795_532_400,
          shownExpiresAt: 1_795_532_400 + 7_200,
          sourceIp: SOURCE,
          userAgent: 'curl/8.14.1',
          inCookie: false,
          amr: 'pwd',
        },
      ],
      withoutGrants: [],
      next: undefined,
    })
  })

  test('works by e-mail address, which is counted as a name of its own', async () => {
    const user = await addTestUser(table, {
      username: 'ada',
      email: 'ada@example.com',
      passwordHash: hashOfUser,
    })
    expect((await login('Ada@Example.com', 'wrong')).statusCode).toBe(401)
    const response = await login('Ada@Example.com', 'user')
    expect(readRefreshToken(response.body.refreshToken).userId).toBe(user.id)
    const sk = `attempts#${SOURCE}#1795532400`
    const [byAddress, byUsername] = await items(`name#ada@example.com ${sk}`, `name#ada ${sk}`)
    expect([byAddress === undefined, byUsername]).toEqual([false, undefined])
  })

  test('returns another token each time', async () => {
    const tokens = [await login('user', 'user'), await login('user', 'user')].map(({ body }) => body)
    expect(tokens[0].authToken).not.toBe(tokens[1].authToken)
    expect(tokens[0].refreshToken).not.toBe(tokens[1].refreshToken)
  })

  test('empties the pair, gives itself back, and marks the source as known', async () => {
    for (let guess = 0; guess < 9; guess += 1) await login('user', 'guess')
    expect(await attempts(PAIR, OF_SOURCE, OF_USER)).toEqual([9, 9, 9])
    expect(await login('user', 'user')).toEqual(tokenPair)
    expect(await attempts(PAIR, OF_SOURCE, OF_USER)).toEqual([0, 9, 9])
    const [mark] = await items(MARK)
    expect(mark?.expiresAt).toEqual({ N: String(1_795_532_400 + 86_400 + 60 * 86_400) })
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await login('user', 'guess')).toEqual(refused)
    }
    expect(await login('user', 'user')).toEqual(throttled(900))
  })

  test('replaces a weak hash', async () => {
    const weak = '$argon2id$v=19$m=8,t=1,p=1$'
    const salt = Buffer.alloc(16, 7)
    const tag = argon2Sync('argon2id', {
      message: Buffer.from('user'),
      nonce: salt,
      memory: 8,
      passes: 1,
      parallelism: 1,
      tagLength: 32,
    })
    const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
    await addTestUser(table, { username: 'ada', passwordHash: `${weak}${base64(salt)}$${base64(tag)}` })
    hashes()
    expect(await login('ada', 'user')).toEqual(tokenPair)
    expect(hashes()).toEqual([['user', 8, 1], ...oneHash('user')])
    expect((await stored('ada')).passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(await login('ada', 'user')).toEqual(tokenPair)
  })

  test('that a revocation overtakes leaves nothing alive', async () => {
    let isRevoked = false
    edge.around = (call) => async (service, operation, input) => {
      if (operation === 'TransactWriteItems' && !isRevoked) {
        isRevoked = true
        const user = await stored()
        await changeUser(table, user, { changes: revokeSessions(user), changeId: 'request' }, testAct())
      }
      return call(service, operation, input)
    }
    const { body } = await login('user', 'user')
    const { userId, sessionId } = readRefreshToken(body.refreshToken)
    const { session, user } = await findSession(table, userId, sessionId)
    expect(isRevoked).toBe(true)
    expect(session && isLive(session, user, now)).toBe(false)
    const { gen } = JSON.parse(Buffer.from(body.authToken.split('.')[1], 'base64url').toString())
    expect(gen).toBe((user?.generation ?? 0) - 1)
  })
})

describe('the correct password of a user with a second factor', () => {
  beforeEach(async () => addFakeFactor(table, await stored()))

  test('leads to that factor, and stores no session', async () => {
    const { id } = await stored()
    const response = await login('user', 'user')
    expect(response).toMatchObject({
      statusCode: 200,
      body: { next: 'second-factor', factors: ['totp'], loginToken: expect.any(String) },
    })
    expect(response.body).not.toHaveProperty('authToken')
    expect((await findSessions(table, id)).sessions).toEqual([])
    expect(records).toEqual([{ event: 'factor.required', userId: id }])
  })

  test('completes the sign-in after a reset of the factors has elapsed', async () => {
    const { id } = await stored()
    await storeFactorReset(table, id, 'request', testAct())
    expect((await login('user', 'user')).body.next).toBe('second-factor')
    await transact(table, [announcement(id, 'request', 86_400, later(-86_400))])
    expect(await login('user', 'user')).toEqual(tokenPair)
    expect((await stored()).factors).toBeUndefined()
    expect(records).toContainEqual({ event: 'factor.reset', userId: id, outcome: 'removed' })
  })
})

describe('a rejected sign-in', () => {
  test('is the same for an unknown name and a wrong password, and costs one hash', async () => {
    const responses: string[] = []
    for (const name of ['user', 'unknown']) {
      const response = await respond(name, 'hunter2')
      responses.push(JSON.stringify(response))
      expect(parsed(response)).toEqual(refused)
      expect(hashes()).toEqual(oneHash('hunter2'))
    }
    expect(responses[0]).toBe(responses[1])
  })

  test('is the same for a disabled user with the correct password', async () => {
    await addTestUser(table, { username: 'mallory', passwordHash: hashOfUser, disabled: true })
    expect(await login('mallory', 'user')).toEqual(refused)
    expect(hashes()).toEqual(oneHash('user'))
  })

  test('of an invalid request costs no hash, and is counted nowhere', async () => {
    expect((await login('not a name', 'user')).statusCode).toBe(422)
    expect(hashes()).toEqual([])
    expect(await attempts(OF_SOURCE)).toEqual([0])
  })

  test('is logged with the user id of a known name, and never with what was typed', async () => {
    await login('user', 'hunter2')
    await login('hunter2', 'user')
    await login('user', 'hunter2', '2001:db8:1:2:3::4')
    await login('user', 'hunter2', 'unknown')
    const wrong = {
      event: 'login.refused',
      code: 'invalid_credentials',
      reason: 'wrong username or password',
    }
    const userId = (await stored()).id
    expect(records).toEqual([
      { ...wrong, userId, source: '203.0.113.0/24' },
      { ...wrong, source: '203.0.113.0/24' },
      { ...wrong, userId, source: '2001:db8:1::/48' },
      { ...wrong, userId, source: 'unknown' },
    ])
    expect(JSON.stringify(records)).not.toContain('hunter2')
  })

  test('stays counted, and once if every write is sent twice', async () => {
    edge.around = (call) => async (service, operation, input) => {
      if (operation === 'UpdateItem') await call(service, operation, input).catch(() => undefined)
      return call(service, operation, input)
    }
    expect(await login('user', 'guess')).toEqual(refused)
    expect(await attempts(PAIR, OF_SOURCE, OF_USER)).toEqual([1, 1, 1])
  })
})

describe('a refused sign-in', () => {
  test('is the same for the correct password, a wrong one and an unknown name', async () => {
    for (let guess = 0; guess < 10; guess += 1) {
      expect(await login('user', 'guess')).toEqual(refused)
      expect(await login('unknown', 'guess')).toEqual(refused)
    }
    const before = await attempts(PAIR, OF_SOURCE, OF_USER)
    hashes()
    records.length = 0
    const responses = [
      await respond('user', 'user'),
      await respond('user', 'hunter2'),
      await respond('unknown', 'hunter2'),
    ]
    expect(responses.map(parsed)).toEqual(Array(3).fill(throttled(900)))
    expect(new Set(responses.map((response) => JSON.stringify(response))).size).toBe(1)
    expect(hashes()).toEqual([])
    expect(await attempts(PAIR, OF_SOURCE, OF_USER)).toEqual(before)
    const record = { event: 'login.throttled', code: 'too_many_attempts', reason: 'too many attempts' }
    const source = '203.0.113.0/24'
    const userId = (await stored()).id
    expect(records).toEqual([
      { ...record, userId, source },
      { ...record, userId, source },
      { ...record, source },
    ])
  })

  test('names the seconds until the window ends, when the next one begins', async () => {
    for (let guess = 0; guess < 10; guess += 1) await login('user', 'guess')
    vi.setSystemTime(later(899))
    expect(await login('user', 'user')).toEqual(throttled(1))
    vi.setSystemTime(later(900))
    expect(await login('user', 'user')).toEqual(tokenPair)
  })
})

describe('the rounds of calls', () => {
  /** Signs in once, and returns the rounds of its calls to AWS. */
  async function roundsOf(username: string, password: string, sourceIp = SOURCE) {
    let rounds = () => [] as string[][]
    edge.around = (call) => {
      const watched = inRounds(call)
      rounds = watched.rounds
      return watched.aws
    }
    const { statusCode } = await login(username, password, sourceIp)
    edge.around = (call) => call
    return { statusCode, rounds: rounds() }
  }
  const first = [`BatchGetItem name#user name, ${MARK}`, `UpdateItem ADD ${PAIR}`]
  const second = async () => [
    `BatchGetItem user#${(await stored()).id} profile`,
    `UpdateItem ADD ${OF_USER}`,
    `UpdateItem ADD ${OF_SOURCE}`,
  ]

  test('are five for a sign-in from a new source, and four from a known one', async () => {
    // The first sign-in of a function also reads the public key.
    await login('admin', 'user')
    const { rounds, statusCode } = await roundsOf('user', 'user')
    expect(statusCode).toBe(200)
    expect(rounds).toEqual([
      first,
      await second(),
      ['Sign', `UpdateItem DELETE ${OF_USER}`, `UpdateItem DELETE ${PAIR}`, `UpdateItem DELETE ${OF_SOURCE}`],
      ['TransactWriteItems'],
      [`UpdateItem SET ${MARK}`],
    ])
    expect((await roundsOf('user', 'user')).rounds).toHaveLength(4)
  })

  test('are two for a wrong password', async () => {
    expect(await roundsOf('user', 'guess')).toEqual({ statusCode: 401, rounds: [first, await second()] })
  })

  test('are one if the name and the source together have too many attempts', async () => {
    for (let guess = 0; guess < 10; guess += 1) await login('user', 'guess')
    expect(await roundsOf('user', 'user')).toEqual({ statusCode: 429, rounds: [first] })
  })

  test('are two and one that gives back if another counter is full', async () => {
    for (let guess = 0; guess < 50; guess += 1) await login(`unknown-${guess % 5}`, 'guess')
    expect(await roundsOf('user', 'user')).toEqual({
      statusCode: 429,
      rounds: [first, await second(), [`UpdateItem DELETE ${OF_USER}`]],
    })
  })
})

test('a store that fails at the first round makes a sign-in unavailable', async () => {
  edge.around = () => () => Promise.reject(new ServiceError('unavailable', 'the call failed'))
  expect(await login('user', 'user')).toEqual(unavailable)
  expect(hashes()).toEqual([])
})
