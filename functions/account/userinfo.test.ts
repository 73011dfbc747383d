import { describe, expect, test } from 'vitest'
import { changeUser } from '../../lib/users/store.ts'
import {
  call,
  eventOf,
  later,
  ok,
  problem,
  rejectsOtherContexts,
  stored,
  table,
  useRoutes,
} from '../../test/support/routes.ts'
import { addTestUser, testAct } from '../../test/support/users.ts'

useRoutes()

describe('GET /userinfo', () => {
  const ask = () => call('userinfo', 'userinfo')

  test('returns the caller without an address (events/userinfo.json)', async () => {
    const { id } = await stored()
    expect(await ask()).toEqual(ok({ sub: id, username: 'user', role: 'user' }))
  })

  test.each([true, false])('returns the address of the caller, verified: %s', async (emailVerified) => {
    const email = 'ada@example.org'
    const ada = await addTestUser(table, { username: 'ada', role: 'admin', email, emailVerified }, later(-1))
    const { requestContext } = await eventOf('userinfo')
    const caller = { userId: ada.id, generation: String(ada.generation) }
    const authorizer = { ...requestContext.authorizer, ...caller }
    expect(await call('userinfo', 'userinfo', { requestContext: { ...requestContext, authorizer } })).toEqual(
      ok({ sub: ada.id, username: 'ada', role: 'admin', email, email_verified: emailVerified }),
    )
  })

  const rejected = problem(401, 'Unauthorized', 'Could not validate credentials.')

  test('rejects a token that was revoked while API Gateway cached it', async () => {
    const event = await eventOf('userinfo')
    const user = await stored()
    const revoked = { role: 'admin', generation: user.generation + 1 } as const
    expect(await changeUser(table, user, { changes: revoked, changeId: 'a change' }, testAct())).toBe(true)
    expect(await call('userinfo', 'userinfo', event)).toEqual(rejected)
  })

  test('rejects the token of a disabled user, also if the generation is as in the token', async () => {
    const event = await eventOf('userinfo')
    const { id } = await stored()
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: { pk: { S: `user#${id}` }, sk: { S: 'profile' } },
      UpdateExpression: 'SET disabled = :true',
      ExpressionAttributeValues: { ':true': { BOOL: true } },
    })
    expect(await call('userinfo', 'userinfo', event)).toEqual(rejected)
  })

  test('rejects the token of a user who was removed while API Gateway cached it', async () => {
    const event = await eventOf('userinfo')
    const { id } = await stored()
    const Key = { pk: { S: `user#${id}` }, sk: { S: 'profile' } }
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
    expect(await call('userinfo', 'userinfo', event)).toEqual(rejected)
  })

  rejectsOtherContexts('userinfo')
})
