import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Item, Table } from '../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../lib/passwords/hash.ts'
import { findSession } from '../lib/sessions/store.ts'
import { secondOf } from '../lib/time.ts'
import { readUnverified, verifyAccessToken } from '../lib/tokens/access-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import { revokeTokens } from '../lib/users/revocation.ts'
import { addUser, changeUser, findUser } from '../lib/users/store.ts'
import { newUser, type User } from '../lib/users/user.ts'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { fillTokens } from '../local/tokens.ts'
import { inEnvironment } from '../test/support/handlers.ts'
import { describeService, resourcesOf, tableOf } from '../test/support/service-description.ts'

const service = describeService()
const settings = {
  TABLE_NAME: service.custom.tableName,
  SIGNING_KEY: service.custom.signingKey,
  TOKEN_ISSUER: 'the issuer',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: '900',
  SESSION_TTL_SECONDS: '86400',
  SESSION_IDLE_TTL_SECONDS: '7200',
  LIMIT_USER_AND_SOURCE: '5/900',
  LIMIT_SOURCE: '50/900',
  LIMIT_USER: '100/86400',
}
const parties = { issuer: settings.TOKEN_ISSUER, audience: settings.TOKEN_AUDIENCE }

let local: LocalAws
let table: Table
let handlers: Awaited<ReturnType<typeof loadHandlers>>

/** Loads the functions as Lambda does: with their environment, and fresh. */
async function loadHandlers(changes: Record<string, string> = {}) {
  const { region, credentials, endpoints } = local.settings
  const environment = {
    ...settings,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb.href,
    AWS_ENDPOINT_URL_KMS: endpoints.kms.href,
    ...changes,
  }
  vi.resetModules()
  const loaded = {
    login: (await import('./sessions/login.ts')).handler,
    refresh: (await import('./sessions/refresh.ts')).handler,
    logout: (await import('./sessions/logout.ts')).handler,
    sessions: (await import('./sessions/list.ts')).handler,
    'end-session': (await import('./sessions/end.ts')).handler,
    password: (await import('./account/password.ts')).handler,
  }
  return bindAll(environment, loaded)
}

const bindAll = <H extends Record<string, (...args: never[]) => unknown>>(
  environment: Record<string, string>,
  loaded: H,
): H =>
  Object.fromEntries(
    Object.entries(loaded).map(([name, handler]) => [name, inEnvironment(environment, handler)]),
  ) as H

const now = new Date('2026-11-24T15:00:00.400Z')
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const hashOfUser = hashPassword('user', randomBytes(SALT_BYTES))
let records: unknown[]

beforeAll(async () => {
  local = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  table = tableOf(service, local)
  handlers = await loadHandlers()
})
afterAll(() => {
  vi.useRealTimers()
  local.stop()
})

// Each test begins with two users from yesterday, and nothing else, at an instant that stands still.
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now })
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  for (const { pk, sk } of Items as Item[]) {
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
  }
  for (const username of ['user', 'admin']) {
    await addUser(table, newUser(username, 'user', hashOfUser, later(-86_400)))
  }
  records = []
  for (const method of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((record) => void records.push(record))
  }
})

const context = { getRemainingTimeInMillis: () => 5_000 } as Context

/** A sample event, its places filled, with other members in its place. */
async function eventOf(file: string, changes: Partial<APIGatewayProxyEvent> = {}) {
  const sample = JSON.parse(readFileSync(new URL(`../events/${file}.json`, import.meta.url), 'utf8'))
  const source = { aws: local, table: table.name, signingKey: settings.SIGNING_KEY, parties }
  return fillTokens<APIGatewayProxyEvent>({ ...sample, ...changes }, source, new Date())
}
const call = async (
  route: keyof typeof handlers,
  file: string,
  changes: Partial<APIGatewayProxyEvent> = {},
) => parsed(await handlers[route](await eventOf(file, changes), context))
const parsed = ({ body, ...answer }: APIGatewayProxyResult) => ({
  ...answer,
  body: body === '' ? body : JSON.parse(body),
})

