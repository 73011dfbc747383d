import { expect, test } from 'vitest'
import type { CompiledResource } from '../framework.d.ts'
import { deployedFunctions, faultsOfDeployed, functionsNow } from './deployed.ts'

const route = (path: string, more: object = {}) => ({
  name: 'it',
  handler: 'it.handler',
  events: [{ http: { method: 'get', path, authorizer: 'auth' } }],
  ...more,
})
const written = {
  admin: route('admin/{id}', { role: 'admin' }),
  notes: route('notes/{id}', { scopes: ['notes:read'] }),
  me: route('me'),
}
const KNOWN = {
  GUARDED_ROUTES: 'GET/admin/*=admin',
  SCOPED_ROUTES: 'GET/notes/*=notes:read',
}

const RestApiId = { Ref: 'ApiGatewayRestApi' }
const AuthorizerId = { Ref: 'AuthorizerApiGatewayAuthorizer' }

/** Returns the resources of an API with a path. */
const pathIn = (path: string): Record<string, CompiledResource> =>
  Object.fromEntries(
    path.split('/').map((PathPart, index, parts) => {
      const ParentId =
        index > 0 ? { Ref: parts.slice(0, index).join('/') } : { 'Fn::GetAtt': ['Api', 'Root'] }
      const Properties = { PathPart, ParentId, RestApiId }
      return [parts.slice(0, index + 1).join('/'), { Type: 'AWS::ApiGateway::Resource', Properties }]
    }),
  )

/** Returns the resources of a route. Its function is found by its logical id. */
const methodIn = (path: string, lambda: string, more: object = {}): Record<string, CompiledResource> => ({
  ...pathIn(path),
  [`${lambda}:${path}`]: {
    Type: 'AWS::ApiGateway::Method',
    Properties: {
      HttpMethod: 'GET',
      ResourceId: { Ref: path },
      RestApiId,
      AuthorizationType: 'CUSTOM',
      AuthorizerId,
      Integration: { Uri: { 'Fn::Join': ['', [{ 'Fn::GetAtt': [lambda, 'Arn'] }]] } },
      ...more,
    },
  },
})

const template = {
  ...methodIn('admin/{id}', 'AdminLambdaFunction'),
  ...methodIn('notes/{id}', 'NotesLambdaFunction'),
  ...methodIn('me', 'MeLambdaFunction'),
}
const faultsOf = (resources: Record<string, CompiledResource>) =>
  faultsOfDeployed(deployedFunctions(written, resources), KNOWN)
const unknown = (routes: string) =>
  `The authorizer does not know ${routes}, because a plugin or resources add or change these routes. Write them as events of a function.`
const open = (key: string, what: string) =>
  `Function ${key} names ${what}, so each of its routes needs "authorizer: auth".`

test.each<[string, Record<string, CompiledResource>, string[]]>([
  ['the routes that the authorizer knows', {}, []],
  [
    'another path of a role',
    methodIn('v2/admin', 'AdminLambdaFunction'),
    [unknown('GET/v2/admin=admin, GET/v2/admin/=admin')],
  ],
  [
    'another path of scopes',
    methodIn('v2/notes', 'NotesLambdaFunction'),
    [unknown('GET/v2/notes=notes:read, GET/v2/notes/=notes:read')],
  ],
  [
    'another path of a role, whose integration is a text',
    methodIn('v2/admin', 'AdminLambdaFunction', {
      Integration: {
        Uri: { 'Fn::Sub': `arn:aws:apigateway:x:functions/\${AdminLambdaFunction.Arn}/invocations` },
      },
    }),
    [unknown('GET/v2/admin=admin, GET/v2/admin/=admin')],
  ],
  [
    'a role by a signature of IAM in place of the authorizer',
    methodIn('admin/{id}', 'AdminLambdaFunction', { AuthorizationType: 'AWS_IAM' }),
    [open('admin', 'a role')],
  ],
  [
    'a role without the authorizer',
    methodIn('admin/{id}', 'AdminLambdaFunction', { AuthorizationType: 'NONE', AuthorizerId: undefined }),
    [open('admin', 'a role')],
  ],
  [
    'scopes with another authorizer',
    methodIn('notes/{id}', 'NotesLambdaFunction', { AuthorizerId: { Ref: 'Other' } }),
    [open('notes', 'scopes')],
  ],
  [
    'a route that clients would reach, without a function',
    methodIn('notes/{id}/log', 'Queue'),
    [
      'Clients with a scope of function notes would reach GET /notes/{id}/log of function Queue:notes/{id}/log, because GET /notes/{id} has a parameter. Give Queue:notes/{id}/log the same scopes, or another path.',
    ],
  ],
  [
    'a role by another integration',
    methodIn('admin/{id}', 'Elsewhere', { AuthorizationType: 'NONE' }),
    [open('admin', 'a role')],
  ],
  [
    'another API',
    methodIn('v2/admin', 'AdminLambdaFunction', {
      RestApiId: { Ref: 'Partners' },
      AuthorizationType: 'NONE',
    }),
    [],
  ],
  ['a preflight', methodIn('v2', 'None', { HttpMethod: 'OPTIONS', AuthorizationType: 'NONE' }), []],
])('a template with %s', (_, resources, faults) => {
  expect(faultsOf({ ...template, ...resources })).toEqual(faults)
})

