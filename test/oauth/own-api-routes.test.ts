import type { APIGatewayAuthorizerResult, APIGatewayProxyEvent } from 'aws-lambda'
import { decodeJwt } from 'jose'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Decision } from '../../lib/authorization/http-api.ts'
import type { Api } from '../../lib/oauth/apis/api.ts'
import { removeApi } from '../../lib/oauth/apis/store.ts'
import { entryOf } from '../../lib/oauth/scopes.ts'
import { changeUser } from '../../lib/users/store.ts'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { httpRoutesOf } from '../../plugins/routes/http-api.ts'
import { methodsOf } from '../../plugins/routes/routes.ts'
import { disable, enable, endAllGrants, remove } from '../../scripts/clients/changes.ts'
import * as urls from '../../scripts/clients/urls.ts'
import { withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  later,
  problem,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import { rowsOf } from '../support/rows.ts'
import { asOperator, testAct } from '../support/users/users.ts'
import { addApi, addClient, CALLBACK, type Changes, queryOf, SECRET, VERIFIER } from './clients.ts'
import { APP_URL, type DocumentHost, HOST } from './document-host.ts'
import { useDocumentHost } from './network.ts'
import { addNotesApi, HTTP_NOTES, NOTES, notesScopes, withNotes } from './own-api.ts'
import { pageHeaders } from './requests.ts'

// Which routes of the service each kind of token opens, also by a policy that the gateway cached at another route.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () => (await import('./document-host.ts')).edgeOf(network))

useRoutes()

await useDocumentHost(network)

const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const ORDERS = ['https://orders.example orders.read']

let cookie: string
let notesApi: Api
beforeEach(async () => {
  cookie = await begin()
  notesApi = await addNotesApi(table)
  await addApi(table)
  const ofUsers = [
    'openid',
    'profile',
    'offline_access',
    ...notesScopes('notes:read', 'notes:write', 'notes:unused'),
  ]
  await addClient(table, { id: 'shop', scopes: [...ofUsers, ...ORDERS] })
  await addClient(table, { id: 'house', firstParty: true, scopes: ofUsers })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK], scopes: ofUsers })
  await addRobot()
})

const addRobot = () =>
  addClient(table, {
    id: 'robot',
    type: 'machine',
    redirectUris: [],
    scopes: [...notesScopes('notes:read', 'notes:unused'), ...ORDERS],
  })

const form = (fields: Record<string, string>) => ({
  ...withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }),
  body: String(new URLSearchParams(fields)),
})

async function tokens(fields: Record<string, string>) {
  const isPublic = ['phone', APP_URL].includes(String(fields.client_id))
  const secret = isPublic ? {} : { client_secret: SECRET }
  const { statusCode, body } = await call('token', 'token', form({ ...secret, ...fields }))
  expect(statusCode, JSON.stringify(body)).toBe(200)
  return body
}

/** Gets the tokens of a user, as the page and the app do. */
async function ofUser(client_id: string, scope: string, more: Changes = {}) {
  const click = { sub: (await stored()).id, scope }
  const { body } = await call('approve', 'approve', {
    ...withHeaders(await pageHeaders(cookie)),
    body: JSON.stringify({ query: queryOf({ client_id, scope, ...more }), click }),
  })
  const code = String(new URL(body.location).searchParams.get('code'))
  const exchanged = { grant_type: 'authorization_code', client_id, code, code_verifier: VERIFIER }
  return { code, ...(await tokens(exchanged)) }
}

/** Gets a token for the own API, as an app that is not registered does. */
const ofUrl = async (scope: string) => {
  const more = { resource: 'https://issuer.example', redirect_uri: 'https://app.test/callback' }
  return (await ofUser(APP_URL, scope, more)).access_token
}

const ofMachine = async (scope: string) =>
  (await tokens({ grant_type: 'client_credentials', client_id: 'robot', scope })).access_token

const filled = async (place: string) => (await eventOf('refresh', { body: place })).body ?? ''

/** Whom a policy is for: no caller, the application, or a client with scopes. */
type Opens = 'nothing' | 'user' | 'admin' | readonly string[]

interface Kind {
  opens: Opens
  token: () => Promise<string>
}

const kind = (opens: Opens, token: Kind['token']): Kind => ({ opens, token })

