import { expect, test } from 'vitest'
import { loginEvent } from '../../test/support/http/lambda.ts'
import type { ApiRoute, Request } from './handler.ts'
import { json } from './responses.ts'
import { bySharedPath } from './shared-path.ts'

const shown: ApiRoute<Request & { via: string }> = async ({ resource, pathParameters }, { via }) =>
  json(200, { resource, pathParameters, via })

const shared = bySharedPath({
  'GET /admin-api/me': shown,
  'GET /admin-api/users/{id}': shown,
  'GET /admin-api/users/{id}/grants/{gid}': shown,
  'GET /proof/ways': shown,
  'POST /proof/mail': shown,
  'POST /proof/mail/confirm': shown,
})

test.each([
  ['GET /admin-api/{proxy+}', { proxy: 'me' }, '/admin-api/me', {}],
  ['GET /admin-api/{proxy+}', { proxy: 'users/a' }, '/admin-api/users/{id}', { id: 'a' }],
  [
    'GET /admin-api/{proxy+}',
    { proxy: 'users/a/grants/b' },
    '/admin-api/users/{id}/grants/{gid}',
    { id: 'a', gid: 'b' },
  ],
  ['GET /admin-api/{proxy+}', { proxy: 'users/%2e%2e' }, '/admin-api/users/{id}', { id: '%2e%2e' }],
  ['GET /proof/{step}', { step: 'ways' }, '/proof/ways', {}],
  ['POST /proof/{step}', { step: 'mail' }, '/proof/mail', {}],
  ['POST /proof/{step}/confirm', { step: 'mail' }, '/proof/mail/confirm', {}],
])('at the gateway, %s with %o is the route %s', async (route, pathParameters, resource, own) => {
  const { body } = await send(route, pathParameters)
  const [method] = route.split(' ')
  expect(JSON.parse(body)).toEqual({ resource, pathParameters: own, via: `${method} ${resource}` })
})

test.each<[route: string, parameter: string, values: string[]]>([
  ['POST /admin-api/{proxy+}', 'proxy', ['me']],
  ['GET /admin-api/{proxy+}', 'proxy', ['', 'me/', 'users', 'users/a/b', '%6De', 'users%2Fa', '__proto__']],
  ['GET /proof/{step}', 'step', ['mail']],
  ['POST /proof/{step}', 'step', ['', 'ways', 'Mail', 'mail ', 'mail/confirm', 'mail%2Fconfirm', '{step}']],
  ['POST /proof/{step}/confirm', 'step', ['ways', '__proto__']],
])('at the gateway, %s with the %s %j is no route', async (route, parameter, values) => {
  for (const value of values) {
    await expect(send(route, { [parameter]: value })).rejects.toMatchObject({ code: 'not_found' })
  }
})

const send = (route: string, pathParameters: Record<string, string>) => {
  const [httpMethod = '', resource = ''] = route.split(' ')
  return shared(loginEvent({ httpMethod, resource, pathParameters }), { via: route } as never)
}
