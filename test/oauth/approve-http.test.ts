import { expect, inject, test } from 'vitest'
import { attribute, writeIf } from '../../lib/aws/dynamodb.ts'
import { approvalCounter } from '../../lib/throttling/counter.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn } from '../support/http/cookies.ts'
import { send, sendJson } from '../support/http/http.ts'
import { addSession, operator, tableAt } from '../support/users/sessions.ts'
import { addClient, CALLBACK, type Changes, queryOf, VERIFIER } from './clients.ts'
import { APP_URL, HOST } from './document-host.ts'
import { approveAt, pageOf } from './proof.ts'

// Approvals over HTTP. Each response must match the API description.

const url = inject('serviceUrl')
const table = tableAt(inject('dynamoDbUrl'))
const username = await operator(table).add({ username: 'user-of-approvals' })
const client_id = 'approve-http'
await addClient(table, { id: client_id })
const page = pageOf(await addSession({ table }, username))

test('a user sees the screen, clicks, and is led to the client with a code', async () => {
  const { status, body } = await approve()
  expect([status, body.next, body.user.username]).toEqual([200, 'screen', username])
  const click = { sub: body.user.sub, scope: 'openid' }
  const { body: after } = await approve({}, { click })
  const { searchParams } = new URL(after.location)
  expect(after.location.startsWith(`${CALLBACK}&code=`)).toBe(true)
  expect([searchParams.get('iss'), searchParams.get('state')]).toEqual([url, 'a state'])
  // The consent covers the next request.
  expect((await approve()).body.location).toMatch(/[?&]code=/)
})

test('a browser without a session is led to the sign-in', async () => {
  const { body } = await approve({}, {}, { Cookie: 'other=1' })
  expect(body).toEqual({
    next: 'sign-in',
    again: false,
    start: expect.any(Number),
    client: { name: 'Shop' },
  })
  const { body: quiet } = await approve({ prompt: 'none' }, {}, { Cookie: 'other=1' })
  expect(quiet.location).toMatch(/&error=login_required&/)
})

test('a cookie of before another sign-in of its session ends nothing', async () => {
  const signIn = async (headers: Record<string, string>) => {
    const body = { username: 'user', password: 'user', session: 'cookie' }
    const response = await sendJson(`${url}/login`, 'POST', body, { ...OWN_PAGE, ...headers })
    return cookieOf(refreshTokenIn({ 'Set-Cookie': response.headers['set-cookie'] }))
  }
  const first = await signIn({})
  const second = await signIn(first)
  const { status, body } = await approve({}, {}, first)
  expect([status, body.error]).toEqual([409, 'session_changed'])
  expect((await approve({}, {}, second)).status).toBe(200)
})

test('an app that is not registered signs its user in', async () => {
  const app = { client_id: APP_URL, redirect_uri: 'http://127.0.0.1:53100/callback' }
  const { body } = await approve(app)
  expect(body.client).toEqual({
    id: APP_URL,
    claimedName: 'Test app',
    name: HOST,
    place: '127.0.0.1:53100',
    device: 'address',
    host: HOST,
  })
  const { body: led } = await approve(app, { click: { sub: body.user.sub, scope: 'openid' } })
  const code = String(new URL(led.location).searchParams.get('code'))
  const form = { grant_type: 'authorization_code', client_id: APP_URL, code, code_verifier: VERIFIER }
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const token = await send(`${url}/oauth2/token`, 'POST', type, String(new URLSearchParams(form)))
  expect([token.status, JSON.parse(token.body).scope]).toEqual([200, 'openid'])
})

test('an app that is not registered gets an error only by a click, until its user has allowed it', async () => {
  const app = { client_id: APP_URL, redirect_uri: 'https://app.test/callback', response_type: 'token' }
  const own = cookieOf(await addSession({ table }, await operator(table).add({ username: 'user-of-errors' })))
  const { status, body } = await approve(app, {}, own)
  expect([status, body]).toEqual([
    200,
    {
      next: 'error',
      error: 'unsupported_response_type',
      description: 'response_type must be code.',
      location: expect.stringMatching(/^https:\/\/app\.test\/callback\?error=unsupported_response_type&/),
      client: { name: HOST, place: HOST, host: HOST },
    },
  ])
  const { body: cancelled } = await approve({}, { cancel: true })
  expect(cancelled.location).toMatch(/&error=access_denied&/)
})

