import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type ProblemCode, ServiceError } from '../../lib/errors.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { gatewayResponses } from '../../local/gateway-rules.ts'
import { allowOrigins } from '../../plugins/gateway.ts'
import { lambdaContext, loginEvent, parsed } from '../support/lambda.ts'
import { describeService, resourcesOf } from '../support/service-description.ts'

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

/** Challenges, which only the gateway can send: it renames the header in a function's response. */
const CHALLENGES: Record<string, string | undefined> = {
  UNAUTHORIZED: 'Bearer realm="serverless-jwt-auth-dev"',
  ACCESS_DENIED: 'Bearer realm="serverless-jwt-auth-dev", error="insufficient_scope"',
}

// The framework accepts no empty value, and trims the space.
const NO_ORIGINS = { allowedOrigins: ' ' }

const responses = gatewayResponses(resourcesOf(describeService(NO_ORIGINS)))

beforeAll(() => {
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
})

test('the gateway has a response for each expected type, and no other', () => {
  expect([...responses.keys()].sort()).toEqual(Object.keys(SAME).sort())
})

const APP = 'https://app.example.com'
const SEVERAL = `${APP},https://admin.example.com`
const SAME_SITE = { publicUrl: 'https://auth.example.com' }
const WITHOUT_COOKIES = { cookieSessions: 'off', pages: 'off' }
const credentials = { 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' }

test.each<[string, Record<string, string>, Record<string, string>]>([
  // The default of this stage.
  ['any origin is allowed', {}, { 'Access-Control-Allow-Origin': '*' }],
  [
    'one origin is allowed',
    { ...WITHOUT_COOKIES, allowedOrigins: APP },
    { 'Access-Control-Allow-Origin': APP },
  ],
  [
    // A gateway response cannot choose from a list, and contains no user data.
    'several origins are allowed',
    { ...WITHOUT_COOKIES, allowedOrigins: SEVERAL },
    { 'Access-Control-Allow-Origin': '*' },
  ],
  [
    'one origin is allowed to send cookies',
    { ...SAME_SITE, allowedOrigins: APP },
    { 'Access-Control-Allow-Origin': APP, ...credentials },
  ],
  [
    'several origins are allowed to send cookies',
    { ...SAME_SITE, allowedOrigins: SEVERAL },
    { 'Access-Control-Allow-Origin': 'method.request.header.origin', ...credentials },
  ],
])('if %s, its pages can read every response', (_what, params, cors) => {
  const withCors = [...responses].map(([type, response]) => {
    const headers = {
      ...response.headers,
      ...cors,
      'Access-Control-Expose-Headers': 'Retry-After,WWW-Authenticate',
    }
    return [type, { ...response, headers }]
  })
  expect([...gatewayResponses(resourcesOf(describeService(params)))]).toEqual(withCors)
})

test('only routes that take the cookie let pages send it, and never pages of all origins', () => {
  const routesOf = (params: Record<string, string>) =>
    Object.values(describeService(params).functions)
      .flatMap(({ events = [] }) => events.map(({ http }) => http as { path: string; cors?: object }))
      .filter(({ cors }) => Object(cors).allowCredentials)
      .map(({ path }) => path)
  expect(routesOf({ ...SAME_SITE, allowedOrigins: SEVERAL })).toEqual([
    'login',
    'refresh',
    'logout',
    'register/confirm',
  ])
  expect(routesOf({ ...WITHOUT_COOKIES, allowedOrigins: SEVERAL })).toEqual([])
  expect(routesOf({ allowedOrigins: '*' })).toEqual([])
})

test('if no origin is allowed, no response has CORS headers', () => {
  expect(JSON.stringify([...responses])).not.toMatch(/access-control|vary/i)
})

test('every route has a preflight if and only if origins are allowed', () => {
  const routesFor = (params: Record<string, string>) =>
    Object.values(describeService(params).functions).flatMap(({ events = [] }) =>
      events.map(({ http }) => http),
    )
  const cors = { origin: APP, headers: ['Authorization', 'Content-Type'] }
  const routes = routesFor({ ...SAME_SITE, allowedOrigins: APP })
  expect(routes).not.toEqual([])
  for (const route of routes) expect(route).toMatchObject({ cors })
  for (const route of routesFor(NO_ORIGINS)) expect(route).not.toHaveProperty('cors')
})

test('a route in the short form has a preflight', () => {
  const hello = { events: [{ http: 'GET hello' }] }
  const provider = { environment: { ALLOWED_ORIGINS: '*' } }
  allowOrigins({ provider, functions: { hello }, resources: { Resources: {} } })
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
      ...(status !== undefined && { status }),
    })
  })

  const code = SAME[type]
  if (code !== undefined) {
    test(`equals a function's response to ${code}`, async () => {
      const fail = apiHandler(() => Promise.reject(new ServiceError(code, 'inside')))
      const fromFunction = parsed(await fail(loginEvent({}), lambdaContext()))
      const challenge = CHALLENGES[type] && { 'WWW-Authenticate': CHALLENGES[type] }
      // A function's own 500 is a bug, which a second request does not avoid.
      const retry = type === 'DEFAULT_5XX' && { 'Retry-After': '5' }
      expect({ statusCode: status, headers, body: problem }).toEqual({
        ...fromFunction,
        headers: { ...fromFunction.headers, ...challenge, ...retry },
      })
    })
  }
})
