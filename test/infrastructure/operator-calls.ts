import { randomBytes } from 'node:crypto'
import { isAdministrator, ROLES } from '../../lib/application/roles.ts'
import { type Table, writeIf } from '../../lib/aws/dynamodb.ts'
import { grantsOf } from '../../lib/oauth/grants/app.ts'
import { SEARCHES } from '../../lib/operators/limits.ts'
import { SESSION_RANDOM_BYTES, startSession } from '../../lib/sessions/session.ts'
import { operatorCounter } from '../../lib/throttling/operator-counters.ts'
import { AMR } from '../../lib/users/factors.ts'
import { findUser } from '../../lib/users/store.ts'
import { fillTokens, type TokenSource } from '../../local/tokens.ts'
import { REQUESTS } from '../admin/routes.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { addTestUser, giveFactors, storeSession } from '../support/users/users.ts'
import type { Run } from './factor-calls.ts'

const ORIGIN = { sourceIp: '203.0.113.7', userAgent: 'test' }
const LIFETIMES = { absoluteTtlSeconds: 3_600, idleTtlSeconds: 3_600 }
const ADMINISTRATOR = ROLES.find(isAdministrator) ?? 'user'

/** The function that has a route of the console's API. */
const FUNCTIONS: Record<string, string> = {
  GET: 'admin-read',
  PATCH: 'admin-change',
  POST: 'admin-change',
  PUT: 'admin-danger',
  DELETE: 'admin-danger',
}

/** Sends a request below `/admin-api` as an administrator, with the version of the user that the path names. */
export type Administrate = (method: string, path: string, more?: object) => Promise<unknown>

/** Makes an administrator search more often than is allowed, change users in each way, and act as one. */
export async function runOperators(run: Run, table: Table, source: TokenSource): Promise<Administrate> {
  const { id } = await addTestUser(table, { username: 'searcher', role: ADMINISTRATOR })
  const sample = JSON.stringify(sampleEvent('GET /admin-api/users')).replaceAll(/\{\{\w+ /g, '{{searcher ')
  const eventOf = () => fillTokens(JSON.parse(sample), source, new Date())
  const administrate: Administrate = async (httpMethod, proxy, more = {}) => {
    const event = await eventOf()
    const { changeId } = { ...(await findUser(table, proxy.split('/')[1] ?? '')) }
    const headers = { ...event.headers, 'If-Match': `"${changeId}"`, 'Content-Type': 'application/json' }
    const pathParameters = { proxy }
    return run(String(FUNCTIONS[httpMethod]), { ...event, httpMethod, headers, pathParameters, ...more })
  }
  const search = () => administrate('GET', 'users', { queryStringParameters: { name: 'searcher' } })
  await search()
  await table.aws('dynamodb', 'UpdateItem', {
    TableName: table.name,
    Key: operatorCounter(id, 'searches', SEARCHES, new Date()).key,
    UpdateExpression: 'ADD ids :ids',
    ExpressionAttributeValues: {
      ':ids': { SS: Array.from({ length: SEARCHES.attempts }, (_, index) => `search-${index}`) },
    },
  })
  await search()
  await changeUsers(administrate, table)
  await actAs(run, table, eventOf)
  return administrate
}

/** Sends each changing request of the console, to a user of its own with second factors. */
async function changeUsers(administrate: Administrate, table: Table): Promise<void> {
  for (const [index, [route, { body }]] of Object.entries(REQUESTS).entries()) {
    const [method = '', path = ''] = route.split(' ')
    if (method === 'GET' || !path.startsWith('/admin-api/')) continue
    const username = `changed-${index}@example.org`
    const user = await addTestUser(table, { username, email: username, emailVerified: true })
    const { id } = user
    await giveFactors(table, { id })
    const { session } = startSession(
      user,
      { amr: AMR.password, inCookie: true, origin: ORIGIN, lifetimes: LIFETIMES },
      new Date(),
      randomBytes(SESSION_RANDOM_BYTES),
    )
    await storeSession(table, session)
    await writeIf(table, 'PutItem', { Item: { pk: grantsOf(id), sk: { S: 'app#left' } } })
    const proxy = path
      .replace('/admin-api/', '')
      .replace('{id}', id)
      .replace('{sid}', session.id)
      .replace('{gid}', 'shop')
    await administrate(method, proxy, body && { body: JSON.stringify(body) })
  }
  const { id } = await addTestUser(table, { username: 'promoted' })
  await administrate('PUT', `users/${id}/role`, { body: JSON.stringify({ role: ADMINISTRATOR }) })
}

/** Begins to act as a user, exchanges the code, and asks the authorizer about the token. */
async function actAs(run: Run, table: Table, eventOf: () => Promise<object>): Promise<void> {
  const { id: userId } = await addTestUser(table, { username: 'seen@example.org', email: 'seen@example.org' })
  const ask = async (resource: string, body: object) => {
    const event = { ...(await eventOf()), httpMethod: 'POST', resource, pathParameters: null }
    const headers = { ...Object(event).headers, 'Content-Type': 'application/json' }
    return JSON.parse(Object(await run('act-as', { ...event, headers, body: JSON.stringify(body) })).body)
  }
  const { code } = await ask('/act-as', { userId, reason: 'support' })
  const { authToken } = await ask('/act-as/token', { code })
  await run('authorizer', { ...sampleEvent('authorizer'), authorizationToken: `Bearer ${authToken}` })
}
