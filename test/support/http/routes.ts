import { randomBytes } from 'node:crypto'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { getItems, type Item, type Table } from '../../../lib/aws/dynamodb.ts'
import { hashPassword, SALT_BYTES } from '../../../lib/passwords/hash.ts'
import { readRefreshToken } from '../../../lib/sessions/refresh-token.ts'
import { findSession } from '../../../lib/sessions/store.ts'
import { secondOf } from '../../../lib/time.ts'
import { findUserByName } from '../../../lib/users/store.ts'
import type { User } from '../../../lib/users/user.ts'
import { type EventSettings, type LocalAws, startLocalAws } from '../../../local/aws.ts'
import { fillTokens } from '../../../local/tokens.ts'
import { recordLogs } from '../logs.ts'
import {
  describeService,
  mailOf,
  resourcesOf,
  tableOf,
  tokenSourceOf,
} from '../process/service-description.ts'
import { addTestUser } from '../users/users.ts'
import { loadHandler } from './handlers.ts'
import { parsed, sampleEvent } from './lambda.ts'
import { codeOf, fieldError } from './problems.ts'

/** Settings of the functions in these tests, in place of those of serverless.yml. */
const SETTINGS = {
  AUTH_ALLOWED_ORIGINS: '',
  TOKEN_ISSUER: 'https://issuer.example',
  PUBLIC_URL: 'https://issuer.example',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: '900',
  SESSION_TTL_SECONDS: '86400',
  SESSION_IDLE_TTL_SECONDS: '7200',
}

const described = describeService()

/** The service with {@link SETTINGS}. */
export const service = {
  ...described,
  custom: {
    ...described.custom,
    auth: { ...described.custom.auth, tokens: { ...described.custom.auth.tokens, ...SETTINGS } },
  },
  functions: Object.fromEntries(
    Object.entries(described.functions).map(([key, { environment = {}, ...rest }]) => [
      key,
      { ...rest, environment: { ...environment, ...changesOf(environment) } },
    ]),
  ),
}

/** Returns those of {@link SETTINGS} that a function has. */
function changesOf(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(SETTINGS).filter(([name]) => name in environment))
}

/** An instant at which time stands still in these tests. */
export const now = new Date('2026-11-24T15:00:00.400Z')
export const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)

export const context = { getRemainingTimeInMillis: () => 5_000 } as Context

/** Hash of the password `user`, which both users of these tests have. */
export const hashOfUser = await hashPassword('user', randomBytes(SALT_BYTES))

/** Records that functions logged in the current test. */
export let records: unknown[]
/** Events that functions handed to the mailer in the current test. */
export let mailEvents: object[]
export let aws: LocalAws
export let table: Table

/**
 * Starts a store and KMS for the tests of a file. Each test begins at {@link now} with the users `user` and
 * `admin`, both with the role `user`, and nothing else in the store.
 *
 * @param events - How events leave, if they do.
 */
export function useRoutes(events?: EventSettings) {
  beforeAll(async () => {
    const mail = mailOf(service)
    aws = await startLocalAws(resourcesOf(service), service.provider.region, {
      ...mail,
      events,
      async invoke(name, event) {
        const key = ['fetch-client', 'publish-event'].find((one) => name.endsWith(`-${one}`))
        if (key !== undefined) {
          const handler: (event: object, context: Context) => unknown = await loadHandler(service, key, aws)
          return { isReturned: true, payload: JSON.stringify(await handler(event, context)) }
        }
        mailEvents.push(event)
        return mail.invoke()
      },
    })
    table = tableOf(service, aws)
  })
  afterAll(() => {
    vi.useRealTimers()
    aws.stop()
  })
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date'], now })
    const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
    for (const { pk, sk } of Items as Item[]) {
      await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key: { pk, sk } })
    }
    for (const username of ['user', 'admin']) {
      await addTestUser(table, { username, passwordHash: hashOfUser }, later(-86_400))
    }
    records = []
    mailEvents = []
    recordLogs(records)
  })
}

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>
const loaded = new Map<string, Promise<Handler>>()

/** Returns a function's handler. */
export function handlerOf(functionKey: string): Promise<Handler> {
  const handler = loaded.get(functionKey) ?? loadHandler(service, functionKey, aws)
  loaded.set(functionKey, handler)
  return handler
}

/** Returns a sample event with its tokens, and with other members in place of its own. */
export const eventOf = (sample: string, changes: Partial<APIGatewayProxyEvent> = {}) =>
  fillTokens<APIGatewayProxyEvent>(
    { ...sampleEvent(sample), ...changes },
    tokenSourceOf(service, aws),
    new Date(),
  )

/** Calls a function with a sample event. */
export async function call(
  functionKey: string,
  sample: string,
  changes: Partial<APIGatewayProxyEvent> = {},
): Promise<ReturnType<typeof parsed>> {
  const handler = await handlerOf(functionKey)
  return parsed(await handler(await eventOf(sample, changes), context))
}

