import '../support/process/real-argon2.ts'
import { readFileSync } from 'node:fs'
import { describe, expect, inject, test } from 'vitest'
import { ADMIN } from '../../lib/openapi/routes/admin.ts'
import { OWN_PAGE } from '../support/http/cookies.ts'
import { send, sendForAll, tokenOf } from '../support/http/http.ts'
import { root } from '../support/process/service-description.ts'
import { tableAt } from '../support/users/sessions.ts'
import { cookieRoutes } from './cookie-routes.ts'

// One request for each way to be refused. The proofs of sessions and of forged requests have every way.

const url = inject('serviceUrl')
const JSON_TYPE = { 'Content-Type': 'application/json' }
const Authorization = `Bearer ${await tokenOf(url, 'user')}`

const cookie = { Cookie: '__Host-refresh=x' }
const REFUSED_PAGES = [
  [
    'without a JSON content type',
    { ...OWN_PAGE, 'Content-Type': 'text/plain' },
    'A request with the session cookie must have the Content-Type application/json.',
  ],
  [
    'of another site',
    { ...OWN_PAGE, 'Sec-Fetch-Site': 'cross-site' },
    'The session cookie needs the header Sec-Fetch-Site: same-origin or same-site.',
  ],
  [
    'of another origin',
    { ...OWN_PAGE, 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:6666' },
    expect.stringContaining('Origin'),
  ],
] as const

describe.each(await cookieRoutes(tableAt(inject('dynamoDbUrl')), 'refused'))(
  'with the cookie, %s',
  (path, body) => {
    test.each(REFUSED_PAGES)('rejects a request %s', async (_what, headers, detail) => {
      expect(await refusal(path, 'POST', { ...headers, ...cookie }, JSON.stringify(body))).toEqual([
        403,
        detail,
      ])
    })
  },
)

test('the start at a provider, with the cookie, rejects a request without a JSON content type', async () => {
  const [[, headers, detail]] = REFUSED_PAGES
  const sent = { ...headers, ...cookie }
  expect(await refusal('/login/provider/options', 'POST', sent, '{"provider":"demo"}')).toEqual([403, detail])
})

describe.each([
  ['POST', '/refresh'],
  ['POST', '/logout'],
  ['PUT', '/password'],
  ['DELETE', '/me'],
] as const)('%s %s', (method, path) => {
  test.each([
    ['what is no JSON', '{', JSON_TYPE, 400],
    ['a body over 8 KiB', `{${' '.repeat(8_192)}}`, JSON_TYPE, 413],
    ['another content type', '{}', { 'Content-Type': 'text/plain' }, 415],
    ['an unknown member', '{"refreshToken":"x","unknown":1}', JSON_TYPE, 422],
  ] as const)('rejects %s', async (_what, body, headers, status) => {
    expect(await refusal(path, method, { ...headers, Authorization }, body)).toEqual([
      status,
      expect.any(String),
    ])
  })
})

test('GET /sessions rejects a cursor that no page returned', async () => {
  expect(await refusal('/sessions?after=x', 'GET', { Authorization })).toEqual([422, expect.any(String)])
})

test.each(
  ADMIN.routes
    .filter(({ path, body }) => path.includes('{') && !body)
    .map(({ method, path }) => [method.toUpperCase(), path.replace(/\{\w+\}/g, '%')] as const),
)('the gateway rejects %s %s, which is not well encoded', async (method, path) => {
  expect(await refusal(path, method, {})).toEqual([400, 'The gateway rejected the request.'])
})

test.each(['/sessions/%', '/apps/%'])('the gateway rejects %s, which is not well encoded', async (path) => {
  expect(await refusal(path, 'DELETE', { Authorization })).toEqual([400, 'The gateway rejected the request.'])
})

test('the local gateway rejects headers over 16 KiB with 400', async () => {
  const large = { Cookie: `a=${'x'.repeat(17_000)}` }
  expect(await sendForAll(`${url}/signin`, 'GET', large)).toMatchObject({ status: 400 })
  expect(readFileSync(`${root}/docs/BROWSERS.md`, 'utf8')).toContain('(400 on your machine)')
})

test('DELETE /apps/{id} rejects an app that the user has not', async () => {
  expect(await refusal('/apps/unknown', 'DELETE', { Authorization })).toEqual([404, expect.any(String)])
})

/** Returns status and detail of a response. */
async function refusal(path: string, method: string, headers: Record<string, string>, body?: string) {
  const response = await send(`${url}${path}`, method, headers, body)
  return [response.status, JSON.parse(response.body).detail]
}
