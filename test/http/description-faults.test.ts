import { expect, inject, test } from 'vitest'
import { PAGE_ROUTES } from '../../lib/openapi/pages.ts'
import type { Route } from '../../lib/openapi/route.ts'
import { problem, send, tokenOf } from '../support/http/http.ts'
import { isProof, proof } from '../support/rows.ts'
import { TESTED_ROUTES as ROUTES } from './openapi/document.ts'

const url = inject('serviceUrl')

/** A token whose authorizer result the gateway has cached, so that a request with it reaches the function. */
const admin = `Bearer ${await tokenOf(url, 'admin')}`
await send(`${url}/`, 'GET', { Authorization: admin })

// The gateway waits 5 seconds for a function. The other tests run until then.
const hanging = isProof && send(`${url}/openapi.json`, 'GET', { 'User-Agent': 'fault=hang' })

const JSON_TYPE = 'application/json'
/** A string of the refresh token's format, so that the function queries the store. */
const SESSION_ID = `6b065d8a${'A'.repeat(22)}`
const UNKNOWN = `${'A'.repeat(22)}.${SESSION_ID}.${'A'.repeat(43)}`

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
  expect(await request(route, admin, 'crash')).toEqual(INTERNAL)
})

test.each(named(ROUTES.filter(({ isProtected }) => isProtected === true)))(
  '%s returns 503 when the authorizer cannot reach DynamoDB or KMS',
  async (_, route) => {
    const ofOutage = admin.replace('Bearer', 'bEARER')
    expect(await request(route, ofOutage, 'none')).toEqual(UNAVAILABLE)
  },
)

test.each(
  named(ROUTES.filter(({ isProtected, problems }) => !isProtected && problems?.includes('unavailable'))),
)('%s returns 503 when the function cannot reach DynamoDB or KMS', async (_, route) => {
  expect(await request(route, '', 'outage')).toEqual(UNAVAILABLE)
})

test.each(named(ROUTES.filter(({ body }) => body)))(
  'the gateway rejects a malformed content type at %s',
  async (_, route) => {
    const { status, body } = await request(route, admin, 'none', 'json')
    expect({ status, body: JSON.parse(body) }).toEqual({
      status: 400,
      body: {
        type: 'about:blank',
        title: 'Request Rejected',
        detail: 'The gateway rejected the request.',
        code: 'request_refused',
      },
    })
  },
)

proof('the gateway returns 500 when a function times out', async () => {
  expect(await hanging).toEqual(INTERNAL)
})

/** Sends a request to a route, with the first example of the description as the body. */
function request(
  { method, path, body }: Route,
  authorization: string,
  fault: string,
  contentType = JSON_TYPE,
) {
  const [example] = Object.values(body?.examples ?? {})
  const headers = {
    Authorization: authorization,
    'User-Agent': `fault=${fault}`,
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
