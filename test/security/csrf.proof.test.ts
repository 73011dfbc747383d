import '../support/process/real-argon2.ts'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cookieRoutes } from '../http/cookie-routes.ts'
import { expectDescribed } from '../http/openapi/check.ts'
import { cookieOf, DELETES_COOKIE, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import { sendForAll } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { operator, tableAt } from '../support/users/sessions.ts'

// The service lists two origins. The requests are those that pages of other origins can make a browser send with the cookie.

const APP = 'http://localhost:5173'
const service = await useLocalService({ params: { allowedOrigins: `${APP},http://localhost:8080` } })
const { scan } = operator(tableAt(service.dynamoDbUrl))
const totals = { attempts: 0, statuses: new Map<number, number>() }

afterAll(async () => {
  const statuses = [...totals.statuses].sort().map(([status, count]) => `${status}: ${count}`)
  console.log(`${totals.attempts} attempts of CSRF over HTTP changed nothing (${statuses.join(', ')})`)
})

/** The cookie of the user whom the attacks are on. */
let cookie: ReturnType<typeof cookieOf>

beforeAll(async () => {
  cookie = cookieOf(tokenIn(await login({ session: 'cookie' })))
})

/** Each route that acts on the cookie, with a body of the attacker. */
const ROUTES = await cookieRoutes(tableAt(service.dynamoDbUrl), 'attacker')

const JSON_TYPE = { 'Content-Type': 'application/json' }
const formOf = (body: object) =>
  new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]))
const partsOf = (body: object) =>
  `--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n${JSON.stringify(body)}\r\n--x--\r\n`

interface Attempt {
  headers: OutgoingHttpHeaders
  body?: (body: object) => string
  method?: string
  status: number
}

