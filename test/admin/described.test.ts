import { beforeEach, describe, expect, test } from 'vitest'
import { writeIf } from '../../lib/aws/dynamodb.ts'
import { ADMIN } from '../../lib/openapi/routes/admin.ts'
import { parseRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { sessionKey } from '../../lib/sessions/store.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { aws, later, service, table, useRoutes } from '../support/http/routes.ts'
import { fillLimits } from './limits.ts'
import { add, type Console, openConsole, send } from './requests.ts'

// Each request compares its response with the API description.

useRoutes()

let ada: Console
let target: string
beforeEach(async () => {
  await add('admin', 'ada')
  ada = await openConsole('ada')
  target = (await add('user', 'eve')).id
})

const ROUTES = ADMIN.routes.filter(({ cookie }) => cookie === 'needs')
const nameOf = ({ method, path }: (typeof ROUTES)[number]) => `${method.toUpperCase()} ${path}`
const requestOf = (route: (typeof ROUTES)[number]) =>
  nameOf(route)
    .replace('/admin-api/', '')
    .replace('{id}', target)
    .replace('{sid}', 'a-session')
    .replace('{gid}', 'an-app')
const bodyOf = ({ body }: (typeof ROUTES)[number]) =>
  body && { body: Object(Object.values(body.examples)[0]).value }

describe.each(ROUTES.map((route) => [nameOf(route), route] as const))('%s', (_, route) => {
  const ask = (by: Console, more: object = {}) => send(by, requestOf(route), { ...bodyOf(route), ...more })

  test('repeats a request with the cookie of before another sign-in', async () => {
    const { userId = '', sessionId = '' } = { ...parseRefreshToken(ada.cookie) }
    await writeIf(table, 'UpdateItem', {
      Key: sessionKey({ userId, id: sessionId }),
      UpdateExpression: 'ADD authTime :one',
      ExpressionAttributeValues: { ':one': { N: '1' } },
    })
    expect(await ask(ada)).toMatchObject({ statusCode: 409, body: { error: 'session_changed' } })
  })

  test('asks for a sign-in of today', async () => {
    const { body } = await ask(await openConsole('ada', later(-43_201)))
    expect(body).toMatchObject({ status: 401, error: 'insufficient_user_authentication' })
  })

  test.runIf(route.problems?.includes('too_many_mails'))('is limited', async () => {
    await fillLimits(table, ada.id)
    expect((await ask(ada)).statusCode).toBe(429)
  })

  test.runIf(route.body).each([
    [400, { body: '{' }],
    [413, { body: `{"a":"${'a'.repeat(8_192)}"}` }],
    [422, { body: { unknown: true } }],
    [415, { headers: { 'Content-Type': 'text/plain' } }],
  ])('rejects another body with %i', async (status, more) => {
    expect((await ask(ada, more)).statusCode).toBe(status)
  })
})

test.each([
  [400, { body: '{' }],
  [413, { body: `{"a":"${'a'.repeat(8_192)}"}` }],
  [415, { headers: { 'Content-Type': 'text/plain', Cookie: '' }, body: {} }],
  [422, { body: { code: 1 } }],
])('POST /act-as/token rejects another body with %i', async (status, more) => {
  expect((await send(ada, 'POST /act-as/token', more)).statusCode).toBe(status)
})

test('POST …/grants/{gid}/end of an app that has no access is a 404', async () => {
  const { headers } = await send(ada, `GET users/${target}`)
  const match = String(headers?.ETag)
  expect((await send(ada, `POST users/${target}/grants/an-app/end`, { match })).statusCode).toBe(404)
})

/** Returns `GET /admin-api/me` by a function that has another value of `ACT_AS_ORIGINS`. */
async function meWith(ACT_AS_ORIGINS: string | undefined, by: Console) {
  const definition = service.functions['admin-read']
  const { ACT_AS_ORIGINS: _, ...environment } = { ...definition?.environment }
  const read = {
    ...definition,
    environment: { ...environment, ...(ACT_AS_ORIGINS !== undefined && { ACT_AS_ORIGINS }) },
  }
  const functions = { ...service.functions, 'admin-read': read } as typeof service.functions
  const { statusCode, body } = await send(by, 'GET me', {
    handler: await loadHandler({ ...service, functions }, 'admin-read', aws),
  })
  expect(statusCode).toBe(200)
  return body
}

test('GET me names the pages where an operator may act as users, and as users of which roles', async () => {
  await add('support')
  const origins = ['https://app.example.com', 'https://shop.example.com']
  for (const operator of [ada, await openConsole('support')]) {
    expect((await meWith(origins.join(','), operator)).actAs).toEqual({ origins, roles: ['user'] })
    expect((await meWith('', operator)).actAs).toEqual({ origins: [], roles: ['user'] })
    expect(await meWith(undefined, operator)).not.toHaveProperty('actAs')
  }
})

test('POST /act-as of a user who changes meanwhile is a 409', async () => {
  const proxy = await startProxy(aws.settings.endpoints.dynamodb)
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxy.url }
  const handler = await loadHandler(service, 'act-as', { ...aws, settings: { ...aws.settings, endpoints } })
  const reasons = ['None', 'ConditionalCheckFailed', 'None', 'None', 'None'].map((Code) => ({ Code }))
  const say = JSON.stringify({ __type: 'x#TransactionCanceledException', CancellationReasons: reasons })
  proxy.inject({
    operation: 'TransactWriteItems',
    text: 'act.started',
    say: (response) => void response.writeHead(400).end(say),
  })
  const body = { userId: target, reason: 'support' }
  expect((await send(ada, 'POST /act-as', { body, handler })).statusCode).toBe(409)
  proxy.close()
})
