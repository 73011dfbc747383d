import { beforeAll, describe, expect, test, vi } from 'vitest'
import { apiHandler } from '../lib/http.ts'
import { type ProblemCode, ServiceError } from '../lib/problems.ts'
import { gatewayAnswers } from '../local/gateway-rules.ts'
import { lambdaContext, loginEvent, parsed } from './support/lambda.ts'
import { describeService, resourcesOf } from './support/service-description.ts'

/** The answers that the gateway gives by itself, and the code that our functions have for the same failure. */
const SAME: Record<string, ProblemCode | undefined> = {
  UNAUTHORIZED: 'invalid_token',
  ACCESS_DENIED: 'forbidden',
  AUTHORIZER_FAILURE: 'unavailable',
  AUTHORIZER_CONFIGURATION_ERROR: 'unavailable',
  REQUEST_TOO_LARGE: 'body_too_large',
  DEFAULT_5XX: 'internal',
  MISSING_AUTHENTICATION_TOKEN: undefined,
  THROTTLED: undefined,
  DEFAULT_4XX: undefined,
}

const answers = gatewayAnswers(resourcesOf(describeService()))

beforeAll(() => {
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
})

test('every answer of the gateway is compared, and no other', () => {
  expect([...answers.keys()].sort()).toEqual(Object.keys(SAME).sort())
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
      // A challenge is the gateway's to make: it renames the header when a function sends one.
      const challenge = type === 'UNAUTHORIZED' ? { 'WWW-Authenticate': 'Bearer' } : {}
      expect({ statusCode: status, headers, body: problem }).toEqual({
        ...ours,
        headers: { ...ours.headers, ...challenge },
      })
    })
  }
})