/** Every kind of token that this service issues, and some that it does not. */
const KINDS: Record<string, Kind> = {
  'of a user of the application': kind('user', () => filled('{{user token}}')),
  'of an administrator': kind('admin', async () => {
    const user = await stored('admin')
    const changes = { role: 'admin', generation: user.generation } as const
    await changeUser(table, user, { changes, changeId: 'role' }, testAct())
    return filled('{{admin token}}')
  }),
  'of a client with notes:read': kind(
    ['notes:read'],
    async () => (await ofUser('shop', 'notes:read')).access_token,
  ),
  'of a client with notes:write': kind(
    ['notes:write'],
    async () => (await ofUser('shop', 'openid notes:write')).access_token,
  ),
  'of a client with both': kind(
    ['notes:read', 'notes:write'],
    async () => (await ofUser('phone', 'notes:read notes:write offline_access')).access_token,
  ),
  'of a client that names the resource': kind(
    ['notes:read'],
    async () => (await ofUser('shop', 'notes:read', { resource: 'https://issuer.example/' })).access_token,
  ),
  'of a client after a refresh': kind(['notes:read'], async () => {
    const { refresh_token } = await ofUser('phone', 'notes:read')
    return (await tokens({ grant_type: 'refresh_token', client_id: 'phone', refresh_token })).access_token
  }),
  'of a client after a refresh with fewer scopes': kind(['notes:write'], async () => {
    const { refresh_token } = await ofUser('phone', 'notes:read notes:write')
    const fields = { grant_type: 'refresh_token', client_id: 'phone', refresh_token, scope: 'notes:write' }
    return (await tokens(fields)).access_token
  }),
  'of a first-party client': kind(
    ['notes:read'],
    async () => (await ofUser('house', 'profile notes:read')).access_token,
  ),
  'of a client with a scope that no route demands': kind(
    [],
    async () => (await ofUser('shop', 'notes:unused')).access_token,
  ),
  'of a client of the own API without its scopes': kind(
    [],
    async () => (await ofUser('shop', 'openid', { resource: 'https://issuer.example' })).access_token,
  ),
  'of a client of another API': kind(
    'nothing',
    async () => (await ofUser('shop', 'orders.read')).access_token,
  ),
  'of a client, for /userinfo': kind(
    'nothing',
    async () => (await ofUser('shop', 'openid profile')).access_token,
  ),
  'of a client that is a URL': kind(['notes:read'], () => ofUrl('notes:read')),
  'of a client that is a URL, without the scope': kind([], () => ofUrl('openid')),
  'of a client that is a URL, whose host is disabled': kind('nothing', async () => {
    const token = await ofUrl('notes:read')
    await urls.disable(asOperator(table), HOST)
    return token
  }),
  'of a machine with notes:read': kind(['notes:read'], () => ofMachine('notes:read')),
  'of a machine with a scope that no route demands': kind([], () => ofMachine('notes:unused')),
  'of a machine of another API': kind('nothing', () => ofMachine('orders.read')),
  'of a machine that is disabled': kind('nothing', async () => {
    const token = await ofMachine('notes:read')
    await disable(asOperator(table), 'robot')
    return token
  }),
  'that is an id_token': kind('nothing', async () => (await ofUser('shop', 'openid notes:read')).id_token),
  'that refreshes a grant': kind('nothing', async () => (await ofUser('shop', 'notes:read')).refresh_token),
  'that is a code': kind('nothing', async () => (await ofUser('shop', 'notes:read')).code),
  'that refreshes a session': kind('nothing', () => filled('{{user refresh token}}')),
  'that a client revoked': kind('nothing', async () => {
    const { access_token } = await ofUser('shop', 'notes:read offline_access')
    const fields = { client_id: 'shop', client_secret: SECRET, token: access_token }
    expect((await call('token', 'POST /oauth2/revoke', form(fields))).statusCode).toBe(200)
    return access_token
  }),
  'of a client, expired': kind('nothing', async () => {
    const { access_token } = await ofUser('shop', 'notes:read offline_access')
    vi.setSystemTime(later(900))
    return access_token
  }),
  'of a machine, expired': kind('nothing', async () => {
    const token = await ofMachine('notes:read')
    vi.setSystemTime(later(900))
    return token
  }),
  'of a client, with another signature': kind('nothing', async () => {
    const [first, second] = [await ofMachine('notes:read'), await ofMachine('notes:unused')]
    return first.replace(/[^.]*$/, String(second.split('.')[2]))
  }),
  'of a user of the application, forged': kind('nothing', () => filled('{{forged user token}}')),
}

interface TestedRoute {
  method: string
  /** With values for its parameters. */
  path: string
  /** Of which a client needs one. */
  scopes: readonly string[]
  roles: readonly string[]
}

