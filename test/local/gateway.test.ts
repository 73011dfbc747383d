import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { get, postLogin, send, sendForAll, tokenOf, withOtherSignature } from '../support/http.ts'
import { startService } from '../support/service.ts'

const url = inject('serviceUrl')
const other = await startService({}, [], fileURLToPath(new URL('./other-service', import.meta.url)))
afterAll(() => other.stop())

/** A whole answer of the gateway's own: status, every header, every byte of the body. */
const answer = (status: number, body: string, more: Record<string, string> = {}) => ({
  status,
  headers: {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'Retry-After,WWW-Authenticate',
    ...more,
  },
  body,
})

const UNAUTHORIZED_BODY =
  '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Could not validate credentials."}'
const FORBIDDEN_BODY =
  '{"type":"about:blank","title":"Forbidden","status":403,"detail":"You do not have permission to access this resource."}'
const UNAVAILABLE_BODY =
  '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The service is temporarily unavailable. Try again shortly."}'

const UNAUTHORIZED = answer(401, UNAUTHORIZED_BODY, {
  'www-authenticate': 'Bearer realm="serverless-jwt-auth-dev"',
})
const FORBIDDEN = answer(403, FORBIDDEN_BODY, {
  'www-authenticate': 'Bearer realm="serverless-jwt-auth-dev", error="insufficient_scope"',
})
const NOT_FOUND = answer(
  404,
  '{"type":"about:blank","title":"Not Found","status":404,"detail":"Resource not found."}',
)

describe('the gateway answers, whole,', () => {
  const token = tokenOf(url, 'user')

  test.for<[what: string, header: (token: string) => string | undefined]>([
    ['without a token', () => undefined],
    ['with what is no token', () => 'Bearer user'],
    ['with a forged token', (good) => `Bearer ${withOtherSignature(good)}`],
  ])('401 to a request %s, on every protected route', async ([, header]) => {
    const Authorization = header(await token)
    const headers = Authorization === undefined ? {} : { Authorization }
    expect(await sendForAll(`${url}/`, 'GET', headers)).toEqual(UNAUTHORIZED)
    expect(await sendForAll(`${url}/sessions/x`, 'DELETE', headers)).toEqual(UNAUTHORIZED)
    expect(await sendForAll(`${url}/password`, 'PUT', headers, '{}')).toEqual(UNAUTHORIZED)
  })

  test('403 to a user at /admin', async () => {
    const headers = { Authorization: `Bearer ${await token}` }
    expect(await sendForAll(`${url}/admin`, 'GET', headers)).toEqual(FORBIDDEN)
  })

  test.for([
    ['GET', '/nothing'],
    ['PUT', '/nothing'],
    ['DELETE', '/login'],
    ['PATCH', '/'],
    ['OPTIONS', '/nothing'],
  ] as const)('404 to %s %s, which there is not', async ([method, path]) => {
    expect(await sendForAll(`${url}${path}`, method)).toEqual(NOT_FOUND)
  })

  test('404 to HEAD, which no route has', async () => {
    expect(await sendForAll(`${url}/.well-known/jwks.json`, 'HEAD')).toEqual({ ...NOT_FOUND, body: '' })
  })

  test('413 in the words of AWS to a body of more than 10 MiB', async () => {
    const headers = { 'Content-Type': 'application/json' }
    expect(
      await sendForAll(`${url}/login`, 'POST', headers, Buffer.alloc(10 * 1024 * 1024 + 1)),
    ).toMatchObject({
      status: 413,
      headers: { 'content-type': 'text/plain' },
      body: 'HTTP content length exceeded 10485760 bytes.',
    })
  })

  test('400 to a request that is not well-formed', async () => {
    expect(await sendForAll(`${url}/sessions/%FF`, 'DELETE')).toEqual(
      answer(
        400,
        '{"type":"about:blank","title":"Request Rejected","detail":"The gateway rejected the request."}',
      ),
    )
    // That this is described too.
    expect((await send(`${url}/sessions/%FF`, 'DELETE')).status).toBe(400)
  })
})

