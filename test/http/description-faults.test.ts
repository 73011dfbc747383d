import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test, vi } from 'vitest'
import { PAGE_ROUTES } from '../../lib/openapi/pages.ts'
import type { Route } from '../../lib/openapi/route.ts'
import { ROUTES } from '../../lib/openapi/routes.ts'
import { get, problem, send, tokenOf } from '../support/http.ts'
import { startService } from '../support/service.ts'

const folder = mkdtempSync(join(tmpdir(), 'faults-'))
const file = join(folder, 'fault')
const setFault = (fault: 'none' | 'crash' | 'hang' | 'outage') => writeFileSync(file, fault)
setFault('none')
const preload = new URL(
  `../support/openapi/faulty.ts?${encodeURIComponent(pathToFileURL(file).href)}`,
  import.meta.url,
)
const { url, stop } = await startService({}, [`--import=${preload}`])
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
})

/** A token whose authorizer result the gateway has cached, so that a request with it reaches the function. */
const admin = await tokenOf(url, 'admin')
await send(`${url}/`, 'GET', { Authorization: `Bearer ${admin}` })

// The gateway waits 5 seconds for a function. The other tests run meanwhile.
setFault('hang')
const hanging = get(`${url}/openapi.json`)
await vi.waitUntil(() => readFileSync(file, 'utf8') === 'none', { timeout: 60_000 })

const JSON_TYPE = 'application/json'
/** A string of the refresh token's format, so that the function queries the store. */
const SESSION_ID = `6b065d8a${'A'.repeat(22)}`
const UNKNOWN = `${'A'.repeat(22)}.${SESSION_ID}.${'A'.repeat(43)}`

/** Sends a request to a route, with the first example of the description as the body. */
function request({ method, path, body }: Route, token: string, contentType = JSON_TYPE) {
  const [example] = Object.values(body?.examples ?? {})
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(example && { 'Content-Type': contentType }),
  }
  return send(
    url + path.replace(/\{\w+\}/, SESSION_ID),
    method.toUpperCase(),
    headers,
    example &&
      JSON.stringify({ ...example.value, ...('refreshToken' in example.value && { refreshToken: UNKNOWN }) }),
  )
}

const named = (routes: Route[]) =>
  routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const)

const retryLater = ({ headers, ...rest }: ReturnType<typeof problem>) => ({
  ...rest,
  headers: { ...headers, 'retry-after': '5' },
})
const INTERNAL = retryLater(problem(500, 'Internal Server Error', 'An unexpected error occurred.'))
const UNAVAILABLE = retryLater(
  problem(503, 'Service Unavailable', 'The service is temporarily unavailable. Try again shortly.'),
)

test.each(named([...ROUTES, ...PAGE_ROUTES]))('%s returns 500 when the function throws', async (_, route) => {
  setFault('crash')
  expect(await request(route, admin)).toEqual(INTERNAL)
})

test.each(named(ROUTES.filter(({ isProtected }) => isProtected)))(
  '%s returns 503 when the authorizer cannot reach DynamoDB or KMS',
  async (_, route) => {
    setFault('none')
    const token = await tokenOf(url, 'admin')
    setFault('outage')
    expect(await request(route, token)).toEqual(UNAVAILABLE)
  },
)

test.each(
  named(ROUTES.filter(({ isProtected, problems }) => !isProtected && problems?.includes('unavailable'))),
)('%s returns 503 when the function cannot reach DynamoDB or KMS', async (_, route) => {
  setFault('outage')
  expect(await request(route, '')).toEqual(UNAVAILABLE)
})

test.each(named(ROUTES.filter(({ body }) => body)))(
  'the gateway rejects a malformed content type at %s',
  async (_, route) => {
    setFault('none')
    const { status, body } = await request(route, admin, 'json')
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 400,
      body: {
        type: 'about:blank',
        title: 'Request Rejected',
        detail: 'The gateway rejected the request.',
      },
    })
  },
)

test('the gateway returns 500 when a function times out', async () => {
  expect(await hanging).toEqual(INTERNAL)
})