test('a user whose apps got 60 codes in ten minutes gets 429, with the seconds to wait', async () => {
  const name = await operator(table).add({ username: 'user-of-codes' })
  const { id } = await operator(table).user(name)
  const ids = attribute(Array.from({ length: 60 }, (_, index) => String(index)))
  // Of this window, and of the next one, which may begin during the test.
  for (const ms of [0, 600_000]) {
    await writeIf(table, 'UpdateItem', {
      Key: approvalCounter(id, new Date(Date.now() + ms)).key,
      UpdateExpression: 'SET ids = :ids',
      ExpressionAttributeValues: { ':ids': ids },
    })
  }
  const click = { sub: id, scope: 'openid' }
  const own = cookieOf(await addSession({ table }, name))
  const { status, headers, body } = await approve({}, { click }, own)
  expect([status, body.detail]).toEqual([429, 'Too many requests. Try again later.'])
  expect(Number(headers['retry-after'])).toBeGreaterThan(0)
})

const document = (file: string) => ({ client_id: `https://${HOST}/oauth/${file}` })

test.each<[string, Changes, Record<string, string>, number, string]>([
  ['a document that does not exist', document('none.json'), {}, 400, 'unreachable_document'],
  ['a document of another app', document('other.json'), {}, 400, 'invalid_document'],
  [
    'an unregistered app, without a session',
    { ...document('client.json'), prompt: 'none' },
    { Cookie: 'a=b' },
    400,
    'not_allowed',
  ],
  ['two client ids', { client_id: [client_id, client_id] }, {}, 400, 'invalid_query'],
  ['an unknown client', { client_id: 'unknown' }, {}, 400, 'unknown_client'],
  ['another redirect URI', { redirect_uri: 'https://evil.example' }, {}, 400, 'unknown_redirect_uri'],
  ['a page of the same site', {}, { 'Sec-Fetch-Site': 'same-site' }, 403, 'undefined'],
  ['another site', {}, { 'Sec-Fetch-Site': 'cross-site' }, 403, 'undefined'],
  ['a form', {}, { 'Content-Type': 'text/plain' }, 403, 'undefined'],
])('a request with %s is refused', async (_what, changes, headers, status, error) => {
  const response = await approve(changes, {}, headers)
  expect([response.status, String(response.body.error)]).toEqual([status, error])
})

test('an app asks to sign its user out', async () => {
  const ownCookie = cookieOf(await addSession({ table }, username))
  const signOut = (query: string, more: object = {}, headers: Record<string, string> = {}) =>
    sendJson(`${url}/oauth2/signout`, 'POST', { query, ...more }, { ...OWN_PAGE, ...ownCookie, ...headers })
  const request = `?client_id=${client_id}`
  const { body: asked } = await signOut(request)
  expect(asked).toEqual({
    next: 'question',
    user: { sub: expect.any(String), username },
    client: { name: 'Shop' },
  })
  expect((await signOut(`${request}&${request.slice(1)}`)).body.error).toBe('invalid_sign_out')
  expect((await signOut('?client_id=unknown')).body.error).toBe('unknown_client')
  const evil = `${request}&post_logout_redirect_uri=https%3A%2F%2Fevil.example`
  expect((await signOut(evil)).body.error).toBe('unknown_logout_uri')
  expect((await signOut(request, {}, { 'Sec-Fetch-Site': 'same-site' })).status).toBe(403)
  const { status, body } = await signOut(request, { sub: asked.user.sub })
  expect([status, body]).toEqual([200, { next: 'done' }])
  expect((await signOut(request)).body).toEqual({ next: 'done' })
})

test.each<[string, string, Record<string, string>, number]>([
  ['what is no JSON', '{', {}, 400],
  ['a body over 8 KiB', JSON.stringify({ query: 'a'.repeat(8_192) }), {}, 413],
  ['an unknown member', '{"query":"?","unknown":1}', {}, 422],
  ['a form and the cookie', 'a=b', { 'Content-Type': 'text/plain' }, 403],
  ['a form without the cookie', 'a=b', { 'Content-Type': 'text/plain', Cookie: 'a=b' }, 415],
])('a sign-out with %s is refused', async (_what, body, headers, status) => {
  const sent = { ...page.headers, ...headers }
  expect((await send(`${url}/oauth2/signout`, 'POST', sent, body)).status).toBe(status)
})

test('no page of another origin may read a response, or ask for one', async () => {
  const Origin = 'https://app.example.com'
  const headers = { ...page.headers, Origin }
  const response = await fetch(`${url}/oauth2/approve`, { method: 'POST', headers, body: '{}' })
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  const preflight = await fetch(`${url}/oauth2/approve`, {
    method: 'OPTIONS',
    headers: { Origin, 'Access-Control-Request-Method': 'POST' },
  })
  expect(preflight.ok).toBe(false)
})

const approve = (changes: Changes = {}, more: object = {}, headers: Record<string, string> = {}) =>
  approveAt(url, Object.keys(headers).length > 0 ? { headers: { ...page.headers, ...headers } } : page, {
    query: queryOf({ client_id, ...changes }),
    ...more,
  })