export const refresh = (refreshToken: string) =>
  call('refresh', 'refresh', { body: JSON.stringify({ refreshToken }) })
export const logout = (refreshToken: string) =>
  call('logout', 'logout', { body: JSON.stringify({ refreshToken }) })
export const login = (password: string) =>
  call('login', 'login', { body: JSON.stringify({ username: 'user', password }) })

export const sessionIdOf = (refreshToken: string) => readRefreshToken(refreshToken).sessionId

/** Returns the record of what happened to the session of a refresh token. */
export const sessionEvent = (event: string, refreshToken: string) => {
  const { userId, sessionId } = readRefreshToken(refreshToken)
  return { event, userId, sessionId }
}

/** Returns a request on a protected route, with what the authorizer adds for a session. */
export async function behindAuthorizer(
  sample: string,
  sessionId: string,
): Promise<Partial<APIGatewayProxyEvent>> {
  const { requestContext } = await eventOf(sample)
  return { requestContext: { ...requestContext, authorizer: { ...requestContext.authorizer, sessionId } } }
}

/** Starts a session in a cookie and returns its refresh token. */
export async function begin(username = 'user'): Promise<string> {
  const { body } = await eventOf('refresh', { body: `{{${username} cookie token}}` })
  return body ?? ''
}

export const stored = async (username = 'user') => (await findUserByName(table, username)) as User
export async function sessionOf(refreshToken: string) {
  const { userId, sessionId } = readRefreshToken(refreshToken)
  return (await findSession(table, userId, sessionId)).session
}

/** Of the sample requests, which come over HTTPS. */
const noStore = {
  'Cache-Control': 'no-store',
  'Strict-Transport-Security': 'max-age=31536000',
  'X-Content-Type-Options': 'nosniff',
}
export const ok = (body: object) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json', ...noStore },
  body,
})
export const noContent = { statusCode: 204, headers: noStore, body: '' }
export const problem = (status: number, title: string, detail: string, more = {}, headers = {}) => ({
  statusCode: status,
  headers: { 'Content-Type': 'application/problem+json', ...noStore, ...headers },
  body: { type: 'about:blank', title, status, detail, code: codeOf(status, detail, more), ...more },
})
export const invalidToken = problem(401, 'Unauthorized', 'The refresh token is invalid or expired.')
export const invalid = (pointer: string, detail: string, more = {}) =>
  problem(422, 'Unprocessable Content', 'One or more fields are invalid.', {
    errors: [fieldError(pointer, detail, more)],
  })

export const throttled = (seconds: number) =>
  problem(
    429,
    'Too Many Requests',
    'Too many failed attempts. Try again later.',
    {},
    { 'Retry-After': String(seconds) },
  )

/** Returns the attempts counted at {@link now} for the user id and the source, the source, and the user id. */
export async function attempts(userId?: string): Promise<number[]> {
  const user = `user#${userId ?? (await stored()).id}`
  const source = '203.0.113.7'
  const items = await getItems(table, [
    { pk: { S: user }, sk: { S: `attempts#${source}#1795532400` } },
    { pk: { S: `source#${source}` }, sk: { S: 'attempts#1795532400' } },
    { pk: { S: user }, sk: { S: 'attempts#1795478400' } },
  ])
  return items.map((item) => Object(item?.ids).SS?.length ?? 0)
}

/** The response to a login and to a refresh. */
export const tokenPair = ok({
  authToken: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  tokenType: 'Bearer',
  expiresIn: 900,
  refreshToken: expect.stringMatching(/^[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}$/),
  refreshExpiresIn: 7_200,
})

/** Tests that a protected route rejects requests without the values that the authorizer adds. */
export function rejectsOtherContexts(functionKey: string, sample = functionKey) {
  describe('rejects a request', () => {
    test.each([
      ['without an authorizer context', undefined],
      ['with an authorizer context of another form', { principalId: 'user' }],
      ['with an unknown role', { role: 'root' }],
      ['with another form of user id', { userId: 'user' }],
      ['without a generation', { generation: undefined }],
      ['whose access token has expired', { expiresAt: String(secondOf(now)) }],
    ])('%s', async (_what, changed) => {
      const before = await stored()
      const { requestContext } = await eventOf(sample)
      const isWhole = changed !== undefined && !('principalId' in changed)
      const authorizer = isWhole ? { ...requestContext.authorizer, ...changed } : changed
      const changes = { requestContext: { ...requestContext, authorizer } } as Partial<APIGatewayProxyEvent>
      expect(await call(functionKey, sample, changes)).toEqual(
        problem(401, 'Unauthorized', 'Could not validate credentials.'),
      )
      expect(await stored()).toEqual(before)
    })
  })
}
