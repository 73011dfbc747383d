import { describe, expect, test } from 'vitest'
import { changeUser } from '../../lib/users/store.ts'
import { permissions } from '../../test/infrastructure/permissions.ts'
import { startWire } from '../../test/support/aws/wire.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import {
  aws,
  call,
  context,
  eventOf,
  later,
  now,
  ok,
  problem,
  rejectsOtherContexts,
  service,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'

useRoutes()

/** Returns the attributes that the condition of a permission lists. */
const attributesIn = (condition: unknown): string[] =>
  Object(condition)['ForAllValues:StringEquals']['dynamodb:Attributes']

describe('GET /me', () => {
  const times = { createdAt: later(-86_400).toISOString(), changedAt: later(-86_400).toISOString() }

  test('returns the caller without an address', async () => {
    const { id } = await stored()
    expect(await call('me', 'me')).toEqual(
      ok({ sub: id, username: 'user', role: 'user', ...times, factors: [] }),
    )
  })

  test.each([true, false])('returns the whole profile but secrets, verified: %s', async (emailVerified) => {
    const email = 'ada@example.org'
    const emailAsWritten = 'Ada@Example.org'
    const createdAt = later(-600).toISOString()
    const locale = 'en'
    const externalId = 'auth0|5f7c8ec7c33c6c004bbafe82'
    const ada = await addTestUser(
      table,
      { username: 'ada', role: 'admin', email, emailVerified, emailAsWritten, locale, createdAt, externalId },
      now,
    )
    const { requestContext } = await eventOf('me')
    const caller = { userId: ada.id, generation: String(ada.generation) }
    const authorizer = { ...requestContext.authorizer, ...caller }
    const response = await call('me', 'me', { requestContext: { ...requestContext, authorizer } })
    const { id: sub, changedAt } = ada
    const own = { sub, username: 'ada', role: 'admin', email, email_verified: emailVerified, locale }
    expect(response).toEqual(ok({ ...own, emailAsWritten, createdAt, changedAt, factors: [], externalId }))
    // A new attribute of the profile is either returned, or listed here.
    const counters = ['changeId', 'generation', 'sessionGeneration', 'survivingSession']
    const secret = ['passwordHash', 'passwordFrom', 'mustEnrol', ...counters]
    const returned = [
      'id',
      'username',
      'role',
      'email',
      'emailVerified',
      'emailAsWritten',
      'locale',
      'createdAt',
      'changedAt',
      'factors',
      'externalId',
      // Returned if the application has some.
      'attributes',
    ]
    // A disabled user gets no response.
    const known = [...secret, ...returned, 'disabled']
    expect(Object.keys(await stored('ada')).sort()).toEqual(known.sort())
  })

  test('reads neither the password hash nor internal values', async () => {
    const wire = await startWire(aws)
    const endpoints = { ...aws.settings.endpoints, dynamodb: new URL(wire.url) }
    const handler = await loadHandler(service, 'me', { ...aws, settings: { ...aws.settings, endpoints } })
    expect((await handler(await eventOf('me'), context)).statusCode).toBe(200)
    wire.stop()
    const [read, ...others] = wire.calls()
    expect(others).toEqual([])
    const [request] = Object.values<object>(JSON.parse(String(read?.body)).RequestItems)
    const permitted = permissions({})
      .me?.slice(0, 1)
      .flatMap(({ Condition }) => attributesIn(Condition))
    expect(request).toMatchObject({
      ProjectionExpression: permitted?.map((name) => `#${name}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(permitted?.map((name) => [`#${name}`, name]) ?? []),
    })
    for (const name of ['passwordHash', 'changeId', 'sessionGeneration', 'survivingSession']) {
      expect(permitted).not.toContain(name)
    }
  })

  const rejected = problem(401, 'Unauthorized', 'Could not validate credentials.')

  test.each([{ generation: 1 }, { disabled: true }])(
    'rejects a token that was revoked while API Gateway cached it: %j',
    async (change) => {
      const event = await eventOf('me')
      const user = await stored()
      const { generation } = user
      expect(
        await changeUser(
          table,
          user,
          { changes: { generation, ...change }, changeId: 'a change' },
          testAct(),
        ),
      ).toBe(true)
      expect(await call('me', 'me', event)).toEqual(rejected)
    },
  )

  test('rejects the token of a user who was removed while API Gateway cached it', async () => {
    const event = await eventOf('me')
    const { id } = await stored()
    const Key = { pk: { S: `user#${id}` }, sk: { S: 'profile' } }
    await table.aws('dynamodb', 'DeleteItem', { TableName: table.name, Key })
    expect(await call('me', 'me', event)).toEqual(rejected)
  })

  rejectsOtherContexts('me')
})