const refresh = (refreshToken: string) =>
  call('refresh', 'refresh', { body: JSON.stringify({ refreshToken }) })
const logout = (refreshToken: string) => call('logout', 'logout', { body: JSON.stringify({ refreshToken }) })
const login = (password: string) =>
  call('login', 'login', { body: JSON.stringify({ username: 'user', password }) })
const sessionIdOf = (refreshToken: string) => refreshToken.split('.')[0] ?? ''

/** A request on a protected route, as it comes from behind the authorizer. */
async function behindAuthorizer(file: string, sessionId: string): Promise<Partial<APIGatewayProxyEvent>> {
  const { requestContext } = await eventOf(file)
  return { requestContext: { ...requestContext, authorizer: { ...requestContext.authorizer, sessionId } } }
}

/** The refresh token of a session that begins now. */
async function begin(username = 'user'): Promise<string> {
  const { body } = await eventOf('refresh', { body: `{{${username} refresh token}}` })
  return body ?? ''
}
const stored = async (username = 'user') => (await findUser(table, username)) as User
const sessionOf = async (refreshToken: string, username = 'user') =>
  (await findSession(table, username, sessionIdOf(refreshToken))).session

const noStore = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' }
const ok = (body: object) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json', ...noStore },
  body,
})
const noContent = { statusCode: 204, headers: noStore, body: '' }
const problem = (status: number, title: string, detail: string, more = {}, headers = {}) => ({
  statusCode: status,
  headers: { 'Content-Type': 'application/problem+json', ...noStore, ...headers },
  body: { type: 'about:blank', title, status, detail, ...more },
})
const badToken = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')
const notFound = problem(404, 'Not Found', 'Resource not found.')
const unavailable = problem(
  503,
  'Service Unavailable',
  'The service is temporarily unavailable. Try again shortly.',
  {},
  { 'Retry-After': '5' },
)
const invalid = (pointer: string, detail: string) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', { errors: [{ pointer, detail }] })
const pair = ok({
  authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  tokenType: 'Bearer',
  expiresIn: 900,
  refreshToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}\.user$/),
  refreshExpiresIn: 7_200,
})

