import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, test } from 'vitest'
import { get, postLogin, send, sendForAll, tokenOf, withOtherSignature } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'

const url = inject('serviceUrl')
const other = await useLocalService({ folder: fileURLToPath(new URL('./other-service', import.meta.url)) })

/** A whole response of the gateway: status, every header, every byte of the body. */
const problem = (status: number, body: string, more: Record<string, string> = {}) => ({
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
  '{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Could not validate credentials.","code":"invalid_token"}'
const FORBIDDEN_BODY =
  '{"type":"about:blank","title":"Forbidden","status":403,"detail":"You do not have permission to access this resource.","code":"forbidden"}'
const UNAVAILABLE_BODY =
  '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"The service is temporarily unavailable. Try again shortly.","code":"unavailable"}'

const UNAUTHORIZED = problem(401, UNAUTHORIZED_BODY, {
  'www-authenticate': 'Bearer realm="serverless-jwt-auth-dev-auth"',
})
const FORBIDDEN = problem(403, FORBIDDEN_BODY, {
  'www-authenticate': 'Bearer realm="serverless-jwt-auth-dev-auth", error="insufficient_scope"',
})
const NOT_FOUND = problem(
  404,
  '{"type":"about:blank","title":"Not Found","status":404,"detail":"Resource not found.","code":"not_found"}',
)

describe('the gateway', () => {
  const token = tokenOf(url, 'user')

  test.for<[what: string, header: (token: string) => string | undefined]>([
    ['without a token', () => undefined],
    ['with a malformed token', () => 'Bearer user'],
    ['with a forged token', (valid) => `Bearer ${withOtherSignature(valid)}`],
  ])('returns 401 to a request %s, on every protected route', async ([, header]) => {
    const Authorization = header(await token)
    const headers = Authorization === undefined ? {} : { Authorization }
    expect(await sendForAll(`${url}/`, 'GET', headers)).toEqual(UNAUTHORIZED)
    expect(await sendForAll(`${url}/sessions/x`, 'DELETE', headers)).toEqual(UNAUTHORIZED)
    expect(await sendForAll(`${url}/password`, 'PUT', headers, '{}')).toEqual(UNAUTHORIZED)
  })

  test('returns 403 to a user at /admin', async () => {
    const headers = { Authorization: `Bearer ${await token}` }
    expect(await sendForAll(`${url}/admin`, 'GET', headers)).toEqual(FORBIDDEN)
  })

  test.for([
    ['GET', '/nothing'],
    ['PUT', '/nothing'],
    ['DELETE', '/login'],
    ['PATCH', '/'],
    ['OPTIONS', '/nothing'],
  ] as const)('returns 404 for %s %s (no such route)', async ([method, path]) => {
    expect(await sendForAll(`${url}${path}`, method)).toEqual(NOT_FOUND)
  })

  test('returns 404 for HEAD, which no route has', async () => {
    expect(await sendForAll(`${url}/.well-known/jwks.json`, 'HEAD')).toEqual({ ...NOT_FOUND, body: '' })
  })

  test('returns 413 in the words of AWS for a body of more than 10 MiB', async () => {
    const headers = { 'Content-Type': 'application/json' }
    expect(
      await sendForAll(`${url}/login`, 'POST', headers, Buffer.alloc(10 * 1024 * 1024 + 1)),
    ).toMatchObject({
      status: 413,
      headers: { 'content-type': 'text/plain' },
      body: 'HTTP content length exceeded 10485760 bytes.',
    })
  })

  test('returns 400 for a malformed path', async () => {
    expect(await sendForAll(`${url}/sessions/%FF`, 'DELETE')).toEqual(
      problem(
        400,
        '{"type":"about:blank","title":"Request Rejected","detail":"The gateway rejected the request.","code":"request_refused"}',
      ),
    )
    // This response is in the API description, too.
    expect((await send(`${url}/sessions/%FF`, 'DELETE')).status).toBe(400)
  })
})

describe('the gateway, as API Gateway does,', () => {
  test.each([
    ['//', 404],
    ['//?a=b', 404],
    ['*', 400],
  ])('rejects GET %s with a problem', async (path, status) => {
    const sent = request({ port: new URL(url).port, path, agent: false }).end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    expect(JSON.parse(await text(response))).toMatchObject({ type: 'about:blank' })
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      status,
      'application/problem+json',
    ])
  })

  test.each([
    [
      'a JSON string that contains JSON',
      JSON.stringify(JSON.stringify({ username: 'user', password: 'user' })),
      422,
    ],
    ['null', 'null', 422],
    ['false', 'false', 422],
    ['an empty JSON string', '""', 422],
    ['an object after white space', ' \n {"username":"user","password":"user"}', 200],
  ])('passes %s on as it is', async (_what, body, status) => {
    expect((await postLogin(url, body)).status).toBe(status)
  })
})

