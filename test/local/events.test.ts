import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { type Item, transact } from '../../lib/aws/dynamodb.ts'
import { allItems } from '../../lib/aws/pages.ts'
import { eventOf, eventsTableOf, partitionOf } from '../../lib/events/event.ts'
import { OUTGOING } from '../../lib/events/outgoing.ts'
import { replaceHash } from '../../lib/users/store.ts'
import { START } from '../../project/commands.ts'
import { begin as beginAct } from '../admin/acts.ts'
import { add, type Console, openConsole } from '../admin/requests.ts'
import { addClient, basic, CALLBACK } from '../oauth/clients.ts'
import { codeFor, exchange, sendForm } from '../oauth/requests.ts'
import { run as runClients } from '../operator/clients/clients.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import {
  aws,
  begin,
  call,
  later,
  login,
  logout,
  now,
  refresh,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { type Outcome, wordsOf } from '../support/process/command.ts'
import { PASSWORD, readyHash, run as runUsers, temporaryFolder } from '../support/process/operator.ts'
import { rowsOf } from '../support/rows.ts'
import { testAct } from '../support/users/users.ts'

// What leaves by the local EventBridge: from the transaction of a route or a command to the function with `authEvent`.

type EventType = (typeof OUTGOING)['all'][number]

interface Delivered {
  'detail-type': EventType
  detail: { id: string; data: { via: string } }
}

/** What the function `watch` got, and what `npm start` prints. */
const delivered: Delivered[] = []
const lines: string[] = []

useRoutes({
  publisher: 'dev-publish-event',
  bus: String(service.functions['publish-event']?.environment?.EVENT_BUS),
  subscribers: [
    {
      key: 'watch',
      functionName: 'watch',
      pattern: {
        'detail-type': OUTGOING.all,
        detail: { data: { via: [{ 'anything-but': ['users import'] }] } },
      },
    },
  ],
  async invoke(_name, event) {
    delivered.push(event as Delivered)
    return { isReturned: true, payload: 'null' }
  },
  print: (line) => lines.push(line),
})

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addClient(table)
})

type Act = () => Promise<unknown>

const users = (args: string, input = '') => succeeded(runUsers(atTable(args), input))
const clients = (args: string) => succeeded(runClients(atTable(args)))

const ORDERS = 'https://orders.example'
const addApi = () => clients(`add-api ${ORDERS} --name Orders --scope 'orders.read=See your orders'`)
const grant = async (code: string) => (await exchange(code, {}, basic('shop'))).body
const approved = () => codeFor(cookie, { scope: 'openid offline_access' })
let code: string
let refreshToken: string
const approve = async () => {
  code = await approved()
}
let operator: Console
const approveAndExchange = async () => {
  await approve()
  refreshToken = (await grant(code)).refresh_token
}

interface Change {
  /** Comes before the change. */
  before?: Act
  route?: Act
  command?: Act
}

/** A change of each type by a route and by a command. Where one is missing, no such change exists. */
const CHANGES: Record<EventType, Change> = {
  'user.created': {
    route: () => call('new-account', 'new-account'),
    command: () => users('add ada', PASSWORD),
  },
  'user.updated': {
    route: () => call('password', 'password'),
    command: () => users('set-role user admin'),
  },
  'user.deleted': {
    route: () => call('delete-me', 'delete-me', { body: JSON.stringify({ currentPassword: 'user' }) }),
    command: () => users('remove user --yes'),
  },
  'session.created': { route: () => login('user') },
  'session.renewed': {
    route: async () => {
      const body = JSON.stringify({ username: 'user', password: 'user', session: 'cookie' })
      return call('login', 'login', { ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }), body })
    },
  },
  'session.ended': { route: () => logout(cookie) },
  'session.reused': {
    before: () => refresh(cookie),
    route: async () => {
      vi.setSystemTime(later(40))
      await refresh(cookie)
    },
  },
  'factor.required': {
    before: async () => {
      const { passwordHash, ...user } = await stored()
      await replaceHash(table, { ...user, passwordHash }, { passwordHash, mustEnrol: true })
    },
    route: () => login('user'),
  },
  'act.started': {
    before: async () => {
      await add('support')
      operator = await openConsole('support')
    },
    route: async () => beginAct(operator, { userId: (await stored()).id, reason: 'support', ticket: 'T-1' }),
  },
  'consent.given': { route: approved },
  'grant.created': { before: approve, route: () => grant(code) },
  'grant.ended': {
    before: approveAndExchange,
    route: () => sendForm('POST /oauth2/revoke', { token: refreshToken }, basic('shop')),
  },
  'consent.revoked': {
    before: approveAndExchange,
    route: () => call('sessions', 'DELETE /apps/{id}', { pathParameters: { id: 'shop' } }),
  },
  'client.created': { command: () => clients(`add books --type web --redirect-uri ${CALLBACK}`) },
  'client.updated': { command: () => clients('disable shop') },
  'client.deleted': { command: () => clients('remove shop --yes') },
  'api.created': { command: addApi },
  'api.updated': { before: addApi, command: () => clients(`set-api ${ORDERS} --name Other`) },
  'api.deleted': { before: addApi, command: () => clients(`remove-api ${ORDERS} --yes`) },
}

