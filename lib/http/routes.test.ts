import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import { expect, test } from 'vitest'
import { json } from './responses.ts'
import { routesHandler } from './routes.ts'

const handler = routesHandler({
  'GET /things': async () => json(200, { route: 'list' }),
  'DELETE /things/{id}': async ({ pathParameters }) => json(200, { removed: pathParameters?.id }),
})

const call = async (httpMethod: string, resource: string) => {
  const event = { httpMethod, resource, headers: {}, pathParameters: { id: '7' } }
  const context = { getRemainingTimeInMillis: () => 5_000 }
  const { statusCode, body } = await handler(event as unknown as APIGatewayProxyEvent, context as Context)
  return { statusCode, body: JSON.parse(body) }
}

test('a request goes to the route of its method and resource', async () => {
  expect(await call('GET', '/things')).toEqual({ statusCode: 200, body: { route: 'list' } })
  expect(await call('DELETE', '/things/{id}')).toEqual({ statusCode: 200, body: { removed: '7' } })
})

test.each([
  ['DELETE', '/things'],
  ['GET', '/things/7'],
  ['GET', 'toString'],
])('%s %s is not found', async (method, resource) => {
  expect(await call(method, resource)).toMatchObject({ statusCode: 404 })
})