describe('POST /refresh', () => {
  test('trades a refresh token for a fresh pair, as in events/refresh.json', async () => {
    expect(await call('refresh', 'refresh')).toEqual(pair)
  })

  test('keeps the session going under its id, with a token that works in its turn', async () => {
    const first = await begin()
    const tokens = [first]
    for (let time = 1; time <= 3; time += 1) {
      const answer = await refresh(tokens.at(-1) ?? '')
      expect(answer).toEqual(pair)
      tokens.push(answer.body.refreshToken)
    }
    expect(new Set(tokens).size).toBe(4)
    expect(new Set(tokens.map(sessionIdOf)).size).toBe(1)
    expect(await sessionOf(first)).toMatchObject({ generation: 3 })
  })

  test('answers with an access token of that session, that our own verification takes', async () => {
    const first = await begin()
    const { body } = await refresh(first)
    const keys = await publicKeyCache()(table.aws, [settings.SIGNING_KEY], undefined, now)
    expect(await verifyAccessToken(readUnverified(body.authToken), keys, parties, now)).toEqual({
      username: 'user',
      role: 'user',
      sessionId: sessionIdOf(first),
      issuedAt: secondOf(now),
      expiresAt: secondOf(now) + 900,
    })
  })

  test('lasts no longer than its absolute time, and says so', async () => {
    let token = await begin()
    const left: number[] = []
    for (let hours = 1; hours < 24; hours += 1) {
      vi.setSystemTime(later(hours * 3_600 - 1))
      const { body } = await refresh(token)
      token = body.refreshToken
      left.push(body.refreshExpiresIn)
    }
    expect(left).toEqual([...Array<number>(22).fill(7_200), 3_601])
    vi.setSystemTime(later(86_400))
    expect(await refresh(token)).toEqual(badToken)
  })

  test('answers a token that was just replaced with the very same next one, for ten seconds', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(9.999))
    const again = await refresh(token)
    expect(again).toMatchObject({ statusCode: 200, body: { refreshToken: body.refreshToken } })
    expect(again.body.authToken).not.toBe(body.authToken)
    expect(again.body.refreshExpiresIn).toBe(7_200 - 10)
    expect(await refresh(body.refreshToken)).toEqual(pair)
    expect(records).toEqual([])
  })

  test('takes it for reuse after that: the session is over, the next token too, and it is logged', async () => {
    const token = await begin()
    const { body } = await refresh(token)
    vi.setSystemTime(later(10))
    expect(await refresh(token)).toEqual(badToken)
    expect(await refresh(body.refreshToken)).toEqual(badToken)
    expect(records.slice(0, 1)).toEqual([
      { event: 'session.reuse', username: 'user', sessionId: sessionIdOf(token) },
    ])
    expect(JSON.stringify(records)).not.toContain(token.split('.')[1])
  })

  test('gives 50 at once one next token, and the session lives', async () => {
    const token = await begin()
    const events = await Promise.all(
      Array.from({ length: 50 }, () => eventOf('refresh', { body: JSON.stringify({ refreshToken: token }) })),
    )
    const answers = await Promise.all(events.map((event) => handlers.refresh(event, context)))
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]))
    const next = new Set(answers.map(({ body }) => JSON.parse(body).refreshToken))
    expect(next.size).toBe(1)
    expect(await sessionOf(token)).toMatchObject({ generation: 1 })
    expect(await refresh([...next][0])).toEqual(pair)
  })

  test('reads the role afresh', async () => {
    const token = await begin()
    const user = await stored()
    await changeUser(table, user, { role: 'admin', ...revokeTokens(user, now) })
    const { body } = await refresh(token)
    const claims = JSON.parse(Buffer.from(body.authToken.split('.')[1], 'base64url').toString())
    expect(claims).toMatchObject({ role: 'admin', iat: secondOf(now) + 1 })
  })

  test('refuses everything that is not good with the same bytes', async () => {
    const secret = randomBytes(32).toString('base64url')
    const [token, expired, disabled] = [await begin(), await begin(), await begin('admin')]
    await changeUser(table, await stored('admin'), { disabled: true })
    expect(await refresh(`${sessionIdOf(token)}.${secret}.user`)).toEqual(badToken)
    expect(await refresh(`${sessionIdOf(token)}.${token.split('.')[1]}.admin`)).toEqual(badToken)
    expect(await refresh(disabled)).toEqual(badToken)
    expect(await refresh('garbage')).toEqual(badToken)
    expect(await refresh('')).toEqual(badToken)
    expect(await call('refresh', 'refresh-unknown-token')).toEqual(badToken)
    vi.setSystemTime(later(3_599.9))
    expect(await refresh(expired)).toEqual(badToken)
  })

  test.each([
    ['no token', {}, invalid('#/refreshToken', 'Must be a string.')],
    ['a number', { refreshToken: 7 }, invalid('#/refreshToken', 'Must be a string.')],
    [
      'too long a token',
      { refreshToken: 'x'.repeat(257) },
      invalid('#/refreshToken', 'Must not exceed 256 characters.'),
    ],
    ['more', { refreshToken: 'x', everywhere: true }, invalid('#', 'Unknown fields are not allowed.')],
  ])('refuses a body with %s', async (_what, body, answer) => {
    expect(await call('refresh', 'refresh', { body: JSON.stringify(body) })).toEqual(answer)
  })

  test('changes nothing when the access token cannot be signed, and the token is as good as before', async () => {
    const token = await begin()
    const before = await sessionOf(token)
    const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken: token }) })
    const keyless = await loadHandlers({ SIGNING_KEY: 'alias/missing' })
    expect(parsed(await keyless.refresh(event, context))).toEqual(unavailable)
    expect(await sessionOf(token)).toEqual(before)
    expect(await refresh(token)).toEqual(pair)
  })
})

