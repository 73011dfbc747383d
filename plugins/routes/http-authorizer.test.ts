import { expect, test } from 'vitest'
import { IDENTITY_SOURCES } from '../../lib/authorization/http-api.ts'
import type { CompiledResource, Serverless, WrittenFunction } from '../framework.d.ts'
import { addHttpAuthorizer, deployedHttpRoutes, HTTP_AUTHORIZER_IDS } from './http-authorizer.ts'

const notes = { handler: 'x', events: [{ httpApi: { method: 'get', path: '/', authorizer: 'auth' } }] }
const auth = {
  type: 'request',
  functionName: 'authorizer',
  identitySource: IDENTITY_SOURCES,
  resultTtlInSeconds: 60,
  enableSimpleResponses: true,
  payloadVersion: '2.0',
}

/** Adds the authorizer to a project. Returns the HTTP API as the plugin and as the framework have it, and the faults. */
function add(functions: Record<string, WrittenFunction>, httpApi?: object) {
  const service = { provider: { httpApi }, custom: { auth: { authorizer: { resultTtlInSeconds: '60' } } } }
  const configurationInput = { provider: { httpApi } }
  const faults = addHttpAuthorizer({ service, configurationInput } as object as Serverless, functions)
  return [service.provider.httpApi, configurationInput.provider.httpApi, faults]
}

test('an HTTP API gets the authorizer, and keeps what the project has there', () => {
  expect(add({ notes })).toEqual([{ authorizers: { auth } }, { authorizers: { auth } }, []])
  const jwt = { type: 'jwt' }
  const both = { cors: true, authorizers: { jwt, auth } }
  expect(add({ notes }, { cors: true, authorizers: { jwt } })).toEqual([both, both, []])
  expect(add({ notes }, { id: 'abc' })[2]).toHaveLength(1)
})

test('an HTTP API without a protected route stays as it is', () => {
  const open = { handler: 'x', events: [{ httpApi: 'GET /' }] }
  expect(add({ open }, { cors: true })).toEqual([{ cors: true }, { cors: true }, []])
})

// test/package/http-api.test.ts finds both in the template of a project.
test('the authorizer of an HTTP API has the logical ids of the framework', () => {
  expect(HTTP_AUTHORIZER_IDS).toEqual(['HttpApiAuthorizerAuth', 'AuthLambdaAuthorizerPermissionHttpApi'])
})

const ApiId = { Ref: 'HttpApi' }
const ours = { AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: 'HttpApiAuthorizerAuth' } }
const routeOf = (Properties: object): CompiledResource => ({
  Type: 'AWS::ApiGatewayV2::Route',
  Properties: { ApiId, Target: { Ref: 'Queue' }, ...Properties },
})

test.each([
  ['$default', ours, { method: '*', path: '*', authorizer: 'auth' }],
  ['GET /a', {}, { method: 'GET', path: '/a' }],
  ['GET /a', { ...ours, AuthorizationType: 'JWT' }, { method: 'GET', path: '/a' }],
  ['GET /a', { ...ours, AuthorizerId: { Ref: 'Own' } }, { method: 'GET', path: '/a' }],
])('the route %s of a template with %j', (routeKey, more, httpApi) => {
  const resources = { Route: routeOf({ RouteKey: routeKey, ...more }) }
  const integration = JSON.stringify(JSON.stringify({ Ref: 'Queue' }))
  expect(deployedHttpRoutes(resources)).toEqual([{ routeKey, integration, httpApi }])
})

test('a route of a template has its own integration, and no other resource is a route', () => {
  const resources = {
    Ref: { Type: 'AWS::SQS::Queue', Properties: { ApiId } },
    Own: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId, Uri: 'own' } },
    Other: { Type: 'AWS::ApiGatewayV2::Integration', Properties: { ApiId, Uri: 'other' } },
    Route: routeOf({ RouteKey: 'GET /a', Target: { Ref: 'Own' } }),
    Partners: routeOf({ RouteKey: 'GET /b', ApiId: { Ref: 'Partners' } }),
  }
  expect(deployedHttpRoutes(resources)).toEqual([
    {
      routeKey: 'GET /a',
      integration: JSON.stringify({ ApiId, Uri: 'own' }),
      httpApi: { method: 'GET', path: '/a' },
    },
  ])
})
