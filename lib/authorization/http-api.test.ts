import { expect, test } from 'vitest'
import { clientPrincipalOf, isFromClient } from './client-principal.ts'
import {
  askedByHttpApi,
  type Decision,
  decisionForClient,
  decisionForUser,
  takesClients,
  tokenAndRouteOf,
} from './http-api.ts'
import { principalOf } from './principal.ts'

test.each([
  ['user', 'GET /notes'],
  ['admin', 'GET /notes'],
  ['admin', 'GET /admin/stats'],
  ['admin', 'ANY /staff/{proxy+}'],
  ['editor', 'GET /orders/{id}'],
  ['admin', '$default'],
  // Users of the application may use routes with scopes.
  ['user', 'GET /exports'],
])('role %s reaches %s', (role, routeKey) => {
  expect(decide({ routeKey, identitySource: [HEADER, routeKey] }, { role })).toEqual({
    isAuthorized: true,
    context: { ...USER, expiresAt: '1795534200', generation: '7', authTime: '1795532400', role },
  })
})

test('a client reaches the routes of which it has a scope', () => {
  expect(decisionForClient(client('orders:read', 'x'), 'GET /exports', ROUTES)).toEqual({
    isAuthorized: true,
    context: { clientId: 'shop', clientScope: 'orders:read x', clientExpiresAt: '1795534200' },
  })
})

test('an HTTP API asks with the header and the route by which it caches the response', () => {
  const event = { routeKey: 'GET /exports', identitySource: [HEADER, 'GET /exports'] }
  const asked = askedByHttpApi(event as never, { HTTP_API_ROUTES: ROUTES })
  expect(asked).toMatchObject({ header: HEADER, takesClients: true })
  expect(asked.forUser({ ...PRINCIPAL, role: 'user' } as never)).toMatchObject({ isAuthorized: true })
  expect(asked.forClient(client('orders:read'))).toMatchObject({ isAuthorized: true })
  expect(asked.forClient(client('orders'))).toEqual({ isAuthorized: false })
})

test('no attack opens a route', () => {
  for (const [what, decision] of ATTACKS) expect(outcomeOf(decision), what).not.toContain('authorized')
  for (const [what, decision, message] of FAULTS) expect(decision, what).toThrow(message)
  expect(ATTACKS.length + FAULTS.length).toBeGreaterThanOrEqual(33)
  console.log(`${ATTACKS.length + FAULTS.length} attacks on the rules of HTTP APIs`)
})

test('only a setting with a scope takes clients', () => {
  expect([ROUTES, 'GET/a=role:admin|scope:b', 'GET/scope:a=any', undefined].map(takesClients)).toEqual([
    true,
    true,
    false,
    false,
  ])
})

test.each([
  ['a payload of version 1.0', (context: object) => ({ version: '1.0', ...around(context) })],
  ['a payload of version 2.0', (context: object) => ({ version: '2.0', ...around({ lambda: context }) })],
])('handlers read the context of %s', (_, eventOf) => {
  const user = eventOf({
    ...USER,
    expiresAt: '1795534200',
    generation: '7',
    authTime: '1795532400',
    role: 'admin',
  })
  expect(principalOf(user as never, NOW)).toEqual({ ...PRINCIPAL, role: 'admin' })
  const ofClient = eventOf({ clientId: 'shop', clientScope: 'notes:read', clientExpiresAt: '1795534200' })
  expect([isFromClient(ofClient as never), isFromClient(user as never)]).toEqual([true, false])
  expect(clientPrincipalOf(ofClient as never, NOW, 'notes:read' as never)).toMatchObject({ clientId: 'shop' })
})