const json = (headers: OutgoingHttpHeaders): Attempt => ({
  headers: { ...JSON_TYPE, ...headers },
  status: 403,
})
const simple = (type: string, body: (body: object) => string, headers: OutgoingHttpHeaders): Attempt => ({
  headers: { ...(type && { 'Content-Type': type }), ...headers },
  body,
  status: 403,
})
const FORM = 'application/x-www-form-urlencoded'
const CROSS = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }
/** Another port of localhost is on the same site, and a browser sends the cookie there. */
const NEIGHBOUR = { 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:6666' }
const textOf = (body: object) => JSON.stringify(body)

const ATTEMPTS: Record<string, Attempt> = {
  'a form': simple(FORM, (body) => formOf(body).toString(), { ...CROSS, 'Sec-Fetch-Mode': 'navigate' }),
  'a form of the same site': simple(FORM, (body) => formOf(body).toString(), NEIGHBOUR),
  'a form of a sandboxed frame': simple(FORM, (body) => formOf(body).toString(), {
    ...CROSS,
    Origin: 'null',
  }),
  'a form whose only field is JSON': simple(
    'text/plain',
    (body) => `${JSON.stringify(body).slice(0, -1)},"x":"="}\r\n`,
    NEIGHBOUR,
  ),
  'a form with a file': simple('multipart/form-data; boundary=x', partsOf, NEIGHBOUR),
  'JSON as text/plain': simple('text/plain', textOf, NEIGHBOUR),
  'JSON as text/plain of another site': simple('text/plain;charset=UTF-8', textOf, CROSS),
  'JSON as text/plain of an allowed origin': simple('text/plain', textOf, {
    'Sec-Fetch-Site': 'same-site',
    Origin: APP,
  }),
  'JSON as text/plain of the own origin': simple('text/plain', textOf, { 'Sec-Fetch-Site': 'same-origin' }),
  'JSON as a parameter of another type': simple('text/plain; application/json', textOf, NEIGHBOUR),
  'JSON without a type': simple('', textOf, NEIGHBOUR),
  'a beacon': simple('text/plain;charset=UTF-8', textOf, { ...NEIGHBOUR, 'Sec-Fetch-Mode': 'no-cors' }),
  'a ping of a link': simple('text/ping', () => 'PING', { ...CROSS, 'Ping-To': 'https://evil.example/' }),
  'JSON without Sec-Fetch-Site': json({}),
  'JSON without Sec-Fetch-Site, of an allowed origin': json({ Origin: APP }),
  'JSON without Sec-Fetch-Site, of the own origin': json({ Origin: service.url }),
  'JSON with an empty Sec-Fetch-Site': json({ 'Sec-Fetch-Site': '', Origin: APP }),
  'JSON of another site': json(CROSS),
  'JSON of another site, from an allowed origin': json({ ...CROSS, Origin: APP }),
  'JSON of another site, from the own origin': json({ ...CROSS, Origin: service.url }),
  'JSON that no page sends': json({ 'Sec-Fetch-Site': 'none' }),
  'JSON of the same site without Origin': json({ 'Sec-Fetch-Site': 'same-site' }),
  'JSON of a sandboxed frame': json({ 'Sec-Fetch-Site': 'same-site', Origin: 'null' }),
  'JSON of a sandboxed frame of another site': json({ ...CROSS, Origin: 'null' }),
  'JSON of another port': json(NEIGHBOUR),
  'JSON of a subdomain': json({ ...NEIGHBOUR, Origin: 'http://evil.localhost:5173' }),
  'JSON of an allowed host over HTTPS': json({ ...NEIGHBOUR, Origin: 'https://localhost:5173' }),
  'JSON of an allowed host without port': json({ ...NEIGHBOUR, Origin: 'http://localhost' }),
  'JSON of an origin that begins with an allowed one': json({ ...NEIGHBOUR, Origin: `${APP}.evil.example` }),
  'JSON of an allowed origin with a path': json({ ...NEIGHBOUR, Origin: `${APP}/` }),
  'JSON of an allowed origin in upper case': json({ ...NEIGHBOUR, Origin: APP.toUpperCase() }),
  'JSON of both allowed origins': json({ ...NEIGHBOUR, Origin: `${APP},http://localhost:8080` }),
  'JSON of the origin *': json({ ...NEIGHBOUR, Origin: '*' }),
  'JSON of 127.0.0.1': json({ ...CROSS, Origin: 'http://127.0.0.1:5173' }),
  'a GET, as an image sends it': {
    headers: { ...CROSS, 'Sec-Fetch-Mode': 'no-cors' },
    method: 'GET',
    status: 404,
  },
  'a GET of the own origin': { headers: { 'Sec-Fetch-Site': 'same-origin' }, method: 'GET', status: 404 },
  'a HEAD': { headers: NEIGHBOUR, method: 'HEAD', status: 404 },
  'a preflight': {
    headers: {
      ...NEIGHBOUR,
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'content-type',
    },
    method: 'OPTIONS',
    status: 200,
  },
  'a PUT': { headers: { ...OWN_PAGE }, method: 'PUT', status: 404 },
}

const OF_OWN_PAGES: readonly string[] = ['/register/provider', '/login/provider']

describe.each(ROUTES)('with the cookie, %s refuses', (path, body) => {
  test.each(Object.entries(ATTEMPTS))(
    '%s',
    async (_what, { headers, method = 'POST', status, ...attempt }) => {
      const before = await everything()
      const text = method === 'POST' ? (attempt.body ?? textOf)(body) : ''
      for (const sent of [
        { ...headers, ...cookie },
        ...(method === 'POST' && isJson(headers) ? [headers] : []),
      ]) {
        const { status: received, headers: returned } = await send(path, sent, text, method)
        // Pages of other origins get no preflight there.
        expect(received).toBe(method === 'OPTIONS' && OF_OWN_PAGES.includes(path) ? 404 : status)
        expect(returned).not.toHaveProperty('set-cookie')
        // A page that may not act may not read either.
        const { origin, Origin = origin } = headers
        if (Origin !== undefined && Origin !== APP && received !== 404)
          expect(returned['access-control-allow-origin']).not.toBe(Origin)
        totals.attempts += 1
        totals.statuses.set(received, (totals.statuses.get(received) ?? 0) + 1)
      }
      expect(await everything()).toEqual(before)
    },
  )
})

const isJson = (headers: OutgoingHttpHeaders) => headers['Content-Type'] === 'application/json'

test('after all attempts the session lives, and its cookie works', async () => {
  const response = await refresh(cookie)
  expect(response.status).toBe(200)
  cookie = cookieOf(tokenIn(response))
})

describe('over HTTP, the cookie', () => {
  test('is set, replaced and deleted as the functions write it', async () => {
    const first = await login({ session: 'cookie' })
    expect(first.status).toBe(200)
    const second = await refresh(cookieOf(tokenIn(first)))
    expect(second.status).toBe(200)
    const out = await send('/logout', { ...OWN_PAGE, ...cookieOf(tokenIn(second)) }, '{}')
    expect({ status: out.status, cookie: out.headers['set-cookie'] }).toEqual({
      status: 204,
      cookie: DELETES_COOKIE['Set-Cookie'],
    })
    expect((await refresh(cookieOf(tokenIn(second)))).status).toBe(401)
  })

  test('is taken from an allowed origin on the same site, which may read the response', async () => {
    const first = await login({ session: 'cookie' }, { 'Sec-Fetch-Site': 'same-site', Origin: APP })
    expect(first.status).toBe(200)
    const from = { 'Sec-Fetch-Site': 'same-site', Origin: APP, ...cookieOf(tokenIn(first)) }
    const second = await refresh(from)
    expect(second.status).toBe(200)
    const readable = {
      'access-control-allow-origin': APP,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    }
    for (const { headers } of [first, second]) expect(headers).toMatchObject(readable)
  })

  test.each([
    ['without a name', '=x; ;'],
    ['with quotes that do not close', 'a="b; c=d'],
    ['with a comma', 'a=b, c=d'],
    ['with a tab and a byte beyond ASCII', 'a=\t\u0080'],
    ['beyond ASCII', 'a=Gr\u00fc\u00dfe'],
    ['without a value', 'a; b; c'],
    ['with a space in a name', 'a b=c'],
    ['of 6,000 characters', `a=${'x'.repeat(6_000)}`],
  ])('is found beside an odd one: %s', async (_what, odd) => {
    const token = tokenIn(await login({ session: 'cookie' }))
    const headers = { Cookie: `${odd}; __Host-refresh=${token}; ${odd}` }
    expect((await refresh(headers)).status).toBe(200)
    expect((await refresh({ Cookie: odd })).status).toBe(401)
  })

  test('in two Cookie headers counts as two', async () => {
    const token = tokenIn(await login({ session: 'cookie' }))
    const both = [`__Host-refresh=${token}`, `__Host-refresh=${token}`]
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${service.url}/refresh`, {
        method: 'POST',
        headers: { ...OWN_PAGE, Cookie: both },
      })
      sent
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end('{}')
    })
    expect(status).toBe(401)
    expect((await refresh(cookieOf(token))).status).toBe(200)
  })
})

/** Returns everything in the table, as text that does not depend on the order of items. */
const everything = async () => (await scan()).map((item) => JSON.stringify(item)).sort()

/** Sends a request. The response must match the API description, and is returned with all of its headers. */
async function send(path: string, headers: OutgoingHttpHeaders, body = '', method = 'POST') {
  const url = service.url + path
  const received = await sendForAll(url, method, headers, body)
  // A response to HEAD has no body.
  if (method !== 'HEAD') expectDescribed({ method, url, ...received })
  return received
}

const login = (body: object, headers: OutgoingHttpHeaders = {}) =>
  send('/login', { ...OWN_PAGE, ...headers }, JSON.stringify({ username: 'user', password: 'user', ...body }))

const refresh = (headers: OutgoingHttpHeaders) => send('/refresh', { ...OWN_PAGE, ...headers }, '{}')

const tokenIn = (response: Awaited<ReturnType<typeof send>>) =>
  refreshTokenIn({ 'Set-Cookie': response.headers['set-cookie'] })
