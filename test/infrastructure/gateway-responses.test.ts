import { beforeAll, describe, expect, test } from 'vitest'
import { type ProblemCode, ServiceError } from '../../lib/errors.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { gatewayResponses } from '../../local/gateway/gateway-rules.ts'
import { allowOrigins, nameMetadata } from '../../plugins/gateway/gateway.ts'
import { lambdaContext, loginEvent, parsed } from '../support/http/lambda.ts'
import { recordLogs } from '../support/logs.ts'
import { describeService, resourcesOf } from '../support/process/service-description.ts'
import { NO_ORIGINS, testCors } from './gateway-cors.ts'

/** The gateway's own responses by type, and the code of the functions' problem for the same failure. */
const SAME: Record<string, ProblemCode | undefined> = {
  UNAUTHORIZED: 'invalid_token',
  ACCESS_DENIED: 'forbidden',
  AUTHORIZER_FAILURE: 'unavailable',
  AUTHORIZER_CONFIGURATION_ERROR: 'unavailable',
  INTEGRATION_FAILURE: 'unavailable',
  DEFAULT_5XX: 'internal',
  MISSING_AUTHENTICATION_TOKEN: 'not_found',
  INVALID_SIGNATURE: 'not_found',
  THROTTLED: undefined,
  QUOTA_EXCEEDED: undefined,
  BAD_REQUEST_BODY: undefined,
  BAD_REQUEST_PARAMETERS: undefined,
  DEFAULT_4XX: undefined,
}

/** The codes of failures that only the gateway has. */
const OWN: Record<string, string> = {
  THROTTLED: 'throttled',
  QUOTA_EXCEEDED: 'quota_exceeded',
  BAD_REQUEST_BODY: 'request_refused',
  BAD_REQUEST_PARAMETERS: 'request_refused',
  DEFAULT_4XX: 'request_refused',
}

/** Challenges, which only the gateway can send: it renames the header in a function's response. */
const CHALLENGES: Record<string, string | undefined> = {
  UNAUTHORIZED: 'Bearer realm="serverless-jwt-auth-dev-auth"',
  ACCESS_DENIED: 'Bearer realm="serverless-jwt-auth-dev-auth", error="insufficient_scope"',
}

const responses = gatewayResponses(resourcesOf(describeService(NO_ORIGINS)))

beforeAll(() => {
  recordLogs([], ['info', 'error'])
})

test('the gateway has a response for each expected type, and no other', () => {
  expect([...responses.keys()].sort()).toEqual(Object.keys(SAME).sort())
})

testCors('representatives')

test('the responses name metadata of an API for clients only if a function names scopes', () => {
  const { functions } = describeService()
  const names = [...responses].filter(([, { headers }]) =>
    JSON.stringify(headers).includes('resource_metadata'),
  )
  expect(names.map(([type]) => type)).toEqual(
    functions.openapi?.environment?.API_SCOPES === '' ? [] : ['UNAUTHORIZED', 'ACCESS_DENIED'],
  )
})

test('the name of the metadata has the URL of the service, also if CloudFormation alone knows it', () => {
  const header = 'gatewayresponse.header.WWW-Authenticate'
  const challengeWith = (publicUrl: unknown) => {
    const challenged = { [header]: `'Bearer realm="a"'` }
    const response = {
      Type: 'AWS::ApiGateway::GatewayResponse',
      Properties: { ResponseParameters: challenged },
    }
    const other = { Type: 'AWS::ApiGateway::GatewayResponse', Properties: {} }
    const ownership = { resources: new Set(['response', 'other']) }
    nameMetadata(
      { custom: { auth: { publicUrl } }, resources: { Resources: { response, other } } },
      ownership,
    )
    expect(other.Properties).toEqual({})
    return Object(response.Properties.ResponseParameters)[header]
  }
  const name = '/.well-known/oauth-protected-resource'
  expect(challengeWith('https://a.example')).toBe(
    `'Bearer realm="a", resource_metadata="https://a.example${name}"'`,
  )
  const url = { 'Fn::Join': ['', ['https://', { Ref: 'ApiGatewayRestApi' }]] }
  expect(challengeWith(url)).toEqual({
    'Fn::Join': ['', [`'Bearer realm="a", resource_metadata="`, url, `${name}"'`]],
  })
})

test('if no origin is allowed, no response has CORS headers', () => {
  expect(JSON.stringify([...responses])).not.toMatch(/access-control|vary/i)
})

test('a route in the short form has a preflight', () => {
  const hello = { handler: 'functions/hello.handler', events: [{ http: 'GET hello' }] }
  const custom = { auth: { allowedOrigins: '*', authorizer: { name: 'authorizer' } } }
  const ownership = {
    functions: new Set(['hello']),
    brought: new Set<string>(),
    resources: new Set<string>(),
  }
  allowOrigins({ provider: {}, custom, functions: { hello }, resources: { Resources: {} } }, ownership)
  expect(hello.events).toMatchObject([{ http: { method: 'GET', path: 'hello', cors: { origin: '*' } } }])
})

describe.each([...responses])('%s', (type, { status, headers, body }) => {
  const problem = JSON.parse(body)

  test('is an uncached problem with the status of the response', () => {
    expect(headers).toMatchObject({
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    })
    expect(problem).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      detail: expect.any(String),
      // Where sessions are bound to devices, the gateway throttles as in an outage.
      code: status === 503 ? 'unavailable' : (SAME[type] ?? OWN[type]),
      ...(status !== undefined && { status }),
    })
  })

  const code = SAME[type]
  if (code !== undefined) {
    test(`equals a function's response to ${code}`, async () => {
      const fail = apiHandler(() => Promise.reject(new ServiceError(code, 'inside')))
      const fromFunction = parsed(await fail(loginEvent({ headers: {} }), lambdaContext()))
      const challenge = CHALLENGES[type] && { 'WWW-Authenticate': CHALLENGES[type] }
      // A function's own 500 is a bug, which a second request does not avoid.
      const retry = type === 'DEFAULT_5XX' && { 'Retry-After': '5' }
      // With routes for clients, it also names their metadata.
      const named = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          value.replace(/, resource_metadata="[^"]+"$/, ''),
        ]),
      )
      expect({ statusCode: status, headers: named, body: problem }).toEqual({
        ...fromFunction,
        headers: { ...fromFunction.headers, ...challenge, ...retry },
      })
    })
  }
})
