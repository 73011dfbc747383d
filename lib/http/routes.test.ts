import { afterEach, expect, test, vi } from 'vitest'
import { lambdaContext, loginEvent, parsed } from '../../test/support/lambda.ts'
import { json, noContent } from './responses.ts'
import { type RouteHandler, routesHandler } from './routes.ts'

type Settings = { name: string }

const list: RouteHandler<Settings> = async (_event, _request, { name }) => json(200, { name })
const rename: RouteHandler<Settings> = async (event, { now }) =>
  json(200, { id: event.pathParameters?.id, now: now.getTime() > 0 })

const settings = vi.fn(() => ({ name: 'ada' }))
const handler = routesHandler({
  settings,
  routes: { 'GET /things': list, 'PATCH /things/{id}': rename, 'DELETE /things': async () => noContent() },
})
const call = async (httpMethod: string, resource: string, more = {}) =>
  parsed(await handler({ ...loginEvent({ httpMethod, resource, ...more }) }, lambdaContext()))

afterEach(() => {
  vi.restoreAllMocks()
})

test('a request reaches the route of its method and path, with the settings', async () => {
  expect(await call('GET', '/things')).toMatchObject({ statusCode: 200, body: { name: 'ada' } })
  expect(await call('PATCH', '/things/{id}', { pathParameters: { id: '7' } })).toMatchObject({
    statusCode: 200,
    body: { id: '7', now: true },
  })
})

test.each([
  ['POST', '/things'],
  ['GET', '/things/{id}'],
  ['get', '/things'],
  ['GET', '/things/'],
])('%s %s without a route returns 404', async (method, path) => {
  vi.spyOn(console, 'info').mockReturnValue()
  expect(await call(method, path)).toMatchObject({ statusCode: 404, body: { detail: 'Resource not found.' } })
})

test('a missing setting is an error of every route', async () => {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  settings.mockImplementationOnce(() => {
    throw new Error('Invalid configuration: NAME is missing')
  })
  expect(await call('DELETE', '/things')).toMatchObject({ statusCode: 500 })
  expect(log).toHaveBeenCalledOnce()
})
