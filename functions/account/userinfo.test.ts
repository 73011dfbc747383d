import { describe, expect, test, vi } from 'vitest'
import { changeUser } from '../../lib/users/store.ts'
import {
  call,
  eventOf,
  later,
  ok,
  problem,
  service,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'

useRoutes()

/** With a challenge, as the function sends it. */
const rejectedWith = (challenge: string) =>
  problem(401, 'Unauthorized', 'Could not validate credentials.', {}, { 'WWW-Authenticate': challenge })
/** Of a request without a bearer token. */
const unasked = rejectedWith('Bearer realm="userinfo"')
const rejected = rejectedWith('Bearer realm="userinfo", error="invalid_token"')

describe.each(['userinfo', 'POST /userinfo'])('the sample %s', (sample) => {
  const ask = (event = {}) => call('userinfo', sample, event)

  test('returns the caller without an address', async () => {
    const { id } = await stored()
    expect(await ask()).toEqual(ok({ sub: id, username: 'user', role: 'user' }))
  })

  test.each([true, false])('returns the address of the caller, verified: %s', async (emailVerified) => {
    const email = 'ada@example.org'
    const ada = await addTestUser(table, { username: 'ada', role: 'admin', email, emailVerified }, later(-1))
    expect(
      await ask({ headers: { Authorization: 'Bearer {{ada token}}', 'X-Forwarded-Proto': 'https' } }),
    ).toEqual(ok({ sub: ada.id, username: 'ada', role: 'admin', email, email_verified: emailVerified }))
  })

  test('rejects a revoked token', async () => {
    const event = await eventOf(sample)
    const user = await stored()
    const revoked = { role: 'admin', generation: user.generation + 1 } as const
    expect(await changeUser(table, user, { changes: revoked, changeId: 'a change' }, testAct())).toBe(true)
    expect(await ask(event)).toEqual(rejected)
  })

  test('rejects the token of a disabled user, also if the generation is as in the token', async () => {
    const event = await eventOf(sample)
    const { id } = await stored()
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: { pk: { S: `user#${id}` }, sk: { S: 'profile' } },
      UpdateExpression: 'SET disabled = :true',
      ExpressionAttributeValues: { ':true': { BOOL: true } },
    })
    expect(await ask(event)).toEqual(rejected)
  })

  test('rejects the token of a user who was removed', async () => {
    const event = await eventOf(sample)
    const { id } = await stored()
    const Key = { pk: { S: `user#${id}` }, sk: { S: 'profile' } }
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
    expect(await ask(event)).toEqual(rejected)
  })

  test('accepts a token until the second before its end', async () => {
    const event = await eventOf(sample)
    vi.setSystemTime(later(1_799))
    expect((await ask(event)).statusCode).toBe(200)
    vi.setSystemTime(later(1_800))
    expect(await ask(event)).toEqual(rejected)
  })

  test.each([
    ['no header', {}],
    ['another scheme', { Authorization: 'Basic {{user token}}' }],
    ['no token', { Authorization: 'Bearer ' }],
    ['two tokens', { Authorization: 'Bearer {{user token}} {{user token}}' }],
    ['a forged token', { Authorization: 'Bearer {{forged user token}}' }],
    ['an expired token', { Authorization: 'Bearer {{expired user token}}' }],
    ['a refresh token', { Authorization: 'Bearer {{user refresh token}}' }],
    ['what is no token', { Authorization: 'Bearer a.b.c' }],
  ])('rejects %s, with a challenge', async (_what, headers: Record<string, string>) => {
    // The authorizer's context is not read: the route has none.
    const sent = { 'X-Forwarded-Proto': 'https', ...headers }
    const hasToken = headers.Authorization?.startsWith('Bearer ')
    expect(await ask({ headers: sent })).toEqual(hasToken ? rejected : unasked)
  })
})

test('takes no token from a form or a query', async () => {
  const { headers } = await eventOf('userinfo')
  const token = String(headers.Authorization).replace('Bearer ', '')
  const https = { 'X-Forwarded-Proto': 'https' }
  const form = {
    headers: { ...https, 'Content-Type': 'application/x-www-form-urlencoded' },
    body: `access_token=${token}`,
  }
  expect(await call('userinfo', 'POST /userinfo', form)).toEqual(unasked)
  const query = { headers: https, queryStringParameters: { access_token: token } }
  expect(await call('userinfo', 'userinfo', query)).toEqual(unasked)
})

test('the route has no authorizer, because it takes tokens that the authorizer refuses', () => {
  const events = service.functions.userinfo?.events ?? []
  expect(events.map(({ http }) => Object(http).authorizer)).toEqual([undefined, undefined])
})
