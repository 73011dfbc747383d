import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type ProblemCode, ServiceError } from '../../lib/errors.ts'
import { apiHandler } from '../../lib/http/handler.ts'
import { gatewayAnswers } from '../../local/gateway-rules.ts'
import { allowOrigins } from '../../plugins/gateway.ts'
import { lambdaContext, loginEvent, parsed } from '../support/lambda.ts'
import { describeService, resourcesOf } from '../support/service-description.ts'

/** The answers that the gateway gives by itself, and the code that our functions have for the same failure. */
const SAME: Record<string, ProblemCode | undefined> = {
  UNAUTHORIZED: 'invalid_token',
  ACCESS_DENIED: 'forbidden',
  AUTHORIZER_FAILURE: 'unavailable',
  AUTHORIZER_CONFIGURATION_ERROR: 'unavailable',
  DEFAULT_5XX: 'internal',
  MISSING_AUTHENTICATION_TOKEN: 'not_found',
  INVALID_SIGNATURE: 'not_found',
  THROTTLED: undefined,
  QUOTA_EXCEEDED: undefined,
  BAD_REQUEST_BODY: undefined,
  BAD_REQUEST_PARAMETERS: undefined,
  DEFAULT_4XX: undefined,
}

/** The challenges that are the gateway's to make: it renames the header when a function sends one. */
const CHALLENGES: Record<string, string | undefined> = {
  UNAUTHORIZED: 'Bearer realm="serverless-jwt-auth-dev"',
  ACCESS_DENIED: 'Bearer realm="serverless-jwt-auth-dev", error="insufficient_scope"',
}

// The framework takes no empty value, and cuts the space off.
const NO_ORIGINS = { allowedOrigins: ' ' }

const answers = gatewayAnswers(resourcesOf(describeService(NO_ORIGINS)))

beforeAll(() => {
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
})

test('every answer of the gateway is compared, and no other', () => {
  expect([...answers.keys()].sort()).toEqual(Object.keys(SAME).sort())
})

test.each([
  ['any', '*', '*'],
  ['one', 'https://app.example', 'https://app.example'],
  // None can be chosen from a list, and these answers hold nothing of any user.
  ['several', 'https://app.example,https://admin.example', '*'],
])('where %s origin is allowed, every answer can be read by a page of it', (_what, allowed, named) => {
  const withCors = [...answers].map(([type, answer]) => {
    const headers = {
      ...answer.headers,
      'Access-Control-Allow-Origin': named,
      'Access-Control-Expose-Headers': 'Retry-After,WWW-Authenticate',
    }
    return [type, { ...answer, headers }]
  })
  expect([...gatewayAnswers(resourcesOf(describeService({ allowedOrigins: allowed })))]).toEqual(withCors)
})

test('where no origin is allowed, no answer says anything of origins', () => {
  expect(JSON.stringify([...answers])).not.toMatch(/access-control|vary/i)
})

test('every route has a preflight where origins are allowed, and none has where none are', () => {
  const routesFor = (params: Record<string, string>) =>
    Object.values(describeService(params).functions).flatMap(({ events = [] }) =>
      events.map(({ http }) => http),
    )
  const cors = { origin: 'https://app.example', headers: ['Authorization', 'Content-Type'] }
  const routes = routesFor({ allowedOrigins: 'https://app.example' })
  expect(routes).not.toEqual([])
  for (const route of routes) expect(route).toMatchObject({ cors })
  for (const route of routesFor(NO_ORIGINS)) expect(route).not.toHaveProperty('cors')
})

test('a route in the short form has a preflight too', () => {
  const hello = { events: [{ http: 'GET hello' }] }
  const provider = { environment: { ALLOWED_ORIGINS: '*' } }
  allowOrigins({ provider, functions: { hello }, resources: { Resources: {} } })
  expect(hello.events).toMatchObject([{ http: { method: 'GET', path: 'hello', cors: { origin: '*' } } }])
})

describe.each([...answers])('%s', (type, { status, headers, body }) => {
  const problem = JSON.parse(body)

  test('is a problem, kept by nobody, that names the status it is sent with', () => {
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
    test(`is what a function answers to ${code}`, async () => {
      const fail = apiHandler(() => Promise.reject(new ServiceError(code, 'inside')))
      const ours = parsed(await fail(loginEvent({}), lambdaContext()))
      const challenge = CHALLENGES[type] && { 'WWW-Authenticate': CHALLENGES[type] }
      expect({ statusCode: status, headers, body: problem }).toEqual({
        ...ours,
        headers: { ...ours.headers, ...challenge },
      })
    })
  }
})
