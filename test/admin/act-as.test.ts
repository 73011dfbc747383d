import { beforeEach, describe, expect, test, vi } from 'vitest'
import { attribute, type Item } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { beginAct, findAct, spendAct } from '../../lib/operators/act-as/act.ts'
import { sessionKey } from '../../lib/sessions/store.ts'
import { secondOf } from '../../lib/time.ts'
import { loadHandler } from '../support/http/handlers.ts'
import {
  aws,
  call,
  context,
  eventOf,
  handlerOf,
  hashOfUser,
  mailEvents,
  now,
  problem,
  records,
  refresh,
  service,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { addTestUser, testAct } from '../support/users/users.ts'
import {
  ALL_ENDINGS,
  authorize,
  begin,
  codeFor,
  ENDINGS,
  exchange,
  gatewayOf,
  opens,
  pass,
  tokenFor,
} from './acts.ts'
import { add, type Console, openConsole } from './requests.ts'

useRoutes()

let sue: Console
beforeEach(async () => {
  vi.unstubAllEnvs()
  await add('support')
  sue = await openConsole('support')
})

const ENDED = problem(401, 'Unauthorized', 'Open the user from the console again.')

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(String(token.split('.')[1]), 'base64url').toString('utf8'))

test('an operator sees the content of a user, and the handler knows the operator', async () => {
  const { id, generation } = await stored('user')
  const { body } = await exchange(await codeFor(sue, 'user'))
  expect(body).toEqual({
    authToken: expect.any(String),
    tokenType: 'Bearer',
    expiresIn: 1_800,
    user: { sub: id, username: 'user' },
  })
  const { exp, iat, ...claims } = claimsOf(body.authToken)
  expect(exp - iat).toBe(1_800)
  expect(claims).toMatchObject({
    iss: 'https://issuer.example',
    aud: 'https://issuer.example/act-as',
    sub: id,
    username: 'user',
    gen: generation,
    acr: 'aal1',
    amr: ['act'],
    auth_time: 0,
    act: { sub: sue.id },
  })
  const { context: authorizer } = (await authorize(body.authToken)) ?? {}
  expect(Object.keys(authorizer ?? {})).toEqual(['act'])
  const content = await eventOf('user-content')
  const handler = await handlerOf('user-content')
  const ask = (httpMethod: string) =>
    handler(
      { ...content, httpMethod, requestContext: { ...content.requestContext, authorizer } } as never,
      context,
    )
  expect(await ask('GET')).toMatchObject({ statusCode: 200, body: expect.stringContaining('user') })
  expect(await ask('HEAD')).toMatchObject({ statusCode: 200 })
  expect(await ask('POST')).toMatchObject({ statusCode: 401 })
})

test('no other route is open, with any method', async () => {
  const token = await tokenFor(sue, 'user')
  expect(await opens(token, 'GET/')).toBe(true)
  for (const path of ['POST/', 'GET/admin', 'GET/me', 'PUT/password', 'GET/sessions', 'DELETE/me', 'GET/x']) {
    expect([path, await opens(token, path)]).toEqual([path, false])
  }
})

const addEve = () =>
  addTestUser(table, { username: 'eve', email: 'Eve@example.org', passwordHash: hashOfUser }, now)

test('the user sees the act, and gets a mail of it', async () => {
  const { id } = await addEve()
  await tokenFor(sue, 'eve')
  const { events } = await eventsOfUser(table, id, { limit: 10 })
  const act = events.find(({ type }) => type === 'act.started')
  expect(act).toMatchObject({
    actor: 'administrator',
    actorId: sue.id,
    detail: 'support',
    ref: 'T-1',
    via: 'POST /act-as',
  })
  expect(mailEvents).toEqual([
    {
      kind: 'acted-as',
      id: act?.session,
      to: 'Eve@example.org',
      username: 'eve',
      at: now.toISOString(),
      by: 'administrator',
    },
  ])
})

test('an act leaves no session, source or sign-in of the user', async () => {
  const before = await items()
  await tokenFor(sue, 'user')
  const added = (await items()).filter((key) => !before.includes(key))
  expect(added).toEqual([expect.stringMatching(new RegExp(`^admin#${sue.id} acts#\\d+$`))])
})

