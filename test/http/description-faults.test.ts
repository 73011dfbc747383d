import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { PAGE_ROUTES } from '../../lib/openapi/pages.ts'
import { ROUTES, type Route } from '../../lib/openapi/routes.ts'
import { get, problem, send, tokenOf } from '../support/http.ts'
import { startService } from '../support/service.ts'

const folder = mkdtempSync(join(tmpdir(), 'faults-'))
const file = join(folder, 'fault')
const suffer = (fault: 'none' | 'crash' | 'hang' | 'outage') => writeFileSync(file, fault)
suffer('none')
const preload = new URL(
  `../support/openapi/faulty.ts?${encodeURIComponent(pathToFileURL(file).href)}`,
  import.meta.url,
)
const { url, stop } = await startService({}, [`--import=${preload}`])
afterAll(async () => {
  await stop()
  rmSync(folder, { recursive: true })
})

const JSON_TYPE = 'application/json'
/** Shaped as refresh tokens are, so that the store is asked about it. */
const UNKNOWN = `${'A'.repeat(22)}.${'A'.repeat(43)}.nobody`

/** Asks as the description says, with the first of its examples for a body. */
function ask({ method, path, body }: Route, token: string, contentType = JSON_TYPE) {
  const [example] = Object.values(body?.examples ?? {})
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(example && { 'Content-Type': contentType }),
  }
  return send(
    url + path.replace(/\{\w+\}/, 'A'.repeat(22)),
    method.toUpperCase(),
    headers,
    example &&
      JSON.stringify({ ...example.value, ...('refreshToken' in example.value && { refreshToken: UNKNOWN }) }),
  )
}

const named = (routes: Route[]) =>
  routes.map((route) => [`${route.method.toUpperCase()} ${route.path}`, route] as const)

const INTERNAL = problem(500, 'Internal Server Error', 'An unexpected error occurred.')
const { headers, ...answer } = problem(
  503,
  'Service Unavailable',
  'The service is temporarily unavailable. Try again shortly.',
)
const UNAVAILABLE = { ...answer, headers: { ...headers, 'retry-after': '5' } }

test.each(named([...ROUTES, ...PAGE_ROUTES]))(
  'a fault of our own is answered 500 by %s',
  async (_, route) => {
    suffer('none')
    const token = await tokenOf(url, 'admin')
    // The gateway keeps this authorization, so that the function behind the route is reached.
    await send(`${url}/`, 'GET', { Authorization: `Bearer ${token}` })
    suffer('crash')
    expect(await ask(route, token)).toEqual(INTERNAL)
  },
)

test('a function that does not answer in its time is answered 500', async () => {
  suffer('hang')
  expect(await get(`${url}/openapi.json`)).toEqual(INTERNAL)
})

test.each(named(ROUTES.filter(({ isProtected }) => isProtected)))(
  'while the authorizer cannot read what it needs, %s answers 503',
  async (_, route) => {
    suffer('none')
    const token = await tokenOf(url, 'admin')
    suffer('outage')
    expect(await ask(route, token)).toEqual(UNAVAILABLE)
  },
)

test.each(
  named(ROUTES.filter(({ isProtected, problems }) => !isProtected && problems.includes('unavailable'))),
)('while neither DynamoDB nor KMS answers, %s answers 503', async (_, route) => {
  suffer('outage')
  expect(await ask(route, '')).toEqual(UNAVAILABLE)
})

test.each(named(ROUTES.filter(({ body }) => body)))(
  'a body of a type that is none is refused by the gateway at %s',
  async (_, route) => {
    suffer('none')
    const { status, body } = await ask(route, await tokenOf(url, 'admin'), 'json')
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