const ROUTES: TestedRoute[] = Object.values({ ...service.functions, ...NOTES }).flatMap((definition) =>
  (definition.events ?? []).flatMap(({ http }) => {
    const { scopes = [], environment = {} } = definition as {
      scopes?: string[]
      environment?: { AUTH_ROLES?: string }
    }
    const path = http.path.replace(/^\//, '').replaceAll(/\{\w+\}/g, '7')
    const route = { scopes, roles: environment.AUTH_ROLES?.split(',') ?? [] }
    return methodsOf({ method: http.method.toUpperCase() }).flatMap((method) =>
      [path, ...(path === '' ? [] : [`${path}/`])].map((one) => ({ ...route, method, path: one })),
    )
  }),
)
// `GET notes/7/log` would match `notes/{id}`, so the plugin refuses a route of that path.
const OTHERS = ['GET unknown', 'PATCH notes', 'HEAD notes', 'GET shares', 'GET Notes']
const ALL = [
  ...ROUTES,
  ...OTHERS.map((one): TestedRoute => {
    const [method = '', path = ''] = one.split(' ')
    return { method, path, scopes: [], roles: [] }
  }),
]

/** Routes at an HTTP API, and two that it does not know. */
const HTTP_ROUTES = [
  ...Object.values(HTTP_NOTES).flatMap((definition) => {
    const { scopes = [], role } = definition as { scopes?: string[]; role?: string }
    return httpRoutesOf(definition).map(({ routeKey }) => ({ routeKey, scopes, roles: role ? [role] : [] }))
  }),
  { routeKey: 'GET /unknown', scopes: [], roles: ['nobody'] },
  { routeKey: 'ANY /notes', scopes: [], roles: ['nobody'] },
]

const arnOf = ({ method, path }: TestedRoute) => `${STAGE}/${method}/${path}`

function isOpen(opens: Opens, { scopes, roles }: Pick<TestedRoute, 'scopes' | 'roles'>): boolean {
  if (opens === 'nothing') return false
  if (typeof opens === 'string') return roles.length === 0 || roles.includes(opens)
  return scopes.some((scope) => opens.includes(scope))
}

/** Returns what gateways ask at a route. A REST API gets a policy, or `undefined` for 401. An HTTP API gets a decision. */
async function authorizersOf(token: string) {
  const authorizer = await loadHandler(withNotes(service), 'authorizer', aws)
  const ask = (methodArn: string): Promise<APIGatewayAuthorizerResult | undefined> =>
    authorizer({ type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn }, context).catch(
      (error: Error) => {
        expect(String(error)).toBe('Error: Unauthorized')
        return undefined
      },
    )
  const decide = (routeKey: string): Promise<Decision> =>
    authorizer(
      { version: '2.0', type: 'REQUEST', identitySource: [`Bearer ${token}`, routeKey], routeKey },
      context,
    )
  return { ask, decide }
}

const authorizerOf = async (token: string) => (await authorizersOf(token)).ask

let cases = 0
afterAll(() =>
  console.log(
    `Tokens at routes: ${kinds.length} kinds at ${ALL.length} routes and ${HTTP_ROUTES.length} of an HTTP API, with the policies of all: ${cases} cases`,
  ),
)

const kinds = rowsOf(Object.entries(KINDS), ([, { opens }]) => String(opens))
test.each(kinds)('a token %s opens its routes alone', async (_, { opens, token }) => {
  const { ask: askPolicy, decide: ask } = await authorizersOf(await token())
  /** The policies that the routes get, by their text. Each is cached for all routes. */
  const policies = new Map<string, { policy: APIGatewayAuthorizerResult | undefined; count: number }>()
  for (const route of ALL) {
    const policy = await askPolicy(arnOf(route))
    const text = JSON.stringify(policy ?? null)
    policies.set(text, { policy, count: (policies.get(text)?.count ?? 0) + 1 })
  }
  for (const { policy, count } of policies.values()) {
    const statements = readAuthorization(policy)?.statements ?? []
    const opened = ALL.filter((route) => allows(statements, arnOf(route)))
    expect(opened.map(arnOf)).toEqual(ALL.filter((route) => isOpen(opens, route)).map(arnOf))
    cases += count * ALL.length
  }
  // Otherwise an order of requests would decide.
  expect(policies.size).toBe(1)
  const decisions = await Promise.all(HTTP_ROUTES.map(({ routeKey }) => ask(routeKey)))
  expect(HTTP_ROUTES.filter((_, index) => decisions[index]?.isAuthorized)).toEqual(
    HTTP_ROUTES.filter((route) => isOpen(opens, route)),
  )
  cases += HTTP_ROUTES.length
})

test('the table has routes that some tokens open, and others do not', () => {
  const opened = (opens: Opens) => ALL.filter((route) => isOpen(opens, route)).length
  expect(opened(['notes:read'])).toBe(6)
  expect(opened(['notes:read', 'notes:write'])).toBe(24)
  expect([opened('user'), opened('admin')]).toEqual([ALL.length - 2, ALL.length])
  expect(ROUTES.length).toBeGreaterThan(100)
})

describe('a handler that knows nothing of clients refuses their context', () => {
  const samples = Object.entries(SAMPLES).filter(([, { functionKey }]) =>
    service.functions[functionKey]?.events?.some(({ http }) => http.authorizer !== undefined),
  )
  afterAll(() => console.log(`Contexts of clients at ${samples.length} sample events of protected routes`))

  test.each(samples)('at the sample %s', async (sample, { functionKey }) => {
    const ask = await authorizerOf((await ofUser('house', 'notes:read')).access_token)
    const policy = await ask(`${STAGE}/GET/notes`)
    const { requestContext, resource } = await eventOf(sample)
    const isProtected = requestContext.authorizer !== undefined
    if (!isProtected) return expect(resource).toMatch(/^\/(enrolment|login|register|factors)/)
    const authorizer = readAuthorization(policy)?.context
    expect(authorizer).toHaveProperty('clientUserId')
    const changes = { requestContext: { ...requestContext, authorizer } } as Partial<APIGatewayProxyEvent>
    expect(await call(functionKey, sample, changes)).toEqual(
      problem(401, 'Unauthorized', 'Could not validate credentials.'),
    )
  })
})

test('a token of a user ends with the time of its grant, although it is valid for longer', async () => {
  const scopes = ['openid', 'offline_access', ...notesScopes('notes:read')]
  await addClient(table, { id: 'brief', scopes, grantTtlSeconds: 60 })
  const { access_token } = await ofUser('brief', 'notes:read offline_access')
  const isAccepted = async () =>
    (await (await authorizerOf(access_token))(`${STAGE}/GET/notes`)) !== undefined
  vi.setSystemTime(later(59))
  expect(await isAccepted()).toBe(true)
  vi.setSystemTime(later(60))
  expect(await isAccepted()).toBe(false)
})

test('a token of a machine ends when its client is disabled, when its grants are ended, and when it is removed', async () => {
  let token = await ofMachine('notes:read')
  const isAccepted = async () => (await (await authorizerOf(token))(`${STAGE}/GET/notes`)) !== undefined
  expect(await isAccepted()).toBe(true)
  await disable(asOperator(table), 'robot')
  expect(await isAccepted()).toBe(false)
  await enable(asOperator(table), 'robot')
  expect(await isAccepted()).toBe(false)
  token = await ofMachine('notes:read')
  expect(await isAccepted()).toBe(true)
  await endAllGrants(asOperator(table), 'robot')
  expect(await isAccepted()).toBe(false)
  token = await ofMachine('notes:read')
  expect(await isAccepted()).toBe(true)
  // The prompts of commands are not reached, because these are confirmed.
  await remove(asOperator(table), 'robot', true, { now: () => new Date() } as Parameters<typeof remove>[3])
  expect(await isAccepted()).toBe(false)
  // Another client with the id accepts nothing of the life before.
  await addRobot()
  expect(await isAccepted()).toBe(false)
  token = await ofMachine('notes:read')
  expect(await isAccepted()).toBe(true)
})

test('a token for another publicUrl than the issuer has the audience of the issuer, and opens its routes', async () => {
  const resource = 'https://app.example'
  const { environment, ...rest } = Object(service.functions.token)
  const token = { ...rest, environment: { ...environment, PUBLIC_URL: resource } }
  const handler = await loadHandler({ ...service, functions: { ...service.functions, token } }, 'token', aws)
  await removeApi(table, notesApi, testAct())
  const { scopes } = await addNotesApi(table, resource)
  await addClient(table, {
    id: 'clerk',
    type: 'machine',
    redirectUris: [],
    scopes: scopes.map(({ name }) => entryOf({ identifier: resource }, name)),
  })
  const asked = { grant_type: 'client_credentials', client_id: 'clerk', client_secret: SECRET }
  const ofResource = form({ ...asked, scope: 'notes:read', resource })
  const { body } = parsed(await handler(await eventOf('token', ofResource), context))
  expect(decodeJwt(body.access_token)).toMatchObject({ aud: 'https://issuer.example/api' })
  const policy = await (await authorizerOf(body.access_token))(`${STAGE}/GET/me`)
  const statements = readAuthorization(policy)?.statements ?? []
  expect(ALL.filter((route) => allows(statements, arnOf(route)))).toEqual(
    ALL.filter((route) => isOpen(['notes:read'], route)),
  )
})

test('without routes with scopes, the authorizer refuses every token of a client, and reads none', async () => {
  const { access_token } = await ofUser('shop', 'notes:read')
  const authorizer = await loadHandler(service, 'authorizer', aws)
  const event = {
    type: 'TOKEN',
    authorizationToken: `Bearer ${access_token}`,
    methodArn: `${STAGE}/GET/notes`,
  }
  await expect(authorizer(event, context)).rejects.toThrow(/^Unauthorized$/)
})