test('functions have the routes of a template, with their restrictions', () => {
  const resources = {
    ...methodIn('admin/{id}', 'AdminLambdaFunction', { AuthorizationType: undefined }),
    ...methodIn('me', 'MeLambdaFunction', { AuthorizerId: { Ref: 'Other' } }),
    ...methodIn('me/log', 'MeLambdaFunction', { AuthorizationType: 'NONE' }),
    ...methodIn('queue', 'Queue'),
  }
  const http = (path: string, authorizer?: string) => ({ http: { method: 'GET', path, authorizer } })
  expect(deployedFunctions(written, resources)).toEqual({
    admin: { handler: '', role: ['admin'], events: [http('/admin/{id}')] },
    me: { handler: '', events: [http('/me', 'other'), http('/me/log')] },
    'Queue:queue': { handler: '', events: [http('/queue', 'auth')] },
  })
})

test('a route of an HTTP API with the integration of a plugin is of the function that names it', () => {
  const both = { handler: 'it.handler', events: [{ httpApi: 'GET /a' }, { httpApi: 'GET /b' }] }
  const Properties = { ApiId: { Ref: 'HttpApi' }, RouteKey: 'GET /b', Target: { Ref: 'Alias' } }
  const resources = { Route: { Type: 'AWS::ApiGatewayV2::Route', Properties } }
  expect(deployedFunctions({ ...written, both }, resources)).toEqual({
    both: { handler: '', events: [{ httpApi: { method: 'GET', path: '/b' } }] },
  })
})

test('only events with the authorizer of the framework get its name back', () => {
  const authorizer = { name: 'authorizer', type: 'token' }
  const others = [{ schedule: 'rate(1 day)' }, { http: 'GET /' }, { http: { path: '/', method: 'get' } }]
  const http = { method: 'get', path: 'x' }
  const it = route('x', { events: [...others, { http: { ...http, authorizer } }] })
  const events = [...others, { http: { ...http, authorizer: 'auth' } }]
  expect(functionsNow({ it }, { it })).toEqual({ it: { ...it, events } })
})

test('the routes that functions have in the end are held against those of the authorizer', () => {
  const authorizer = { name: 'authorizer', type: 'token' }
  const now = (path: string, key = 'admin', more: object = {}) => ({
    ...written,
    [key]: route(path, { events: [{ http: { method: 'get', path, authorizer } }], ...more }),
  })
  expect(faultsOfDeployed(functionsNow(written, now('admin/{id}')), KNOWN)).toEqual([])
  expect(faultsOfDeployed(functionsNow(written, now('staff')), KNOWN)).toEqual([
    unknown('GET/staff=admin, GET/staff/=admin'),
  ])
  // One that another plugin adds.
  expect(faultsOfDeployed(functionsNow(written, now('more', 'more', { role: 'user' })), KNOWN)).toEqual([
    unknown('GET/more=user, GET/more/=user'),
  ])
  expect(faultsOfDeployed(functionsNow(written, now('admin/{id}')), {})).toEqual([
    unknown('GET/admin/*=admin, GET/notes/*=notes:read'),
  ])
})