test('without its mail, there is no act', async () => {
  const endpoints = { ...aws.settings.endpoints, lambda: new URL('http://127.0.0.1:9') }
  const handler = await loadHandler(service, 'act-as', {
    ...aws,
    settings: { ...aws.settings, endpoints },
  } as typeof aws)
  const { id: userId } = await addEve()
  const event = await eventOf('POST /act-as', { body: JSON.stringify({ userId, reason: 'bug' }) })
  const headers = {
    ...event.headers,
    'Sec-Fetch-Site': 'same-origin',
    Cookie: `__Host-refresh=${sue.cookie}`,
    Operator: sue.id,
  }
  const response = await handler({ ...event, headers, multiValueHeaders: {} } as never, context)
  expect(response).toMatchObject({ statusCode: 503 })
  expect(JSON.parse(response.body)).toEqual({
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    detail: 'The service is temporarily unavailable. Try again shortly.',
    code: 'unavailable',
  })
})

describe('a code', () => {
  test('works once, also for 10 requests at once', async () => {
    const code = await codeFor(sue, 'user')
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await exchange(code)).statusCode),
    )
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(await exchange(code)).toEqual(ENDED)
  })

  test('works for 60 seconds', async () => {
    const codes = [await codeFor(sue, 'user'), await codeFor(sue, 'user')] as const
    pass(59)
    expect(await exchange(codes[0])).toMatchObject({ statusCode: 200 })
    pass(60)
    expect(await exchange(codes[1])).toEqual(ENDED)
  })

  test('stands nowhere in the store or the log', async () => {
    const code = await codeFor(sue, 'user')
    await exchange(code)
    const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
    expect(JSON.stringify([Items, records])).not.toContain(code)
  })

  test.each(['', 'x', 'A'.repeat(43)])('%j of no act gets 401', async (code) => {
    expect(await exchange(code)).toEqual(ENDED)
  })

  test.each(ALL_ENDINGS)('gets 401 after %s', async (_what, end) => {
    const code = await codeFor(sue, 'user')
    await end(sue)
    expect(await exchange(code)).toEqual(ENDED)
  })

  // The demand of the operator's act covers the others: see `interleavings.proof.test.ts`.
  test.each(ENDINGS.filter(([what]) => /^the user|signs out$/.test(what)))(
    'is not stored if %s between the read and the write',
    async (_what, end) => {
      const [user, { generation }] = [await stored('user'), await stored('support')]
      const target = { userId: user.id, generation: user.generation }
      const acting = { userId: sue.id, generation, sessionId: sessionIdOf(sue.cookie) }
      await end(sue)
      expect(await beginAct(table, { target, acting }, { reason: 'bug' }, testAct())).toBeUndefined()
      const { events } = await eventsOfUser(table, user.id, { limit: 9 })
      expect(events.map(({ type }) => type)).not.toContain('act.started')
    },
  )

  test.each(ENDINGS)('is not spent if %s between the check and the write', async (_what, end) => {
    const code = await codeFor(sue, 'user')
    const act = await findAct(table, code, now)
    if (act === undefined) throw new Error('no act')
    await end(sue)
    expect(await spendAct(table, code, act)).toBe(false)
    expect(await findAct(table, code, now)).toEqual(act)
  })
})

describe('a token', () => {
  test('is valid for 30 minutes', async () => {
    const token = await tokenFor(sue, 'user')
    pass(1_799)
    expect(await authorize(token)).toBeDefined()
    pass(1_800)
    expect(await authorize(token)).toBeUndefined()
  })

  test('is rejected once the session of its operator has expired', async () => {
    const token = await tokenFor(sue, 'user')
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: sessionKey({ userId: sue.id, id: sessionIdOf(sue.cookie) }),
      UpdateExpression: 'SET expiresAt = :end',
      ExpressionAttributeValues: { ':end': attribute(secondOf(now) + 600) },
    })
    pass(599)
    expect(await authorize(token)).toBeDefined()
    pass(600)
    expect(await authorize(token)).toBeUndefined()
  })

  test.each(ALL_ENDINGS)(
    'is rejected after %s, and by the cache of the gateway 60 seconds later',
    async (_what, end) => {
      const token = await tokenFor(sue, 'user')
      const asks = gatewayOf(token)
      expect(await asks()).toBe(true)
      await end(sue)
      expect(await authorize(token)).toBeUndefined()
      pass(59.999)
      expect(await asks()).toBe(true)
      pass(60)
      expect(await asks()).toBe(false)
    },
  )
})

