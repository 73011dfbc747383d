import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callerEvent, lambdaContext } from 'serverless-jwt-auth/test'
import { handler as adminContent } from './admin-content'
import { handler as userContent } from './user-content'

test('GET / greets the caller', async () => {
  const response = await userContent(callerEvent({ role: 'user', username: 'ada' }), lambdaContext())
  assert.equal(response.statusCode, 200)
  assert.deepEqual(JSON.parse(response.body), { message: 'Hello, ada!' })
})

test('GET /admin names the role', async () => {
  const response = await adminContent(callerEvent({ role: 'admin' }), lambdaContext())
  assert.equal(JSON.parse(response.body).role, 'admin')
})
