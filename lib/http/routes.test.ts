import { afterEach, expect, test, vi } from 'vitest'
import { inEnvironment } from '../../test/support/http/handlers.ts'
import { lambdaContext, loginEvent, parsed } from '../../test/support/http/lambda.ts'
import { json, noContent } from './responses.ts'
import { byRoute } from './routes.ts'
import { type TableRoute, tableHandler } from './table.ts'

const list: TableRoute = async (_event, { table }) => json(200, { name: table.name })
const rename: TableRoute<'SERVICE_NAME'> = async (event, { config, now }) =>
  json(200, { id: event.pathParameters?.id, name: config.SERVICE_NAME, now: now.getTime() > 0 })

const aws = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' }
const environment = { ...aws, TABLE_NAME: 'things', SERVICE_NAME: 'ada' }
const handler = tableHandler(
  ['SERVICE_NAME'],
  byRoute({
    'GET /things': list,
    'PATCH /things/{id}': rename,
    'DELETE /things': async () => noContent(),
  }),
)
const call = async (httpMethod: string, resource: string, more = {}, given = environment) =>
  parsed(await inEnvironment(given, handler)(loginEvent({ httpMethod, resource, ...more }), lambdaContext()))

afterEach(() => {
  vi.restoreAllMocks()
})

test('a request reaches the route of its method and path, with the settings', async () => {
  expect(await call('GET', '/things')).toMatchObject({ statusCode: 200, body: { name: 'things' } })
  expect(await call('PATCH', '/things/{id}', { pathParameters: { id: '7' } })).toMatchObject({
    statusCode: 200,
    body: { id: '7', name: 'ada', now: true },
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
  expect(await call('DELETE', '/things', {}, { ...environment, SERVICE_NAME: '' })).toMatchObject({
    statusCode: 500,
  })
  expect(log).toHaveBeenCalledOnce()
})
