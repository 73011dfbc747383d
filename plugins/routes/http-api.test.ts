import { expect, test } from 'vitest'
import type { CompiledResource } from '../framework.d.ts'
import { faultsOfTemplate } from './deployed.ts'
import { faultsOfSharedPaths, httpApiRoutes, httpRoutesOf, usesHttpApi } from './http-api.ts'
import { faultsOfHttpApi, faultsOfHttpRoutes, httpAuthorizer } from './http-authorizer.ts'
import { routeSettingsOf } from './settings.ts'

test.each([
  ['GET /notes', 'GET /notes', false],
  ['get /notes', 'GET /notes', false],
  ['* /notes', 'ANY /notes', false],
  ['*', '$default', false],
  [{ method: 'get', path: '/notes', authorizer: 'auth' }, 'GET /notes', true],
  [{ method: '*', path: '/{proxy+}', authorizer: { name: 'auth' } }, 'ANY /{proxy+}', true],
  [{ method: '*', path: '*', authorizer: 'auth' }, '$default', true],
  [{ path: '*', authorizer: 'auth' }, '$default', true],
  [{ method: 'any', path: '/notes/{id}', authorizer: 'other' }, 'ANY /notes/{id}', false],
  [{ method: 'get', path: '/signed', authorizer: { type: 'aws_iam' } }, 'GET /signed', false],
])('the event httpApi %j is the route %s', (httpApi, routeKey, isProtected) => {
  expect(httpRoutesOf({ events: [{ httpApi }] })).toEqual([{ routeKey, isProtected }])
})

test('an empty event of an HTTP API is no route', () => {
  expect(httpRoutesOf({ events: [{ httpApi: null }] })).toEqual([])
})

test('the authorizer knows protected routes, with roles and scopes', () => {
  expect(httpApiRoutes(WRITTEN)).toBe(KNOWN)
  expect(httpApiRoutes({ both: { ...WRITTEN.notes, role: ['user', 'admin'] } })).toBe(
    'GET/notes=role:user|role:admin',
  )
  expect(usesHttpApi(WRITTEN)).toBe(true)
  const open = { open: { handler: 'x', events: [{ httpApi: 'GET /' }, { http: 'GET /notes' }] } }
  expect([usesHttpApi(open), routeSettingsOf(open, {}).settings]).toEqual([
    false,
    { GUARDED_ROUTES: 'none', SCOPED_ROUTES: 'none' },
  ])
})

test('a protected route of two functions is refused', () => {
  const all = { handler: 'x', events: [{ httpApi: { path: '*', authorizer: 'auth' } }] }
  const open = { handler: 'x', events: [{ httpApi: '*' }] }
  const fault = 'Two httpApi events have the route $default. Give it to one function.'
  expect(routeSettingsOf({ all, admin: { ...all, role: 'admin' } }, {}).faults).toEqual([fault])
  expect(routeSettingsOf({ all, open }, {}).faults).toEqual([fault])
  expect(routeSettingsOf({ open, other: open }, {}).faults).toEqual([])
})

test('a path of both APIs is refused, and the message says which one the package has', () => {
  const functions = {
    own: { handler: 'x', events: [{ http: 'GET /notes/{id}' }, { http: 'GET /login' }] },
    http: { handler: 'x', events: [{ httpApi: 'POST /notes/{note}/' }, { httpApi: 'GET /login' }] },
    other: { handler: 'x', events: [{ httpApi: 'GET /login/help' }] },
    login: { handler: 'x', events: [{ http: 'POST /login' }] },
  }
  const both = (path: string) =>
    `The path ${path} has an http event and an httpApi event, and sls offline has one port for both. Give one of them another path.`
  expect(faultsOfSharedPaths(functions, new Set(['login', 'switched-off']))).toEqual([
    both('/notes/{id}'),
    'The path /login has an httpApi event, and serverless-jwt-auth has it at its REST API. sls offline has one port for both: give yours another path.',
  ])
  expect(faultsOfSharedPaths(functions, new Set())).toEqual([both('/notes/{id}'), both('/login')])
})

test('scopes at an event and paths that the setting cannot have are refused', () => {
  const faultsOf = (more: object) =>
    faultsOfHttpRoutes('notes', {
      handler: 'x',
      events: [{ httpApi: { method: 'get', path: '/notes', ...more } }],
    })
  expect(faultsOf({ authorizer: { name: 'auth', scopes: ['a'] } })).toEqual([
    'Function notes names scopes at "authorizer: auth" of an httpApi event. Name them as scopes of the function.',
  ])
  expect(faultsOf({ path: '/a=b', authorizer: 'auth' })).toEqual([
    'Function notes has a protected httpApi path with = or a space, /a=b. Give it another path.',
  ])
  expect(faultsOf({ path: '/a=b', authorizer: { name: 'jwt', scopes: ['a'] } })).toEqual([])
})

