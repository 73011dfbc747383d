import { expect, test } from 'vitest'
import { apiHandler, json, principalOf } from '../../packages/serverless-jwt-auth/handler.ts'
import { callerEvent, lambdaContext } from '../support/http/lambda.ts'

// What the package has for the tests of an application.

const now = new Date('2026-11-24T15:00:00Z')

test('principalOf takes the event of a caller', () => {
  expect(principalOf(callerEvent({ role: 'admin' }), now)).toEqual({
    userId: expect.stringMatching(/^[\w-]{22}$/),
    username: 'ada',
    role: 'admin',
    expiresAt: 4_102_444_800,
    generation: 1,
    sessionId: 'sample-session',
    acr: 'aal1',
    authTime: 1_795_532_400,
    attributes: {},
  })
})

test('the id of a caller depends on the username alone', () => {
  const idOf = (...given: Parameters<typeof callerEvent>) => principalOf(callerEvent(...given), now).userId
  expect(idOf({ role: 'user' })).toBe(idOf({ role: 'admin' }, { route: 'DELETE /notes/{id}' }))
  expect(idOf({ role: 'user', username: 'grace' })).not.toBe(idOf({ role: 'user' }))
})

test('attributes of a caller are those of principalOf', () => {
  // This repository's own application has no attributes.
  const attributes = { plan: 'pro', seats: 3 } as object
  expect(principalOf(callerEvent({ role: 'user', attributes }), now).attributes).toEqual(attributes)
})

test('the event has what a test sends, and nothing of the sample', async () => {
  const event = callerEvent(
    { role: 'user' },
    {
      route: 'PUT /notes/{id}',
      parameters: { id: '7' },
      query: { draft: '1' },
      headers: { 'If-Match': 'abc' },
      body: { text: 'Milk' },
    },
  )
  expect(event).toMatchObject({
    httpMethod: 'PUT',
    resource: '/notes/{id}',
    path: '/notes/7',
    pathParameters: { id: '7' },
    queryStringParameters: { draft: '1' },
    multiValueQueryStringParameters: { draft: ['1'] },
    headers: { 'If-Match': 'abc', 'Content-Type': 'application/json', Authorization: 'Bearer test' },
    body: '{"text":"Milk"}',
  })
  expect(JSON.stringify(event)).not.toContain('{{')
  expect(callerEvent({ role: 'user' })).toMatchObject({ httpMethod: 'GET', path: '/', body: null })
  expect(callerEvent({ role: 'user' }).queryStringParameters).toBeNull()
})

test('a handler of an application responds to the event', async () => {
  const handler = apiHandler(async (event, request) => {
    const { username } = principalOf(event, request.now, ['admin'])
    return json(200, { message: `Hello, ${username}!` })
  })
  const statusOf = async (role: 'user' | 'admin') =>
    (await handler(callerEvent({ role }), lambdaContext())).statusCode
  expect([await statusOf('admin'), await statusOf('user')]).toEqual([200, 403])
})
