import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { lambdaContext, loginEvent, parsed } from '../../test/support/http/lambda.ts'
import type { ApiEvent, HttpApiEvent } from '../authorization/event.ts'
import { PROBLEMS, type ProblemCode, ServiceError, TITLES } from '../errors.ts'
import { apiHandler, deadlineOf } from './handler.ts'
import { json, noContent } from './responses.ts'

let records: [method: string, record: unknown][]

beforeEach(() => {
  records = []
  for (const method of ['info', 'error'] as const) {
    vi.spyOn(console, method).mockImplementation((record) => void records.push([method, record]))
  }
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('the handler returns the response of its route', async () => {
  const response = json(200, { message: 'hello' })
  const event = loginEvent({ headers: {} })
  expect(await apiHandler(async () => response)(event, lambdaContext())).toEqual(response)
  expect(records).toEqual([])
})

test('an event of an HTTP API has its type, and the headers of both APIs are read', async () => {
  vi.stubEnv('AUTH_ALLOWED_ORIGINS', 'https://app.example')
  const headers = { origin: 'https://app.example', 'x-forwarded-proto': 'https' }
  const event = { version: '2.0', rawPath: '/notes', headers, requestContext: {} } as object as HttpApiEvent
  const ofHttpApi = apiHandler(async ({ rawPath }: HttpApiEvent) => json(200, { rawPath }))
  const ofBoth = apiHandler(async (given: ApiEvent) =>
    json(200, { rawPath: 'rawPath' in given ? given.rawPath : given.path }),
  )
  for (const handler of [ofHttpApi, ofBoth]) {
    expect(parsed(await handler(event, lambdaContext()))).toMatchObject({
      statusCode: 200,
      headers: {
        'Access-Control-Allow-Origin': 'https://app.example',
        'Strict-Transport-Security': expect.any(String),
      },
      body: { rawPath: '/notes' },
    })
  }
  vi.unstubAllEnvs()
  // @ts-expect-error A handler without a type takes events of the REST API.
  await apiHandler(async ({ httpMethod }) => json(200, { httpMethod }))(event, lambdaContext())
})

test.each([
  ['https', { 'Strict-Transport-Security': 'max-age=31536000' }],
  ['http', {}],
])('a response over %s has %o, also on errors', async (scheme, expected) => {
  const event = loginEvent({ headers: { 'X-Forwarded-Proto': scheme } })
  const success = await apiHandler(async () => noContent())(event, lambdaContext())
  const failure = await apiHandler(() => Promise.reject(new Error('inside')))(event, lambdaContext())
  for (const { headers } of [success, failure]) {
    const transport = Object.entries(headers ?? {}).filter(([name]) => name.startsWith('Strict'))
    expect(Object.fromEntries(transport)).toEqual(expected)
  }
})

test.each(['Origin', 'origin'])('CORS headers follow the request header %s, also on errors', async (name) => {
  vi.stubEnv('AUTH_ALLOWED_ORIGINS', 'https://app.example,https://admin.example:8443')
  const event = loginEvent({ headers: { [name]: 'https://app.example' } })
  const success = await apiHandler(async () => noContent())(event, lambdaContext())
  const failure = await apiHandler(() => Promise.reject(new Error('inside')))(event, lambdaContext())
  vi.unstubAllEnvs()
  expect([success, failure]).toMatchObject([{ statusCode: 204 }, { statusCode: 500 }])
  for (const { headers } of [success, failure]) {
    expect(headers).toMatchObject({
      Vary: 'Origin',
      'Access-Control-Allow-Origin': 'https://app.example',
      'Access-Control-Expose-Headers': 'Retry-After',
      'Cache-Control': 'no-store',
    })
  }
})

const responseTo = (thrown: unknown) =>
  apiHandler(() => Promise.reject(thrown))(loginEvent({}), lambdaContext())

describe.each(Object.entries(PROBLEMS))('a failure with code %s', (code, [status, detail]) => {
  test('becomes its problem, without internal details', async () => {
    const failure = new ServiceError(code as ProblemCode, 'inside', { cause: new Error('further inside') })
    expect(parsed(await responseTo(failure))).toEqual({
      statusCode: status,
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        'Strict-Transport-Security': 'max-age=31536000',
        ...(code === 'unavailable' && { 'Retry-After': '5' }),
      },
      body: { type: 'about:blank', title: TITLES[status], status, detail, code },
    })
  })
})

test('the response lists invalid fields', async () => {
  const fields = [{ pointer: '#/username', detail: 'Must be a string.' }]
  const response = parsed(await responseTo(new ServiceError('invalid_fields', 'inside', { fields })))
  expect(response.body).toEqual({
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    detail: 'One or more fields are invalid.',
    code: 'invalid_fields',
    errors: fields,
  })
})

test.each([
  ['an error', new TypeError('inside')],
  ['a string', 'inside'],
  ['nothing', undefined],
])('a route that throws %s returns 500 without details', async (_what, thrown) => {
  expect(parsed(await responseTo(thrown))).toEqual({
    statusCode: 500,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=31536000',
    },
    body: {
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'An unexpected error occurred.',
      code: 'internal',
    },
  })
  expect(records).toEqual([['error', expect.objectContaining({ event: 'request.crashed' })]])
})

test('the deadline of a route is half a second before its timeout', async () => {
  const before = Date.now()
  const deadlines = [deadlineOf(lambdaContext(5_000))]
  await apiHandler(async (_event, { now, deadlineMs }) => {
    expect(now.getTime()).toBeGreaterThanOrEqual(before)
    expect(now.getTime()).toBeLessThanOrEqual(Date.now())
    deadlines.push(deadlineMs)
    return json(200, {})
  })(loginEvent({}), lambdaContext(5_000))
  for (const deadlineMs of deadlines) {
    expect(deadlineMs).toBeGreaterThanOrEqual(before + 4_500)
    expect(deadlineMs).toBeLessThanOrEqual(Date.now() + 4_500)
  }
})