test.each([
  ['at the top', contextOfBoth()],
  ['in jwt', { jwt: contextOfBoth() }],
  ['in the claims of jwt', { jwt: { claims: contextOfBoth(), scopes: ['notes:read'] } }],
  ['in iam', { iam: contextOfBoth() }],
  ['as text', { lambda: JSON.stringify(contextOfBoth()) }],
  ['in lambda of lambda', { lambda: { lambda: contextOfBoth() } }],
  ['in an authorizer that is missing', undefined],
])('handlers do not read a context %s of payload 2.0', (_, authorizer) => {
  const event = { version: '2.0', ...around(authorizer) } as never
  expect(() => principalOf(event, NOW)).toThrow('no authorizer context')
  expect(isFromClient(event)).toBe(false)
  expect(() => clientPrincipalOf(event, NOW, 'notes:read' as never)).toThrow(
    'no authorizer context of a client',
  )
})

test.each([
  { lambda: contextOfBoth() },
  { claims: contextOfBoth(), scopes: null },
  { jwt: { claims: contextOfBoth() } },
])('handlers read no member of the authorizer of other payloads: %j', (authorizer) => {
  for (const version of ['1.0', undefined]) {
    const event = { version, ...around(authorizer) } as never
    expect(() => principalOf(event, NOW)).toThrow('no authorizer context')
    expect(isFromClient(event)).toBe(false)
  }
})

const HEADER = 'Bearer token'
const ROUTES =
  'GET/notes=any GET/admin/stats=role:admin ANY/staff/{proxy+}=role:admin GET/orders/{id}=role:admin|role:editor GET/exports=scope:orders:read DEFAULT/=role:admin'
const NOW = new Date(1_795_534_000_000)

const USER = { userId: 'Ada-Lovelace-1815-12-A', username: 'ada', sessionId: 'the-session', acr: 'aal1' }
const PRINCIPAL = {
  ...USER,
  expiresAt: 1_795_534_200,
  generation: 7,
  authTime: 1_795_532_400,
  attributes: {},
}

/** Returns a context that has a user and a client. */
function contextOfBoth() {
  const user = { expiresAt: '1795534200', generation: '7', authTime: '1795532400', role: 'admin' }
  const ofClient = { clientId: 'shop', clientScope: 'notes:read', clientExpiresAt: '1795534200' }
  return {
    userId: 'Ada-Lovelace-1815-12-A',
    username: 'ada',
    sessionId: 'the-session',
    acr: 'aal1',
    ...user,
    ...ofClient,
  }
}

function around(authorizer: unknown) {
  return { requestContext: { authorizer } }
}

const client = (...scopes: string[]) => ({ clientId: 'shop', scopes, expiresAt: 1_795_534_200 })

/** Returns the decision about a user, from an event of the gateway. */
function decide(event: object, { role = 'user', routes = ROUTES }: { role?: string; routes?: string } = {}) {
  const { route } = tokenAndRouteOf(event as never)
  return decisionForUser({ ...PRINCIPAL, role } as never, route, routes)
}

function outcomeOf(decision: () => Decision): string {
  try {
    return decision().isAuthorized ? 'authorized' : '403'
  } catch {
    return '500'
  }
}

/** Routes that are not listed, in spellings that are near to listed ones. */
const UNKNOWN = [
  ...[
    '',
    'GET /notes/',
    'GET //notes',
    'GET /Notes',
    'get /notes',
    'GET  /notes',
    'GET /notes?x',
    'GET /notes#',
  ],
  ...['GET /notes%2F', 'GET /%6Eotes', 'GET /notes%00', 'GET /notes/..', 'GET /./notes', 'GET /x/../notes'],
  ...['GET /dev/notes', 'GET /$default/notes', 'GET /notes=any', 'GET /notes=any GET/notes', 'ANY /notes'],
  ...[
    'HEAD /notes',
    'OPTIONS /notes',
    'POST /notes',
    'ANY /{proxy+}',
    'GET /{proxy+}',
    'GET *',
    '*',
    '$connect',
  ],
  ...[
    'GET /orders/1',
    'GET /orders/*',
    'GET /orders/{ID}',
    'ANY /staff/{proxy}',
    '__proto__',
    'GET /notes|any',
  ],
]