describe('an authorizer', () => {
  const inOther = (body: string, status: number, more = {}) => {
    const { headers, ...rest } = answer(status, body, more)
    const { 'access-control-allow-origin': _, 'access-control-expose-headers': __, ...own } = headers
    return { ...rest, headers: own }
  }
  const NO = inOther(UNAUTHORIZED_BODY, 401, { 'www-authenticate': 'Bearer realm="other-dev"' })
  const DENIED = inOther(FORBIDDEN_BODY, 403, {
    'www-authenticate': 'Bearer realm="other-dev", error="insufficient_scope"',
  })
  const DOWN = inOther(UNAVAILABLE_BODY, 503, { 'retry-after': '5' })

  const ask = (path: string, token: string) =>
    sendForAll(`${other.url}${path}`, 'GET', { Authorization: `Bearer ${token}` })
  /** How often the authorizer has been called so far, this call included, as it told the handler. */
  const callsOf = ({ body }: { body: string }): unknown => JSON.parse(body).authorizer.calls

  test('is not called for what does not look like a token', async () => {
    const before = Number(callsOf(await ask('/', 'count-1')))
    for (const header of ['Bearer', 'Bearer ', 'bearer a', 'Bearer a.b', 'a Bearer a', 'Basic a', 'a']) {
      const headers = { Authorization: header }
      expect(await sendForAll(`${other.url}/`, 'GET', headers), header).toEqual(NO)
    }
    expect(await sendForAll(`${other.url}/`, 'GET')).toEqual(NO)
    expect(callsOf(await ask('/', 'count-2'))).toBe(String(before + 1))
  })

  test('is called once for a token, whatever the route', async () => {
    const answers = [await ask('/', 'once'), await ask('/other', 'once'), await ask('/', 'once')]
    expect(new Set(answers.map(callsOf)).size).toBe(1)
    expect(answers.map(({ body }) => JSON.parse(body).path)).toEqual(['/', '/other', '/'])
  })

  test('tells the handler its context as text', async () => {
    expect(JSON.parse((await ask('/', 'text')).body).authorizer).toMatchObject({
      calls: expect.stringMatching(/^\d+$/),
      ratio: '0.5',
      isNew: 'false',
      name: 'text',
      principalId: 'text',
    })
  })

  test('that allows the one route that was asked for closes all others to that token', async () => {
    expect(await ask('/', 'this-route')).toMatchObject({ status: 200 })
    expect(await ask('/other', 'this-route')).toEqual(DENIED)
    expect(await ask('/', 'this-route')).toMatchObject({ status: 200 })
  })

  test.for(['all-but-other', 'all-but-other-denied-first'])(
    'that denies a route denies it, though it allows all of them: %s',
    async (token) => {
      expect(await ask('/other', token)).toEqual(DENIED)
      expect(await ask('/', token)).toMatchObject({ status: 200 })
    },
  )

  test('that allows nothing denies everything', async () => {
    expect(await ask('/', 'nothing')).toEqual(DENIED)
  })

  test('that says exactly Unauthorized makes a 401, and is asked again next time', async () => {
    const before = Number(callsOf(await ask('/', 'count-3')))
    expect(await ask('/', 'unauthorized')).toEqual(NO)
    expect(await ask('/', 'unauthorized')).toEqual(NO)
    expect(callsOf(await ask('/', 'count-4'))).toBe(String(before + 3))
  })

  test.for(['unauthorized-and-more', 'unauthorized-in-lower-case', 'crash'])(
    'that fails in any other way makes a 503: %s',
    async (token) => {
      expect(await ask('/', token)).toEqual(DOWN)
    },
  )

  test.for(['list-in-context', 'null-in-context'])('with a wrong context makes a 503: %s', async (token) => {
    expect(await ask('/', token)).toEqual(DOWN)
  })
})

test('after all of it the service works', async () => {
  const body = JSON.stringify({ username: 'user', password: 'user' })
  expect((await postLogin(url, body)).status).toBe(200)
  expect((await get(`${url}/`, await tokenOf(url, 'user'))).status).toBe(200)
  expect((await sendForAll(`${other.url}/`, 'GET', { Authorization: 'Bearer all' })).status).toBe(200)
})
