import { expect, onTestFinished, vi } from 'vitest'
import config from '../../auth.config.ts'
import type { Role } from '../../lib/application/roles.ts'
import { type Administered, findAdministered } from '../../lib/operators/accounts.ts'
import { setDisabled, setRole } from '../../lib/operators/changes.ts'
import { removeUser } from '../../lib/users/names.ts'
import { allows, authorizationCache, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { expectSeen } from '../http/openapi/check.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import type { loadHandler } from '../support/http/handlers.ts'
import {
  begin as beginSession,
  call,
  context,
  eventOf,
  handlerOf,
  later,
  service,
  sessionIdOf,
  stored,
  table,
} from '../support/http/routes.ts'
import { testAct } from '../support/users/users.ts'
import type { Console } from './requests.ts'

// Operators who act as users, without HTTP.

/** The stage of a REST API. */
export const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev'

/** Sends `POST /act-as`. */
export const begin = async ({ id, cookie }: Console, body: object, headers: object = {}) =>
  expectSeen(
    'POST',
    '/act-as',
    await call('act-as', 'POST /act-as', {
      ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie), Operator: id, ...headers }),
      body: JSON.stringify(body),
    }),
  )

/** Sends `POST /act-as/token`. */
export const exchange = async (code: unknown) => {
  const response = await call('act-as', 'POST /act-as/token', { body: JSON.stringify({ code }) })
  return expectSeen('POST', '/act-as/token', response)
}

/** Begins an act, and returns its code. */
export async function codeFor(operator: Console, username: string): Promise<string> {
  const { id: userId } = await stored(username)
  const { statusCode, body } = await begin(operator, { userId, reason: 'support', ticket: 'T-1' })
  expect(statusCode).toBe(201)
  return body.code
}

/** Begins an act, and returns its token. */
export async function tokenFor(operator: Console, username: string): Promise<string> {
  const { statusCode, body } = await exchange(await codeFor(operator, username))
  expect(statusCode).toBe(200)
  return body.authToken
}

/**
 * Returns what the authorizer says of a token at a REST API, or `undefined` for 401.
 *
 * @param deployed - The authorizer of another deployment.
 */
export async function authorize(
  token: string,
  path = 'GET/',
  deployed?: Awaited<ReturnType<typeof loadHandler>>,
) {
  const handler: (event: object, context: object) => Promise<unknown> =
    deployed ?? Object(await handlerOf('authorizer'))
  const event = { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn: `${STAGE}/${path}` }
  try {
    return readAuthorization(await handler(event, context))
  } catch (error) {
    expect((error as Error).message).toBe('Unauthorized')
    return undefined
  }
}

/** Whether a route such as `GET/me` is open for a token. */
export async function opens(token: string, path: string): Promise<boolean> {
  const { statements = [] } = (await authorize(token, path)) ?? {}
  return allows(statements, `${STAGE}/${path}`)
}

const administered = async (username: string) =>
  (await findAdministered(table, (await stored(username)).id)) as Administered

const disable = async (username: string) =>
  setDisabled(table, await administered(username), { disabled: true, changeId: 'a change' }, testAct())

const giveRole = async (username: string, role: string) =>
  setRole(table, await administered(username), { role: role as Role, changeId: 'a change' }, testAct())

/** Sends `PUT /password`, as a user does who is signed in. */
async function changePassword(username: string, cookie: string): Promise<void> {
  const { id: userId, role, generation } = await stored(username)
  const { requestContext } = await eventOf('PUT /password')
  const caller = { userId, username, role, generation: String(generation), sessionId: sessionIdOf(cookie) }
  const authorizer = { ...requestContext.authorizer, ...caller }
  const body = JSON.stringify({ currentPassword: 'user', newPassword: 'another password for tests' })
  const changes = { requestContext: { ...requestContext, authorizer }, body }
  expect(await call('password', 'PUT /password', changes)).toMatchObject({ statusCode: 204 })
}

async function signOut(cookie: string): Promise<void> {
  const headers = withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) })
  expect(await call('logout', 'POST /logout', { ...headers, body: '{}' })).toMatchObject({ statusCode: 204 })
}

/** What ends an act. The operator is `support`, and the user `user`. */
export const ENDINGS: [what: string, act: (operator: Console) => Promise<unknown>][] = [
  ['the operator signs out', ({ cookie }) => signOut(cookie)],
  ['the operator is disabled', () => disable('support')],
  ['the operator loses the role', () => giveRole('support', 'user')],
  ['the operator gets another role', () => giveRole('support', 'admin')],
  ['the operator changes the password', ({ cookie }) => changePassword('support', cookie)],
  ['the operator is removed', async () => removeUser(table, await stored('support'), [], testAct())],
  ['the user is disabled', () => disable('user')],
  ['the user changes the password', async () => changePassword('user', await beginSession())],
  ['the user gets a permission', () => giveRole('user', 'support')],
  ['the user is removed', async () => removeUser(table, await stored('user'), [], testAct())],
]

const { can = {} } = config
const { support } = can

/** What `can` of a deployment may say that ends the acts of `support`. */
const NARROWED: [what: string, can: object][] = [
  ['takes `act-as`', { ...can, support: { ...support, may: ['users:read'] } }],
  ['takes the role of the user from `over`', { ...can, support: { ...support, over: [] } }],
  ['takes all permissions of the role', {}],
  ['gives the role of the user a permission', { ...can, user: { over: [], may: ['users:read'] } }],
]

/** Changes `can` until the end of the test, as a deployment does for all functions. */
async function deploy(narrowed: object): Promise<void> {
  Object.assign(config, { can: narrowed })
  onTestFinished(() => void Object.assign(config, { can }))
}

/** {@link ENDINGS}, and deployments that narrow `can`. */
export const ALL_ENDINGS: typeof ENDINGS = [
  ...ENDINGS,
  ...NARROWED.map(([what, narrowed]): (typeof ENDINGS)[number] => [
    `a deployment ${what}`,
    () => deploy(narrowed),
  ]),
]

/** Returns a gateway in front of `GET /`, which caches what the authorizer says of a token. */
export function gatewayOf(token: string): () => Promise<boolean> {
  const [content] = service.functions['user-content']?.events ?? []
  const cache = authorizationCache(Number(Object(content?.http.authorizer).resultTtlInSeconds))
  return async () => {
    const at = new Date()
    const cached = cache.find(token, at)
    const found = cached ?? (await authorize(token))
    if (found === undefined) return false
    if (cached === undefined) cache.store(token, found, at)
    return allows(found.statements, `${STAGE}/GET/`)
  }
}

/** Moves the clock. */
export const pass = (seconds: number) => vi.setSystemTime(later(seconds))