const ROWS = Object.entries(CHANGES).flatMap(([type, { before, route, command }]) =>
  Object.entries({ route, command }).flatMap(([by, act]) => (act ? [{ type, by, act, before }] : [])),
)
let changes = 0
afterAll(() =>
  console.log(`${changes} changes, each with one invocation for its type; ${lines.length} lines`),
)

test.each(rowsOf(ROWS, ({ by }) => by))(
  '$type by a $by invokes the function once',
  async ({ type, act, before }) => {
    await before?.()
    await settled()
    const earlier = new Set((await leaving()).map(idOf))
    const count = lines.length
    await act()
    const events = (await settled()).filter((item) => !earlier.has(idOf(item)))
    expect(events.filter((item) => Object(item.type).S === type)).toHaveLength(1)
    // Each tenth event comes twice.
    const once = () => lines.slice(count).filter((line) => !line.endsWith(' (again)'))
    await expect.poll(() => once().filter((line) => line.startsWith(`${type} → watch `))).toHaveLength(1)
    expect(once()).toHaveLength(events.length)
    changes += 1
  },
)

test('an import, and events that are copied back, invoke no function', async () => {
  await settled()
  const count = delivered.length
  const file = join(temporaryFolder(), 'users.jsonl')
  writeFileSync(file, `${JSON.stringify({ username: 'grace', passwordHash: readyHash(), role: 'user' })}\n`)
  await users(`import ${file}`)
  expect(await stored('grace')).toBeDefined()
  const happening = { type: 'user.deleted', subject: partitionOf((await stored()).id) } as const
  const copied = { ...testAct(), via: COPIED }
  const old = eventOf(table, { ...copied, now: later(-3_700) }, happening)
  await transact(table, [old])
  const { Item } = Object(eventOf(table, copied, happening)).Put
  const events = eventsTableOf(table)
  await table.aws('dynamodb', 'PutItem', {
    TableName: events,
    Item: { ...Item, sk: { S: `change#${randomUUID()}` } },
  })
  await table.aws('dynamodb', 'BatchWriteItem', { RequestItems: { [events]: [{ PutRequest: { Item } }] } })
  // The stream keeps the order, so this one is the last.
  await users('set-role user admin')
  await expect.poll(() => delivered.at(-1)?.detail.data.via).toBe('users set-role')
  expect(delivered.slice(count).map((one) => one.detail.data.via)).not.toContain('users import')
  expect(new Set(delivered.slice(count).map(({ detail }) => detail.id)).size).toBe(1)
})

test('each tenth event has come twice', async () => {
  while (new Set(delivered.map(({ detail }) => detail.id)).size < 10) {
    await clients('disable shop')
    await clients('enable shop')
    await settled()
  }
  const different = new Set(delivered.map(({ detail }) => detail.id)).size
  expect(delivered).toHaveLength(different + Math.floor(different / 10))
})

const atTable = (args: string) => [
  ...wordsOf(args),
  '--local',
  '--endpoint',
  aws.settings.endpoints.dynamodb.origin,
]

async function succeeded(outcome: Promise<Outcome>): Promise<void> {
  expect(await outcome).toMatchObject({ status: 0 })
}

const idOf = ({ id }: Item): string => Object(id).S

/** Returns the events in the table that leave and invoke a function. */
async function leaving(): Promise<Item[]> {
  const items = await allItems({ ...table, name: eventsTableOf(table) }, 'Scan', { ConsistentRead: true })
  const types: readonly string[] = OUTGOING.all
  return items.filter(
    ({ type, via, at }) =>
      types.includes(Object(type).S) &&
      !NOT_LEAVING.includes(Object(via).S) &&
      // The users of the tests are a day old.
      Object(at).S >= now.toISOString(),
  )
}

const COPIED = 'a copy'
const NOT_LEAVING: readonly unknown[] = [START, 'users import', COPIED]

/** Waits until each event in the table has invoked the function. Returns them. */
async function settled(): Promise<Item[]> {
  const items = await leaving()
  const isDelivered = (item: Item) => delivered.some(({ detail }) => detail.id === idOf(item))
  await expect.poll(() => items.filter((item) => !isDelivered(item))).toEqual([])
  return items
}