test('another API and another authorizer of the name are refused', () => {
  expect(faultsOfHttpApi()).toEqual([])
  expect(faultsOfHttpApi({ cors: true, authorizers: { jwt: {}, authentication: {} } })).toEqual([])
  expect(faultsOfHttpApi({ id: 'abc' })).toEqual([
    'provider.httpApi.id of serverless.yml names another API. "authorizer: auth" at httpApi events needs one that the framework makes.',
  ])
  for (const authorizers of [{ auth: {} }, { Auth: {} }, { own: { name: 'auth' } }]) {
    expect(faultsOfHttpApi({ authorizers })).toEqual([
      `provider.httpApi.authorizers of serverless.yml has ${Object.keys(authorizers)}, and "authorizer: auth" is that of serverless-jwt-auth. Give yours another name.`,
    ])
  }
})

test('a template is held against what was written', () => {
  for (const [what, changes, faults] of TEMPLATES) {
    const resources = Object.fromEntries(
      Object.entries({ ...template(), ...changes }).filter(([, one]) => one !== undefined),
    ) as Record<string, CompiledResource>
    const known = { HTTP_API_ROUTES: KNOWN }
    const found = faultsOfTemplate(WRITTEN, resources, known, AUTHORIZER)
    expect(found, what).toEqual(faults)
  }
  console.log(`${TEMPLATES.length} templates of an HTTP API`)
})

const auth = (method: string, path: string) => ({ httpApi: { method, path, authorizer: 'auth' } })
const WRITTEN = {
  notes: { handler: 'x', events: [auth('get', '/notes')] },
  stats: { handler: 'x', role: 'admin', events: [auth('get', '/stats')] },
  exports: { handler: 'x', scopes: ['orders:read'], events: [auth('*', '/exports/{proxy+}')] },
  mixed: { handler: 'x', events: [auth('get', '/mixed'), { httpApi: 'GET /open' }] },
}
const AUTHORIZER = { name: 'authorizer', resultTtlInSeconds: '60' }
const KNOWN = 'GET/notes=any GET/stats=role:admin ANY/exports/{proxy+}=scope:orders:read GET/mixed=any'

const lost = (key: string, name: string) =>
  `Route ${key} of function ${name} has lost "authorizer: auth", because a plugin or resources change it.`
const unknown = (routes: string) =>
  `The authorizer does not know ${routes}, because a plugin or resources add or change these routes. Write them as events of a function.`
const open = (key: string, what: string) =>
  `Function ${key} names ${what}, so each of its routes needs "authorizer: auth".`
const EXCHANGED =
  'The authorizer HttpApiAuthorizerAuth is not that of serverless-jwt-auth, because a plugin or resources change it. Leave it as it is.'

const OURS = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'HttpApiAuthorizerAuth' } }
const OPEN = { AuthorizationType: undefined, AuthorizerId: undefined }
const OTHER = { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'HttpApiAuthorizerJwt' } }
const IAM = { AuthorizationType: 'AWS_IAM', AuthorizerId: undefined }
const ApiId = { Ref: 'HttpApi' }

const uri = (lambda: string) => ({
  'Fn::Join': ['', ['arn:', { 'Fn::GetAtt': [lambda, 'Arn'] }, '/invocations']],
})

/** Returns a route of a function, as the framework makes it. */
const route = (RouteKey: string, name: string, more: object = OURS): CompiledResource => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: {
    ApiId,
    RouteKey,
    Target: { 'Fn::Join': ['/', ['integrations', { Ref: `HttpApiIntegration${name}` }]] },
    ...more,
  },
})

const integration = (name: string): CompiledResource => ({
  Type: 'AWS::ApiGatewayV2::Integration',
  Properties: { ApiId, IntegrationUri: { 'Fn::GetAtt': [`${name}LambdaFunction`, 'Arn'] } },
})

const authorizer = (more: object = {}): CompiledResource => {
  const { identitySource: IdentitySource } = httpAuthorizer(AUTHORIZER)
  return {
    Type: 'AWS::ApiGatewayV2::Authorizer',
    Properties: {
      ApiId,
      Name: 'auth',
      IdentitySource,
      AuthorizerType: 'REQUEST',
      EnableSimpleResponses: true,
      AuthorizerResultTtlInSeconds: 60,
      AuthorizerPayloadFormatVersion: '2.0',
      AuthorizerUri: uri('AuthorizerLambdaFunction'),
      ...more,
    },
  }
}