test('a body without a content type reaches the function without one', async () => {
  expect((await postLogin(url, JSON.stringify({ username: 'user', password: 'user' }), {})).status).toBe(415)
})

test('a browser without a token gets a 401 page with a link to the sign-in page', async () => {
  const Accept = 'text/html,application/xhtml+xml,*/*;q=0.8'
  const { body, headers, status } = await sendForAll(`${url}/`, 'GET', { Accept })
  expect({ headers, status }).toEqual({
    status: 401,
    headers: {
      ...UNAUTHORIZED.headers,
      'content-type': 'text/html',
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[\w+/]{43}='$/,
      ),
      vary: 'Accept',
    },
  })
  expect(body).toContain('<h1>401 Unauthorized</h1>')
  expect(body).toContain('<a href="/signin">Sign in</a>')
  const fromOther = await sendForAll(`${other.url}/`, 'GET', { Accept })
  expect(fromOther).toMatchObject({ status: 401, headers: { 'content-type': 'text/html' } })
  expect(fromOther.body).not.toContain('href')
})

describe('an authorizer', () => {
  const inOther = (body: string, status: number, more = {}) => {
    const { headers, ...rest } = problem(status, body, more)
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
  /** Returns how often the authorizer was called so far, including this call. It is in the authorizer context. */
  const callsOf = ({ body }: { body: string }): unknown => JSON.parse(body).authorizer.calls

  test('is not called for a header without a token', async () => {
    const before = Number(callsOf(await ask('/', 'count-1')))
    for (const header of ['Bearer', 'Bearer ', 'bearer a', 'Bearer a.b', 'a Bearer a', 'Basic a', 'a']) {
      const headers = { Authorization: header }
      expect(await sendForAll(`${other.url}/`, 'GET', headers), header).toEqual(NO)
    }
    expect(await sendForAll(`${other.url}/`, 'GET')).toEqual(NO)
    expect(callsOf(await ask('/', 'count-2'))).toBe(String(before + 1))
  })

  test('is called once for a token, on all routes together', async () => {
    const all = [await ask('/', 'once'), await ask('/other', 'once'), await ask('/', 'once')]
    expect(new Set(all.map(callsOf)).size).toBe(1)
    expect(all.map(({ body }) => JSON.parse(body).path)).toEqual(['/', '/other', '/'])
  })

  test('gives the handler its context as text', async () => {
    expect(JSON.parse((await ask('/', 'text')).body).authorizer).toMatchObject({
      calls: expect.stringMatching(/^\d+$/),
      ratio: '0.5',
      isNew: 'false',
      name: 'text',
      principalId: 'text',
    })
  })

  test('that allows only the requested route denies the token on all others', async () => {
    expect(await ask('/', 'this-route')).toMatchObject({ status: 200 })
    expect(await ask('/other', 'this-route')).toEqual(DENIED)
    expect(await ask('/', 'this-route')).toMatchObject({ status: 200 })
  })

  test.for(['all-but-other', 'all-but-other-denied-first'])(
    'that denies a route and allows all routes denies that route: %s',
    async (token) => {
      expect(await ask('/other', token)).toEqual(DENIED)
      expect(await ask('/', token)).toMatchObject({ status: 200 })
    },
  )

  test('with no statements denies all routes', async () => {
    expect(await ask('/', 'nothing')).toEqual(DENIED)
  })

  test('that throws exactly Unauthorized causes 401 and is called again next time', async () => {
    const before = Number(callsOf(await ask('/', 'count-3')))
    expect(await ask('/', 'unauthorized')).toEqual(NO)
    expect(await ask('/', 'unauthorized')).toEqual(NO)
    expect(callsOf(await ask('/', 'count-4'))).toBe(String(before + 3))
  })

  test.for(['unauthorized-and-more', 'unauthorized-in-lower-case', 'crash'])(
    'that fails in any other way causes 503: %s',
    async (token) => {
      expect(await ask('/', token)).toEqual(DOWN)
    },
  )

  test.for(['list-in-context', 'null-in-context'])(
    'with an invalid context causes 503: %s',
    async (token) => {
      expect(await ask('/', token)).toEqual(DOWN)
    },
  )
})

test('the service still works after all these requests', async () => {
  const body = JSON.stringify({ username: 'user', password: 'user' })
  expect((await postLogin(url, body)).status).toBe(200)
  expect((await get(`${url}/`, await tokenOf(url, 'user'))).status).toBe(200)
  expect((await sendForAll(`${other.url}/`, 'GET', { Authorization: 'Bearer all' })).status).toBe(200)
})
