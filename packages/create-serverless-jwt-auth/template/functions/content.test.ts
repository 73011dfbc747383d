import { callerEvent, lambdaContext } from 'serverless-jwt-auth/test'
import { expect, test } from 'vitest'
import { handler as adminContent } from './admin-content'
import { handler as userContent } from './user-content'

test('GET / greets the caller', async () => {
  const response = await userContent(callerEvent({ role: 'user', username: 'ada' }), lambdaContext())
  expect(response).toMatchObject({ statusCode: 200, body: '{"message":"Hello, ada!"}' })
})

test('GET /admin names the role', async () => {
  const response = await adminContent(callerEvent({ role: 'admin' }), lambdaContext())
  expect(JSON.parse(response.body)).toMatchObject({ role: 'admin' })
})