describe('POST /refresh, while the access token is being signed', () => {
  /** Refreshes, and right before KMS is first asked for anything lets something else happen. */
  async function refreshWhile(refreshToken: string, act: () => Promise<unknown>) {
    let acted: Promise<unknown> | undefined
    const kms = createServer(async (request, response) => {
      acted ??= act()
      await acted
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const { authorization = '', 'x-amz-date': date = '', 'x-amz-target': target = '' } = request.headers
      const answer = await fetch(local.settings.endpoints.kms, {
        method: 'POST',
        headers: { Authorization: authorization, 'X-Amz-Date': String(date), 'X-Amz-Target': String(target) },
        body: Buffer.concat(chunks),
      })
      response.writeHead(answer.status).end(await answer.text())
    })
    await once(kms.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(kms.address() as AddressInfo).port}`
    const slow = await loadHandlers({ AWS_ENDPOINT_URL_KMS: url })
    const event = await eventOf('refresh', { body: JSON.stringify({ refreshToken }) })
    const answer = parsed(await slow.refresh(event, context))
    kms.close()
    kms.closeAllConnections()
    expect(acted).toBeDefined()
    return answer
  }

  test('is refused when the session has ended meanwhile, and does not revive it', async () => {
    const token = await begin()
    expect(await refreshWhile(token, () => logout(token))).toEqual(badToken)
    expect(await sessionOf(token)).toBeUndefined()
  })

  test('answers with the next token that another request made meanwhile', async () => {
    const token = await begin()
    let other: Awaited<ReturnType<typeof refresh>> | undefined
    const answer = await refreshWhile(token, async () => {
      other = await refresh(token)
    })
    expect(answer).toEqual(pair)
    expect(answer.body.refreshToken).toBe(other?.body.refreshToken)
    expect(await sessionOf(token)).toMatchObject({ generation: 1 })
    expect(await refresh(answer.body.refreshToken)).toEqual(pair)
  })
})

describe('POST /logout', () => {
  test('ends the session, as in events/logout.json', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await call('logout', 'logout')).toEqual(noContent)
    expect(await logout(token)).toEqual(noContent)
    expect(await refresh(token)).toEqual(badToken)
    expect(await refresh(other)).toEqual(pair)
  })

  test('answers the same for a token that is not known, and ends nothing', async () => {
    const token = await begin()
    const unknown = `${sessionIdOf(token)}.${randomBytes(32).toString('base64url')}.user`
    for (const one of [unknown, 'garbage', '']) expect(await logout(one)).toEqual(noContent)
    expect(await refresh(token)).toEqual(pair)
  })

  test('ends all of the user’s when it is asked to, as in events/logout-everywhere.json', async () => {
    const [mine, others] = [await begin(), await begin('admin')]
    const before = await stored()
    expect(await call('logout', 'logout-everywhere')).toEqual(noContent)
    expect(await refresh(mine)).toEqual(badToken)
    expect((await refresh(others)).statusCode).toBe(200)
    const mark = secondOf(now) + 1
    expect(await stored()).toEqual({ ...before, validAfter: mark, sessionsValidAfter: mark })
  })

  test('ends one only when everywhere is false', async () => {
    const [mine, other] = [await begin(), await begin()]
    const body = JSON.stringify({ refreshToken: mine, everywhere: false })
    expect(await call('logout', 'logout', { body })).toEqual(noContent)
    expect([(await refresh(mine)).statusCode, (await refresh(other)).statusCode]).toEqual([401, 200])
  })

  test('is never undone by a refresh at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const token = await begin()
      const body = JSON.stringify({ refreshToken: token })
      const [refreshing, leaving] = [await eventOf('refresh', { body }), await eventOf('logout', { body })]
      const [refreshed, left] = await Promise.all([
        handlers.refresh(refreshing, context),
        handlers.logout(leaving, context),
      ])
      expect(parsed(left)).toEqual(noContent)
      expect(await sessionOf(token)).toBeUndefined()
      const { statusCode, body: answer } = parsed(refreshed)
      const next = statusCode === 200 ? answer.refreshToken : token
      expect(await refresh(next)).toEqual(badToken)
    }
  })

  test.each([
    ['no token', {}, '#/refreshToken', 'Must be a string.'],
    [
      'a word for everywhere',
      { refreshToken: 'x', everywhere: 'yes' },
      '#/everywhere',
      'Must be true or false.',
    ],
  ])('refuses a body with %s', async (_what, body, pointer, detail) => {
    expect(await call('logout', 'logout', { body: JSON.stringify(body) })).toEqual(invalid(pointer, detail))
  })
})

describe('GET /sessions', () => {
  const shown = (refreshToken: string, changes: object = {}) => ({
    id: sessionIdOf(refreshToken),
    createdAt: '2026-11-24T15:00:00.000Z',
    lastUsedAt: '2026-11-24T15:00:00.000Z',
    expiresAt: '2026-11-24T16:00:00.000Z',
    sourceIp: '127.0.0.1',
    userAgent: 'sample event',
    current: false,
    ...changes,
  })

  test('lists none where there is none, as in events/sessions.json', async () => {
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
  })

  test('lists one’s own, the one used last first, and says which is current', async () => {
    const [first, second] = [await begin(), await begin()]
    await begin('admin')
    vi.setSystemTime(later(60))
    await refresh(second)
    const from = await behindAuthorizer('sessions', sessionIdOf(first))
    const used = { lastUsedAt: '2026-11-24T15:01:00.000Z', expiresAt: '2026-11-24T17:01:00.000Z' }
    expect(await call('sessions', 'sessions', from)).toEqual(
      ok({ sessions: [shown(second, used), shown(first, { current: true })] }),
    )
  })

  test('lists none that is over: logged out, expired, or ended with all', async () => {
    const [gone, going] = [await begin(), await begin()]
    await logout(gone)
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [shown(going)] }))
    vi.setSystemTime(later(3_599.6))
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
    vi.setSystemTime(now)
    await call('logout', 'logout-everywhere')
    expect(await call('sessions', 'sessions')).toEqual(ok({ sessions: [] }))
  })

  test('says nothing that a session could be taken over with', async () => {
    const token = await begin()
    const session = await sessionOf(token)
    const { body } = await call('sessions', 'sessions')
    const text = JSON.stringify(body)
    for (const secret of [token.split('.')[1], session?.secretHash, session?.salt]) {
      expect(text).not.toContain(secret)
    }
  })

  test('shows a login as what it came from', async () => {
    await login('user')
    const { body } = await call('sessions', 'sessions')
    expect(body.sessions).toMatchObject([{ sourceIp: '203.0.113.7', userAgent: 'curl/8.14.1' }])
  })
})

describe('DELETE /sessions/{id}', () => {
  const end = (id: string) => call('end-session', 'end-session', { pathParameters: { id } })

  test('ends it, as in events/end-session.json', async () => {
    expect(await call('end-session', 'end-session')).toEqual(noContent)
    expect(await call('sessions', 'sessions')).toMatchObject({ body: { sessions: [] } })
  })

  test('ends that one alone, and one time', async () => {
    const [token, other] = [await begin(), await begin()]
    expect(await end(sessionIdOf(token))).toEqual(noContent)
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect(await refresh(token)).toEqual(badToken)
    expect(await refresh(other)).toEqual(pair)
  })

  test('does not find one that there is none of, as in events/end-session-unknown.json', async () => {
    expect(await call('end-session', 'end-session-unknown')).toEqual(notFound)
  })

  test('does not find another user’s, which goes on', async () => {
    const token = await begin('admin')
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect((await refresh(token)).statusCode).toBe(200)
  })

  test('does not find one that is over, though the store still has it', async () => {
    const token = await begin()
    vi.setSystemTime(later(3_599.6))
    expect(await end(sessionIdOf(token))).toEqual(notFound)
    expect(await sessionOf(token)).toBeDefined()
  })

  // The last is longer than a key of the store can be.
  test.each([
    ['nothing', ''],
    ['a word', 'profile'],
    ['a separator', '#'],
    ['a path', '../admin'],
    ['2,000 characters', 'x'.repeat(2_000)],
  ])('finds none of an id that is no id: %s', async (_what, id) => {
    expect(await end(id)).toEqual(notFound)
  })

  test('finds none without an id', async () => {
    expect(await call('end-session', 'end-session', { pathParameters: null })).toEqual(notFound)
  })
})

describe('PUT /password', () => {
  const change = (currentPassword: string, newPassword: string) =>
    call('password', 'password', { body: JSON.stringify({ currentPassword, newPassword }) })
  const wrong = invalid('#/currentPassword', 'Incorrect password.')
  const fresh = 'a longer one than that'

  test('replaces the password, as in events/password.json', async () => {
    expect(await call('password', 'password')).toEqual(noContent)
    expect(records).toEqual([{ event: 'password.changed', username: 'user' }])
    expect((await login('user')).statusCode).toBe(401)
    expect((await login(fresh)).statusCode).toBe(200)
  })

  test('kills the access tokens and ends all sessions but one’s own', async () => {
    const [mine, other] = [await begin(), await begin()]
    const before = await stored()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    expect(await call('password', 'password', from)).toEqual(noContent)
    const mark = secondOf(now) + 1
    expect(await stored()).toEqual({
      ...before,
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      changedAt: '2026-11-24T15:00:00.400Z',
      validAfter: mark,
      sessionsValidAfter: mark,
      survivingSession: sessionIdOf(mine),
    })
    expect(await refresh(other)).toEqual(badToken)
    // A token of the moment after is issued at the mark, one second on, and lives as long as any.
    expect((await refresh(mine)).statusCode).toBe(200)
  })

  test('lets no session survive that was ended while its access token was still known', async () => {
    const mine = await begin()
    const from = await behindAuthorizer('password', sessionIdOf(mine))
    await logout(mine)
    expect(await call('password', 'password', from)).toEqual(noContent)
    expect(await stored()).toMatchObject({ survivingSession: undefined })
    expect(await refresh(mine)).toEqual(badToken)
  })

  test('refuses a wrong current password, as in events/password-wrong-current.json, and changes nothing', async () => {
    const before = await stored()
    expect(await call('password', 'password-wrong-current')).toEqual(wrong)
    expect(await stored()).toEqual(before)
  })

  test('refuses a password that is too short, as in events/password-too-short.json', async () => {
    expect(await call('password', 'password-too-short')).toEqual(
      invalid('#/newPassword', 'Must be at least 15 characters.'),
    )
  })

  test.each([
    ['🙂'.repeat(14), 'Must be at least 15 characters.'],
    ['e\u0301'.repeat(14), 'Must be at least 15 characters.'],
    ['k'.repeat(129), 'Must not exceed 128 characters.'],
    ['PasswordPassword', 'Must not be a commonly used password.'],
  ])('refuses %s before it looks at the current password, and says why', async (newPassword, detail) => {
    const before = await stored()
    expect(await change('guess', newPassword)).toEqual(invalid('#/newPassword', detail))
    expect(await stored()).toEqual(before)
  })

  test('refuses the username in any case', async () => {
    const username = 'ada.lovelace-1815'
    const { requestContext } = await eventOf('password')
    const authorizer = { ...requestContext.authorizer, username }
    const body = JSON.stringify({ currentPassword: 'user', newPassword: 'Ada.Lovelace-1815' })
    const from = { requestContext: { ...requestContext, authorizer }, body }
    expect(await call('password', 'password', from)).toEqual(
      invalid('#/newPassword', 'Must not be the username.'),
    )
  })

  test('takes 15 emoji, and the same password in another normalisation form signs in', async () => {
    expect(await change('user', `caf\u00e9${'🙂'.repeat(11)}`)).toEqual(noContent)
    expect((await login(`cafe\u0301${'🙂'.repeat(11)}`)).statusCode).toBe(200)
  })

  test('is throttled as login is, and with it', async () => {
    for (let guess = 0; guess < 3; guess += 1) expect(await change('guess', fresh)).toEqual(wrong)
    for (let guess = 0; guess < 2; guess += 1) expect((await login('guess')).statusCode).toBe(401)
    const throttled = problem(
      429,
      'Too Many Requests',
      'Too many failed attempts. Try again later.',
      {},
      { 'Retry-After': '900' },
    )
    expect(await change('user', fresh)).toEqual(throttled)
    expect(await login('user')).toEqual(throttled)
    vi.setSystemTime(later(899))
    expect(await change('user', fresh)).toEqual({
      ...throttled,
      headers: { ...throttled.headers, 'Retry-After': '1' },
    })
    vi.setSystemTime(later(900))
    expect(await change('user', fresh)).toEqual(noContent)
  })

  test('twice at once has one winner, whose password is the one that signs in', async () => {
    const passwords = ['the first of the two', 'the second of the two']
    const events = await Promise.all(
      passwords.map((newPassword) =>
        eventOf('password', { body: JSON.stringify({ currentPassword: 'user', newPassword }) }),
      ),
    )
    const answers = (await Promise.all(events.map((event) => handlers.password(event, context)))).map(parsed)
    const conflict = problem(409, 'Conflict', 'The account was modified concurrently. Reload and try again.')
    expect(answers).toContainEqual(noContent)
    expect(answers).toContainEqual(conflict)
    const statuses = await Promise.all(passwords.map(async (password) => (await login(password)).statusCode))
    expect(statuses).toEqual(answers.map(({ statusCode }) => (statusCode === 204 ? 200 : 401)))
  })

  test('of a user who is gone is refused like a wrong password', async () => {
    const event = await eventOf('password')
    const Key = { pk: { S: 'user#user' }, sk: { S: 'profile' } }
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
    expect(parsed(await handlers.password(event, context))).toEqual(wrong)
    expect(await findUser(table, 'user')).toBeUndefined()
  })
})

describe.each([
  ['sessions', 'sessions'],
  ['end-session', 'end-session'],
  ['password', 'password'],
] as const)('%s without the context of our authorizer', (route, file) => {
  const refused = problem(401, 'Unauthorized', 'Could not validate credentials.')

  test.each([
    ['none', undefined],
    ['of another shape', { principalId: 'user' }],
    ['with another role', { username: 'user', role: 'root', expiresAt: '4102444800' }],
    ['that has expired', { username: 'user', role: 'user', expiresAt: String(secondOf(now)) }],
  ])('is refused: %s', async (_what, authorizer) => {
    const before = await stored()
    const { requestContext } = await eventOf(file)
    const from = { requestContext: { ...requestContext, authorizer } }
    expect(await call(route, file, from as Partial<APIGatewayProxyEvent>)).toEqual(refused)
    expect(await stored()).toEqual(before)
  })
})

describe('a stored hash that is beyond the bounds', () => {
  const beyond = `$argon2id$v=19$m=262145,t=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

  test.each(['login', 'password'] as const)(
    'is nobody’s password in %s, which goes on serving',
    async (route) => {
      const user = await stored()
      await changeUser(table, user, { passwordHash: beyond })
      const status = route === 'login' ? 401 : 422
      for (let time = 0; time < 2; time += 1) expect((await call(route, route)).statusCode).toBe(status)
      const refused = { event: 'hash.refused', reason: 'exceeds the cost limits' }
      expect(records.filter((record) => (record as { event: string }).event === 'hash.refused')).toEqual([
        refused,
        refused,
      ])
      expect(JSON.stringify(records)).not.toContain(beyond)
      await changeUser(table, { ...user, passwordHash: beyond }, { passwordHash: hashOfUser })
      expect((await call(route, route)).statusCode).toBe(route === 'login' ? 200 : 204)
    },
  )
})
