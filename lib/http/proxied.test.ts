import { expect, test } from 'vitest'
import { loginEvent } from '../../test/support/http/lambda.ts'
import { proxied } from './proxied.ts'
import { json } from './responses.ts'

const shown = async (
  { resource, pathParameters }: { resource: string; pathParameters: object | null },
  { via }: { via: string },
) => json(200, { resource, pathParameters, via })

const route = proxied('/admin-api', {
  'GET /admin-api/me': shown as never,
  'GET /admin-api/users/{id}': shown as never,
  'GET /admin-api/users/{id}/grants/{gid}': shown as never,
})
test.each([
  ['me', '/admin-api/me', {}],
  ['users/a', '/admin-api/users/{id}', { id: 'a' }],
  ['users/a/grants/b', '/admin-api/users/{id}/grants/{gid}', { id: 'a', gid: 'b' }],
  ['users/%2e%2e', '/admin-api/users/{id}', { id: '%2e%2e' }],
])('GET %s is the route %s', async (proxy, resource, pathParameters) => {
  const { body } = await send('GET', proxy)
  expect(JSON.parse(body)).toEqual({ resource, pathParameters, via: `GET ${resource}` })
})

test.each([
  ['POST', 'me'],
  ['GET', ''],
  ['GET', 'me/'],
  ['GET', 'users'],
  ['GET', 'users/a/b'],
  ['GET', '%6De'],
  ['GET', 'users%2Fa'],
  ['GET', '__proto__'],
])('%s %j is no route', async (method, proxy) => {
  await expect(send(method, proxy)).rejects.toMatchObject({ code: 'not_found' })
})

const send = (httpMethod: string, proxy: string) =>
  route(
    { ...loginEvent({}), httpMethod, resource: '/admin-api/{proxy+}', pathParameters: { proxy } },
    {} as never,
  )
