import { beforeEach, expect, test, vi } from 'vitest'
import type { Role } from '../../lib/application/roles.ts'
import { getItems, type Item, text, texts } from '../../lib/aws/dynamodb.ts'
import { allItems } from '../../lib/aws/pages.ts'
import { eventsTableOf, SERVICE } from '../../lib/events/event.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { readRefreshToken } from '../../lib/sessions/refresh-token.ts'
import { endSession, findSession } from '../../lib/sessions/store.ts'
import { type OperatorRequest, operatorCounter } from '../../lib/throttling/operator-counters.ts'
import type { Limit } from '../../lib/values.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { loadHandler } from '../support/http/handlers.ts'
import {
  aws,
  begin,
  invalid,
  login,
  now,
  problem,
  records,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { testAct } from '../support/users/users.ts'
import { add, type Console, openConsole, send } from './requests.ts'

useRoutes()

let ada: Console
let support: Console
let user: string
beforeEach(async () => {
  await add('admin', 'ada')
  await add('support')
  ada = await openConsole('ada')
  support = await openConsole('support')
  user = (await stored('user')).id
})

const NOBODY = problem(404, 'Not Found', 'No user whom you may help has this name.')
const namesIn = ({ body }: { body: { users: { username: string }[] } }) =>
  body.users.map(({ username }) => username)

const viewsOf = async (userId: string) => {
  const { events } = await eventsOfUser(table, userId, { limit: 99 })
  return events.filter(({ type }) => type === 'user.viewed')
}

/** Returns the searches of this test's operators. */
const searches = async (): Promise<Item[]> => {
  const all = await allItems({ ...table, name: eventsTableOf(table) }, 'Query', {
    KeyConditionExpression: 'pk = :service',
    ExpressionAttributeValues: { ':service': { S: SERVICE } },
  })
  return all.filter((item) => [ada.id, support.id].includes(text(item, 'actorId')))
}

test('support finds a user by id, name and beginning, and never an administrator', async () => {
  const { id } = await stored('ada')
  for (const name of ['user', 'use', user]) {
    expect(await send(support, `GET users?name=${name}`)).toMatchObject({
      statusCode: 200,
      body: { users: [{ id: user, username: 'user', role: 'user', disabled: false }] },
    })
  }
  for (const name of ['ada', id, 'support', support.id]) {
    expect((await send(support, `GET users?name=${name}`)).body).toEqual({ users: [] })
    expect(namesIn(await send(ada, `GET users?name=${name}`))).toHaveLength(1)
  }
  for (const path of ['', '/sessions', '/grants', '/events']) {
    expect(await send(support, `GET users/${id}${path}`)).toEqual(NOBODY)
    expect(await send(support, `GET users/AAAAAAAAAAAAAAAAAAAAAA${path}`)).toEqual(NOBODY)
    expect(await send(support, `GET users/..%2F${path}`)).toEqual(NOBODY)
  }
  expect(await viewsOf(id)).toEqual([])
})

test.each(['', '/sessions', '/grants', '/events'])(
  'a role that comes later is closed: users/{id}%s',
  async (path) => {
    const { id } = await add('added-later' as Role, 'later')
    expect(await send(support, `GET users/${id}${path}`)).toEqual(NOBODY)
    expect(await send(ada, `GET users/${id}${path}`)).toEqual(NOBODY)
    expect((await send(ada, 'GET users?name=later')).body).toEqual({ users: [] })
  },
)

test.each<[string, string, string, string]>([
  ['support', '', 'name', 'Must be 3 to 254 characters, without spaces.'],
  ['support', '?name=us', 'name', 'Must be 3 to 254 characters, without spaces.'],
  ['support', '?name=user&role=user', 'role', 'Only administrators may list a role.'],
  ['support', '?name=user&after=a', 'after', 'Only administrators may list further pages.'],
  ['ada', '?name=%20a', 'name', 'Must be 1 to 254 characters, without spaces.'],
  ['ada', '?after=A', 'after', 'Must be the `next` of a previous page.'],
])('%s gets 422 for GET users%s', async (username, query, name, detail) => {
  const caller = username === 'ada' ? ada : support
  const [, min] = /^Must be (\d) to 254/.exec(detail) ?? []
  const values = min && { values: { min: Number(min), max: 254 } }
  expect(await send(caller, `GET users${query}`)).toEqual(invalid(`#/${name}`, detail, { ...values }))
  expect(await searches()).toEqual([])
})

test('an administrator lists all users, and those of a role, in pages of 25', async () => {
  for (let count = 10; count < 40; count += 1) await add('user', `many-${count}`)
  const first = await send(ada, 'GET users')
  expect(first.body.users).toHaveLength(25)
  const second = await send(ada, `GET users?after=${first.body.next}`)
  expect(second.body.next).toBeUndefined()
  expect([...namesIn(first), ...namesIn(second)]).toHaveLength(34)
  expect(namesIn(await send(ada, 'GET users?role=admin'))).toEqual(['ada'])
  expect((await send(support, 'GET users?name=many')).body).toEqual({
    users: expect.objectContaining({ length: 10 }),
  })
})

test('a search leaves the ids that it showed, and no word of the search', async () => {
  await send(support, 'GET users?name=user')
  const [event, ...others] = await searches()
  expect(others).toEqual([])
  expect(texts(event ?? {}, 'seen')).toEqual([user])
  expect(event).toMatchObject({ actor: { S: 'administrator' }, actorId: { S: support.id } })
  expect(event?.via).toEqual({ S: 'GET /admin-api/users' })
})

test('a user is shown with its version, without hash and internal values', async () => {
  await login('not the password')
  const { changeId } = await stored('user')
  expect(await send(support, `GET users/${user}`)).toMatchObject({
    statusCode: 200,
    headers: { ETag: `"${changeId}"`, 'Cache-Control': 'no-store' },
    body: {
      id: user,
      username: 'user',
      emailVerified: false,
      role: 'user',
      disabled: false,
      factors: [],
      createdAt: expect.any(String),
      changedAt: expect.any(String),
      identities: [],
      signIn: { wrongPasswords: 1 },
    },
  })
})

test('the last sign-in is that of the account, also of another session', async () => {
  expect((await send(ada, `GET users/${user}`)).body.signIn.last).toBeUndefined()
  expect((await login('user')).statusCode).toBe(200)
  expect((await send(ada, `GET users/${user}`)).body.signIn).toEqual({
    last: { at: now.toISOString() },
    wrongPasswords: 0,
  })
})

test('reads of a user leave one event a day, which the user sees without the name of the reader', async () => {
  await Promise.all(
    ['', '/sessions', '/grants', '/events'].map((path) => send(support, `GET users/${user}${path}`)),
  )
  await send(support, `GET users/${user}`)
  expect(await viewsOf(user)).toMatchObject([{ actor: 'administrator', actorId: support.id }])
  await send(ada, `GET users/${user}`)
  expect(await viewsOf(user)).toHaveLength(2)
  const { body } = await send(ada, `GET users/${user}/events`)
  const shown = body.events.filter(({ type }: { type: string }) => type === 'user.viewed')
  expect(shown).toHaveLength(2)
  for (const one of shown)
    expect(one).toMatchObject({ by: 'operator', via: expect.stringMatching(/^GET \/admin-api/) })
  expect(JSON.stringify(shown)).not.toContain(support.id)
  expect(JSON.stringify(shown)).not.toContain('203.0.113.7')
})

test('sessions are shown with where they are from, and an ended one is not', async () => {
  const [one, other] = [readRefreshToken(await begin()), readRefreshToken(await begin())]
  const { session } = await findSession(table, user, other.sessionId)
  if (session) await endSession(table, session, 'ended', testAct(now))
  const { body } = await send(support, `GET users/${user}/sessions`)
  expect(body.sessions).toMatchObject([
    { id: one.sessionId, sourceIp: expect.any(String), userAgent: expect.any(String) },
  ])
  expect(Object.keys(body.sessions[0]).toSorted()).toEqual(
    ['createdAt', 'expiresAt', 'id', 'lastUsedAt', 'sourceIp', 'userAgent'].toSorted(),
  )
})

test('without sessions:read, events have no IP and browser, and sessions and apps are closed', async () => {
  await login('user')
  const events = async (more?: Parameters<typeof send>[2]) =>
    JSON.stringify((await send(support, `GET users/${user}/events`, more)).body.events)
  expect(await events()).toMatch(/session.created.*sourceIp.*userAgent/)
  vi.doMock('../../lib/application/permissions.ts', () => ({
    rightsOf: () => ({ may: ['users:read'], over: ['user'] }),
    hasRights: () => true,
  }))
  const handler = await loadHandler(service, 'admin-read', aws)
  vi.doUnmock('../../lib/application/permissions.ts')
  expect(await events({ handler })).toMatch(/session.created/)
  expect(await events({ handler })).not.toMatch(/sourceIp|userAgent/)
  for (const path of ['sessions', 'grants']) {
    expect(await send(support, `GET users/${user}/${path}`, { handler })).toEqual(
      problem(403, 'Forbidden', 'Your role does not have sessions:read.'),
    )
  }
})

test('the apps of a user without any are an empty list', async () => {
  expect((await send(support, `GET users/${user}/grants`)).body).toEqual({ apps: [] })
})

test.each(['sessions', 'events'])('GET users/{id}/%s refuses a cursor of another form', async (path) => {
  expect(await send(ada, `GET users/${user}/${path}?after=x`)).toEqual(
    invalid('#/after', 'Must be the `next` of a previous page.'),
  )
})

test.each(['', '/sessions', '/grants', '/events'])(
  'an operator reads the own account at /account: users/{id}%s',
  async (path) => {
    expect(await send(ada, `GET users/${ada.id}${path}`)).toEqual(
      problem(403, 'Forbidden', 'Change your own account at /account.'),
    )
  },
)

test('another path and another method are 404', async () => {
  for (const path of [`users/${user}/profile`, 'me/x']) {
    expect((await send(ada, `GET ${path}`)).statusCode).toBe(404)
  }
})

test('the limit of reads is that of one operator, and is logged', async () => {
  await fill(support, 'reads', { attempts: 299, windowSeconds: 3_600 })
  expect((await send(support, `GET users/${user}/sessions`)).statusCode).toBe(200)
  const limited = problem(
    429,
    'Too Many Requests',
    'Too many requests. Try again later.',
    {},
    { 'Retry-After': '3600' },
  )
  expect(await send(support, `GET users/${user}`)).toEqual(limited)
  expect(await send(support, `GET users/${user}/events`)).toEqual(limited)
  expect(records).toContainEqual(
    expect.objectContaining({ event: 'admin.limited', userId: support.id, limit: 'reads' }),
  )
  expect((await send(support, 'GET users?name=user')).statusCode).toBe(200)
  expect((await send(support, 'GET me')).statusCode).toBe(200)
  expect((await send(ada, `GET users/${user}`)).statusCode).toBe(200)
})

test('the limit of searches is that of one operator', async () => {
  await fill(support, 'searches', { attempts: 60, windowSeconds: 3_600 })
  expect((await send(support, 'GET users?name=user')).statusCode).toBe(429)
  expect((await send(support, `GET users/${user}`)).statusCode).toBe(200)
  expect((await send(ada, 'GET users?name=user')).statusCode).toBe(200)
})

test('what cannot be recorded is not shown, and does not count', async () => {
  const proxy = await startProxy(aws.settings.endpoints.dynamodb)
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxy.url }
  const settings = { ...aws.settings, endpoints }
  const handler = await loadHandler(service, 'admin-read', { ...aws, settings })
  const before = await counted(support)
  for (const path of [
    'users?name=user',
    ...['', '/sessions', '/grants', '/events'].map((one) => `users/${user}${one}`),
  ]) {
    proxy.inject({
      operation: 'TransactWriteItems',
      say: (response) => void response.writeHead(400).end('{"__type":"AccessDeniedException"}'),
    })
    const { statusCode, body } = await send(support, `GET ${path}`, { handler })
    expect([statusCode, Object.keys(body).toSorted()]).toEqual([
      503,
      ['code', 'detail', 'status', 'title', 'type'],
    ])
  }
  proxy.close()
  expect(await viewsOf(user)).toEqual([])
  expect(await counted(support)).toEqual(before)
})

/** Fills a counter of an operator. */
async function fill({ id }: Console, kind: OperatorRequest, limit: Limit): Promise<void> {
  await table.aws('dynamodb', 'UpdateItem', {
    TableName: table.name,
    Key: operatorCounter(id, kind, limit, now).key,
    UpdateExpression: 'ADD ids :ids',
    ExpressionAttributeValues: {
      ':ids': { SS: Array.from({ length: limit.attempts }, (_, index) => `filled-${index}`) },
    },
  })
}

/** Returns the requests that count for an operator. */
async function counted({ id }: Console): Promise<string[][]> {
  const limit = { attempts: 1, windowSeconds: 3_600 }
  const keys = (['reads', 'searches'] as const).map((kind) => operatorCounter(id, kind, limit, now).key)
  return (await getItems(table, keys)).map((item) => texts(item ?? {}, 'ids'))
}
