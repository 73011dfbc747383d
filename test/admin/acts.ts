import { expect, vi } from 'vitest'
import { endSession } from '../../lib/sessions/store.ts'
import { removeUser } from '../../lib/users/names.ts'
import { changeUser, type UserChanges } from '../../lib/users/store.ts'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { call, context, handlerOf, later, sessionIdOf, stored, table } from '../support/http/routes.ts'
import { testAct } from '../support/users/users.ts'
import { type Console, expectSeen } from './requests.ts'

// Operators who act as users, without HTTP.

const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev'

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

/** Returns what the authorizer says of a token at a REST API, or `undefined` for 401. */
export async function authorize(token: string, path = 'GET/') {
  const handler: (event: object, context: object) => Promise<unknown> = Object(await handlerOf('authorizer'))
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

async function change(username: string, changes: UserChanges): Promise<void> {
  const user = await stored(username)
  const all = { generation: user.generation + 1, ...changes }
  expect(await changeUser(table, user, { changes: all, changeId: 'a change' }, testAct())).toBe(true)
}

/** What ends an act. The operator is `support`, and the user `user`. */
export const ENDINGS: [what: string, act: (operator: Console) => Promise<unknown>][] = [
  [
    'the operator signs out',
    ({ id, cookie }) => endSession(table, { userId: id, id: sessionIdOf(cookie) }, 'signed-out', testAct()),
  ],
  ['the operator is disabled', () => change('support', { disabled: true })],
  ['the operator loses the role', () => change('support', { role: 'user' })],
  ['the operator gets another role', () => change('support', { role: 'admin' })],
  ['the operator changes the password', () => change('support', { passwordHash: 'another' })],
  ['the operator is removed', async () => removeUser(table, await stored('support'), [], testAct())],
  ['the user is disabled', () => change('user', { disabled: true })],
  ['the user changes the password', () => change('user', { passwordHash: 'another' })],
  ['the user gets a permission', () => change('user', { role: 'support' })],
  ['the user is removed', async () => removeUser(table, await stored('user'), [], testAct())],
]

/** Moves the clock. */
export const pass = (seconds: number) => vi.setSystemTime(later(seconds))