const ROUTES = {
  RouteNotes: route('GET /notes', 'Notes'),
  RouteStats: route('GET /stats', 'Stats'),
  RouteExports: route('ANY /exports/{proxy+}', 'Exports'),
  RouteMixed: route('GET /mixed', 'Mixed'),
  RouteOpen: route('GET /open', 'Mixed', OPEN),
}

const template = () => ({
  ...ROUTES,
  ...Object.fromEntries(
    ['Notes', 'Stats', 'Exports', 'Mixed'].map((name) => [`HttpApiIntegration${name}`, integration(name)]),
  ),
  HttpApiAuthorizerAuth: authorizer(),
})

const changed = (id: keyof typeof ROUTES, more: object) => ({
  [id]: { ...ROUTES[id], Properties: { ...ROUTES[id].Properties, ...more } },
})
const changedAuthorizer = (more: object) => ({ HttpApiAuthorizerAuth: authorizer(more) })

const TEMPLATES: [string, Record<string, CompiledResource | undefined>, string[]][] = [
  ['what was written', {}, []],
  ['a route that was taken away', { RouteNotes: undefined }, []],
  ['a route without the authorizer', changed('RouteNotes', OPEN), [lost('GET /notes', 'notes')]],
  ['a route with another authorizer', changed('RouteNotes', OTHER), [lost('GET /notes', 'notes')]],
  ['a route with a signature of IAM', changed('RouteNotes', IAM), [lost('GET /notes', 'notes')]],
  [
    'another path without it',
    changed('RouteNotes', { ...OPEN, RouteKey: 'GET /x' }),
    [lost('GET /x', 'notes')],
  ],
  ['another path', changed('RouteNotes', { RouteKey: 'GET /x' }), [unknown('GET/x=any')]],
  ['a role without it', changed('RouteStats', OPEN), [open('stats', 'a role')]],
  ['a role with another one', changed('RouteStats', OTHER), [open('stats', 'a role')]],
  [
    'another path of a role',
    changed('RouteStats', { RouteKey: '$default' }),
    [unknown('DEFAULT/=role:admin')],
  ],
  [
    'another path of scopes',
    changed('RouteExports', { RouteKey: 'ANY /x' }),
    [unknown('ANY/x=scope:orders:read')],
  ],
  ['scopes without it', changed('RouteExports', OPEN), [open('exports', 'scopes')]],
  [
    'a further open route of a role',
    { Further: route('GET /more', 'Stats', OPEN) },
    [open('stats', 'a role')],
  ],
  ['a further open route of a mixed function', { Further: route('GET /more', 'Mixed', OPEN) }, []],
  ['another API', { Further: route('GET /more', 'Stats', { ...OPEN, ApiId: 'other' }) }, []],
  [
    'an open route of a mixed function that was protected',
    changed('RouteMixed', OPEN),
    [lost('GET /mixed', 'mixed')],
  ],
  ['an open route of no function', { Further: route('GET /more', 'Queue', OPEN) }, []],
  [
    'a role by another integration, without it',
    { HttpApiIntegrationStats: undefined, ...changed('RouteStats', { ...OPEN, Target: 'integrations/Own' }) },
    [open('stats', 'a role')],
  ],
  [
    'no routes and no authorizer',
    Object.fromEntries([...Object.keys(ROUTES), 'HttpApiAuthorizerAuth'].map((id) => [id, undefined])),
    [],
  ],
  ['no authorizer', { HttpApiAuthorizerAuth: undefined }, [EXCHANGED]],
  ['a resource of another type', { HttpApiAuthorizerAuth: { ...authorizer(), Type: 'Own' } }, [EXCHANGED]],
  ['an authorizer of another API', changedAuthorizer({ ApiId: { Ref: 'Partners' } }), [EXCHANGED]],
  [
    'a cache for all routes',
    changedAuthorizer({ IdentitySource: ['$request.header.Authorization'] }),
    [EXCHANGED],
  ],
  ['a longer cache', changedAuthorizer({ AuthorizerResultTtlInSeconds: 3_600 }), [EXCHANGED]],
  ['policies', changedAuthorizer({ EnableSimpleResponses: false }), [EXCHANGED]],
  ['payload 1.0', changedAuthorizer({ AuthorizerPayloadFormatVersion: '1.0' }), [EXCHANGED]],
  ['another function', changedAuthorizer({ AuthorizerUri: uri('OtherLambdaFunction') }), [EXCHANGED]],
  ['a JWT authorizer', changedAuthorizer({ AuthorizerType: 'JWT', JwtConfiguration: {} }), [EXCHANGED]],
]