describe('POST /act-as refuses', () => {
  const refused = async (username: string, operator = sue, headers = {}) => {
    const { id: userId } = await stored(username)
    return begin(operator, { userId, reason: 'support' }, headers)
  }
  const nobody = problem(404, 'Not Found', 'No user whom you may help has this name.')

  test('the operator itself', async () => {
    expect(await refused('support')).toEqual(
      problem(403, 'Forbidden', 'Change your own account at /account.'),
    )
  })

  test('a user who is not in `over`, as one who does not exist', async () => {
    await add('admin', 'ada')
    expect(await refused('ada')).toEqual(nobody)
    expect(await begin(sue, { userId: 'AAAAAAAAAAAAAAAAAAAAAA', reason: 'support' })).toEqual(nobody)
  })

  test('who has a permission, also for an administrator', async () => {
    await add('admin', 'ada')
    await add('admin', 'bob')
    const ada = await openConsole('ada')
    const detail = 'No operator acts as a user who may administer accounts.'
    for (const username of ['support', 'bob']) {
      expect(await refused(username, ada)).toEqual(problem(403, 'Forbidden', detail))
    }
    expect((await refused('user', ada)).statusCode).toBe(201)
  })

  test('a disabled user', async () => {
    const { id } = await stored('user')
    await table.aws('dynamodb', 'UpdateItem', {
      TableName: table.name,
      Key: { pk: attribute(`user#${id}`), sk: attribute('profile') },
      UpdateExpression: 'SET disabled = :disabled',
      ExpressionAttributeValues: { ':disabled': attribute(true) },
    })
    expect((await refused('user')).statusCode).toBe(403)
  })

  test('a role without the permission', async () => {
    await add('user', 'eve')
    expect((await refused('user', await openConsole('eve'))).statusCode).toBe(403)
  })

  test('a page of another origin, and an access token', async () => {
    expect((await refused('user', sue, { 'Sec-Fetch-Site': 'same-site' })).statusCode).toBe(403)
    const { body } = await refresh(sue.cookie)
    const headers = { Cookie: '', Authorization: `Bearer ${body.authToken}` }
    expect((await refused('user', sue, headers)).statusCode).toBe(401)
  })

  test('the 21st act of a day, of this operator alone', async () => {
    for (let count = 1; count <= 20; count += 1) expect((await refused('user')).statusCode).toBe(201)
    expect(await refused('user')).toMatchObject({
      statusCode: 429,
      body: { detail: 'Too many requests. Try again later.' },
    })
    expect(records).toContainEqual(expect.objectContaining({ event: 'admin.limited', userId: sue.id }))
    await add('support', 'tom')
    expect((await refused('user', await openConsole('tom'))).statusCode).toBe(201)
  })

  test.each([
    ['an unknown reason', { reason: 'curiosity' }],
    ['a ticket with other characters', { reason: 'bug', ticket: 'a ticket' }],
    ['an id that is none', { userId: 'ada', reason: 'bug' }],
    ['another member', { reason: 'bug', seconds: 3_600 }],
  ])('%s', async (_what, body) => {
    const { id: userId } = await stored('user')
    expect((await begin(sue, { userId, ...body })).statusCode).toBe(422)
  })
})

/** Returns the keys of all items. */
async function items(): Promise<string[]> {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  return (Items as Item[]).map(({ pk, sk }) => `${Object(pk).S} ${Object(sk).S}`)
}

// The function has more routes than that of the first test.
test('another method of the function is 404', async () => {
  expect((await call('act-as', 'POST /act-as', { httpMethod: 'GET' })).statusCode).toBe(404)
})