/** Where a user has a role that the route does not name. */
const OF_ROLES = ['GET /admin/stats', 'ANY /staff/{proxy+}', 'GET /orders/{id}', '$default'].flatMap(
  (routeKey) =>
    ['user', 'ADMIN', 'admin ', 'any', 'role:admin', 'admin|editor', 'orders:read', ''].map((role) => ({
      routeKey,
      role,
    })),
)

/** Scopes with which a client does not reach these routes. */
const OF_CLIENTS = ['GET /notes', 'GET /admin/stats', 'GET /exports', '$default', 'GET /unknown'].flatMap(
  (routeKey) =>
    [
      [],
      ['any'],
      ['role:admin'],
      ['orders'],
      ['orders:rea'],
      ['orders:read2'],
      ['scope:orders:read'],
      [''],
    ].map((scopes) => ({ routeKey, scopes })),
)

const ATTACKS: [string, () => Decision][] = [
  ...UNKNOWN.map((routeKey): [string, () => Decision] => [
    `the route ${routeKey}`,
    () => decide({ routeKey, identitySource: [HEADER, routeKey] }, { role: 'admin' }),
  ]),
  ...OF_ROLES.map(({ routeKey, role }): [string, () => Decision] => [
    `the role ${role} at ${routeKey}`,
    () => decide({ routeKey, identitySource: [HEADER, routeKey] }, { role }),
  ]),
  ...OF_CLIENTS.map(({ routeKey, scopes }): [string, () => Decision] => [
    `the scopes ${scopes} at ${routeKey}`,
    () => decisionForClient(client(...scopes), routeKey, ROUTES),
  ]),
  [
    'no setting',
    () => decide({ routeKey: 'GET /notes', identitySource: [HEADER, 'GET /notes'] }, { routes: '' }),
  ],
]

const OTHER_SOURCES =
  'the authorizer must have the identity sources $request.header.Authorization and $context.routeKey'

/** Events of an authorizer with other identity sources, of another payload, or with another setting. Each is an error with its message. */
const FAULTS: [string, () => Decision, string][] = [
  ...[
    [],
    undefined,
    null,
    [HEADER],
    [undefined, 'GET /notes'],
    ['GET /notes'],
    ['GET /notes', HEADER],
    [HEADER, 'GET /notes', 'x'],
  ]
    .concat([`${HEADER},GET /notes`, 'GG', { 0: HEADER, 1: 'GET /notes', length: 2 }] as never)
    .map((identitySource): [string, () => Decision, string] => [
      `the identity source ${JSON.stringify(identitySource)}`,
      () => decide({ routeKey: 'GET /notes', identitySource }, { role: 'admin' }),
      OTHER_SOURCES,
    ]),
  [
    'the route of another request',
    () => decide({ routeKey: 'GET /admin/stats', identitySource: [HEADER, 'GET /notes'] }),
    OTHER_SOURCES,
  ],
  [
    'the request of another route',
    () => decide({ routeKey: 'GET /notes', identitySource: [HEADER, '$default'] }),
    OTHER_SOURCES,
  ],
  ['no route key', () => decide({ identitySource: [HEADER, undefined] }), OTHER_SOURCES],
  [
    'payload 1.0',
    () => decide({ version: '1.0', resource: '/notes', identitySource: `${HEADER},/notes` }),
    OTHER_SOURCES,
  ],
  ...[
    'GET/notes',
    'GET/notes=',
    '=any',
    'notes=any',
    'GET/notes=any  GET/x=any',
    'xGET/notes=any',
    'GET/notes=any=x',
    'none',
  ].map((routes): [string, () => Decision, string] => [
    `the setting ${routes}`,
    () => decide({ routeKey: 'GET /notes', identitySource: [HEADER, 'GET /notes'] }, { routes }),
    'HTTP_API_ROUTES must be routes such as GET/notes=role:admin',
  ]),
]
