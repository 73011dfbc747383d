import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { lambdaContext, loginEvent, parsed } from '../../test/support/lambda.ts'
import { PROBLEMS, type ProblemCode, ServiceError, TITLES } from '../errors.ts'
import { apiHandler, corsHeaders, deadlineOf, json, logFailure } from './handler.ts'

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

const answerTo = (thrown: unknown) =>
  apiHandler(() => Promise.reject(thrown))(loginEvent({}), lambdaContext())

test('what a route answers is the answer', async () => {
  const answer = json(200, { message: 'hello' })
  expect(await apiHandler(async () => answer)(loginEvent({}), lambdaContext())).toEqual(answer)
  expect(records).toEqual([])
})

test('a JSON answer is kept by nobody and sniffed by nobody', () => {
  expect(json(201, { name: 'ada' })).toEqual({
    statusCode: 201,
    headers: {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body: '{"name":"ada"}',
  })
})

test('an answer may say for itself who keeps it', () => {
  expect(json(200, {}, { 'Cache-Control': 'public' }).headers).toEqual({
    'Content-Type': 'application/json',
    'Cache-Control': 'public',
    'X-Content-Type-Options': 'nosniff',
  })
})

describe('a page of another origin', () => {
  const readable = (origin: string) => ({
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After',
  })
  const listed = ['https://app.example', 'https://admin.example:8443']
  const vary = { Vary: 'Origin' }

  test.each<[string, string[], string | undefined, object]>([
    [
      'that is listed may read the answer',
      listed,
      'https://app.example',
      { ...vary, ...readable('https://app.example') },
    ],
    [
      'that is listed second may too',
      listed,
      'https://admin.example:8443',
      { ...vary, ...readable('https://admin.example:8443') },
    ],
    ['that is not listed may not', listed, 'https://evil.example', vary],
    ['whose name begins as a listed one may not', listed, 'https://app.example.evil.example', vary],
    ['with another port may not', listed, 'https://admin.example', vary],
    ['over plain HTTP may not', listed, 'http://app.example', vary],
    ['in another case may not: browsers write origins in lower case', listed, 'https://APP.example', vary],
    ['without a name may not', listed, 'null', vary],
    ['need not be, and caches are told all the same', listed, undefined, vary],
    ['may read where all may', ['*'], 'https://evil.example', readable('*')],
    ['need not be where all may', ['*'], undefined, readable('*')],
    ['may not where none may', [], 'https://app.example', {}],
    ['need not be where none may', [], undefined, {}],
  ])('%s', (_who, allowed, origin, headers) => {
    expect(corsHeaders(allowed, origin)).toEqual(headers)
  })

  test.each(['Origin', 'origin'])('is known by the header %s, on errors as on all answers', async (name) => {
    vi.stubEnv('ALLOWED_ORIGINS', listed.join(','))
    vi.resetModules()
    const http = await import('./handler.ts')
    vi.unstubAllEnvs()
    const event = loginEvent({ headers: { [name]: 'https://app.example' } })
    const good = await http.apiHandler(async () => http.noContent())(event, lambdaContext())
    const bad = await http.apiHandler(() => Promise.reject(new Error('inside')))(event, lambdaContext())
    expect([good, bad]).toMatchObject([{ statusCode: 204 }, { statusCode: 500 }])
    for (const { headers } of [good, bad]) {
      expect(headers).toMatchObject({
        ...vary,
        ...readable('https://app.example'),
        'Cache-Control': 'no-store',
      })
    }
  })
})

describe.each(Object.entries(PROBLEMS))('a failure with code %s', (code, [status, detail]) => {
  test('is answered with its own problem and nothing of the inside', async () => {
    const failure = new ServiceError(code as ProblemCode, 'inside', { cause: new Error('further inside') })
    expect(parsed(await answerTo(failure))).toEqual({
      statusCode: status,
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        ...(code === 'unavailable' && { 'Retry-After': '5' }),
      },
      body: { type: 'about:blank', title: TITLES[status], status, detail },
    })
  })
})

test('invalid fields are listed', async () => {
  const fields = [{ pointer: '#/username', detail: 'A string is needed.' }]
  const answer = parsed(await answerTo(new ServiceError('invalid_fields', 'inside', { fields })))
  expect(answer.body).toEqual({
    type: 'about:blank',
    title: 'Unprocessable Content',
    status: 422,
    detail: 'One or more fields are invalid.',
    errors: fields,
  })
})

test.each([
  ['an error', new TypeError('inside')],
  ['a string', 'inside'],
  ['nothing', undefined],
])('a route that throws %s answers 500, which says nothing', async (_what, thrown) => {
  expect(parsed(await answerTo(thrown))).toEqual({
    statusCode: 500,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    },
    body: {
      type: 'about:blank',
      title: 'Internal Server Error',
      status: 500,
      detail: 'An unexpected error occurred.',
    },
  })
  expect(records).toEqual([['error', expect.objectContaining({ event: 'request.crashed' })]])
})

test('a route gets until half a second before its own end for its calls', async () => {
  const before = Date.now()
  const deadlines = [deadlineOf(lambdaContext(5_000))]
  await apiHandler(async (_event, deadlineMs) => {
    deadlines.push(deadlineMs)
    return json(200, {})
  })(loginEvent({}), lambdaContext(5_000))
  for (const deadlineMs of deadlines) {
    expect(deadlineMs).toBeGreaterThanOrEqual(before + 4_500)
    expect(deadlineMs).toBeLessThanOrEqual(Date.now() + 4_500)
  }
})

test('a refusal is logged as the client\u2019s', () => {
  const cause = Object.assign(new Error('exp'), { code: 'ERR_JWT_EXPIRED' })
  logFailure(new ServiceError('invalid_token', 'token refused', { cause }))
  expect(records).toEqual([
    [
      'info',
      {
        event: 'token.refused',
        code: 'invalid_token',
        detail: 'token refused',
        cause: 'ERR_JWT_EXPIRED: exp',
      },
    ],
  ])
})

test('a dependency that failed is logged as ours, with what it said', () => {
  const cause = Object.assign(new Error('slow down'), { name: 'ThrottlingException' })
  logFailure(new ServiceError('unavailable', 'kms Sign failed', { cause }))
  expect(records).toEqual([
    [
      'error',
      {
        event: 'dependency.failed',
        code: 'unavailable',
        detail: 'kms Sign failed',
        cause: 'ThrottlingException: slow down',
      },
    ],
  ])
})

test('a mistake of ours is logged with the place it was made at', () => {
  logFailure(new TypeError('no such property'))
  expect(records).toEqual([
    [
      'error',
      {
        event: 'request.crashed',
        code: 'internal',
        detail: 'unforeseen',
        cause: expect.stringMatching(/no such property\n +at .*http\.test/),
      },
    ],
  ])
})
