import type { RequestListener } from 'node:http'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { changeApi } from '../../lib/oauth/apis/store.ts'
import { secondOf } from '../../lib/time.ts'
import type { OperatorTable } from '../../scripts/cli/operator.ts'
import * as urls from '../../scripts/clients/urls.ts'
import { addApi, type Changes, queryOf, VERIFIER } from '../../test/oauth/clients.ts'
import {
  ADDRESS,
  APP_URL,
  type DocumentHost,
  documentWith,
  HOST,
  sendDocument,
} from '../../test/oauth/document-host.ts'
import { useDocumentHost } from '../../test/oauth/network.ts'
import { approve as approveBy } from '../../test/oauth/requests.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../../test/support/http/cookies.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { parsed } from '../../test/support/http/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  later,
  logout,
  mailEvents,
  now,
  ok,
  problem,
  records,
  refresh as refreshSession,
  service,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { asOperator, testAct } from '../../test/support/users/users.ts'

// Apps that are not registered: their client_id is the URL of a metadata document.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () =>
  (await import('../../test/oauth/document-host.ts')).edgeOf(network),
)

useRoutes()

let cookie: string
const host = await useDocumentHost(network)
beforeEach(async () => {
  cookie = await begin()
  host.reply = sendDocument()
  host.addresses = [[ADDRESS]]
  host.requests.length = host.lookups.length = 0
})

const REDIRECT = 'https://app.test/callback'

const approve = (changes: Changes = {}, more: object = {}, headers: Record<string, string> = {}) =>
  approveBy(cookie, { client_id: APP_URL, redirect_uri: REDIRECT, ...changes }, { ...more, headers })

const click = async (scope = 'openid') => ({ click: { sub: (await stored()).id, scope } })

const send = (form: Record<string, string>) => {
  const body = String(new URLSearchParams({ client_id: APP_URL, ...form }))
  return call('token', 'token', {
    ...withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' }),
    body,
  })
}

async function codeFor(scope: string, changes: Changes = {}): Promise<string> {
  const { body } = await approve({ scope, ...changes }, await click(scope))
  return String(new URL(body.location).searchParams.get('code'))
}

const exchange = (code: string) => send({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })

const refused = (error: string, detail: string) => problem(400, 'Bad Request', detail, { error })
const unknown = refused('unknown_client', 'The app is not registered, or it is disabled.')

const give = async (scope = 'openid', changes: Changes = {}) =>
  (await exchange(await codeFor(scope, changes))).body

const refresh = (refresh_token: string) => send({ grant_type: 'refresh_token', refresh_token })

const apps = async () => (await call('sessions', 'GET /apps')).body.apps

describe('an app that is not registered', () => {
  test('signs a user in after the screen with its host, and refreshes', async () => {
    const user = await stored()
    expect(await approve()).toEqual(
      ok({
        next: 'screen',
        user: { sub: user.id, username: 'user' },
        client: { id: APP_URL, claimedName: 'Test app', name: HOST, place: HOST, host: HOST },
        scopes: [{ name: 'openid' }],
      }),
    )
    const body = await give('openid offline_access')
    expect(body).toMatchObject({ token_type: 'Bearer', scope: 'openid offline_access', expires_in: 900 })
    expect(decodeJwt(body.access_token)).toMatchObject({ client_id: APP_URL, aud: 'https://issuer.example' })
    expect(decodeJwt(body.id_token)).toMatchObject({ aud: APP_URL })
    const { body: refreshed } = await refresh(body.refresh_token)
    expect(refreshed.refresh_token).not.toBe(body.refresh_token)
    // One document for all of it.
    expect(host.requests.length).toBe(1)
    // The name is text of a stranger, so the mail has the host in its place.
    expect(mailEvents.map((event) => Object(event).app)).toEqual([{ name: HOST, place: HOST }])
  })

  test('sees the screen each time, also after consent', async () => {
    await give()
    expect((await approve()).body.next).toBe('screen')
    const { body } = await approve({ prompt: 'none' })
    expect(body.location).toMatch(/[?&]error=interaction_required&/)
  })

  test('is at a loopback address with any port, and the screen shows it', async () => {
    const redirect_uri = 'http://127.0.0.1:51004/callback'
    const { body } = await approve({ redirect_uri })
    expect(body.client).toEqual({
      id: APP_URL,
      claimedName: 'Test app',
      name: HOST,
      place: '127.0.0.1:51004',
      device: 'address',
      host: HOST,
    })
  })

  test.each([
    'https://app.test/other',
    'https://evil.test/callback',
    'http://127.0.0.1:1/other',
    `${APP_URL}`,
  ])('does not get a code at %s', async (redirect_uri) => {
    expect(await approve({ redirect_uri }, await click())).toEqual(
      refused('unknown_redirect_uri', 'The app has not registered this redirect_uri.'),
    )
  })

  test('ends its grant by a revocation', async () => {
    const { refresh_token } = await give()
    const body = String(new URLSearchParams({ client_id: APP_URL, token: refresh_token }))
    const form = withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded' })
    expect((await call('token', 'POST /oauth2/revoke', { ...form, body })).statusCode).toBe(200)
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant')
  })

  test('has no secret, and is no machine', async () => {
    const code = await codeFor('openid')
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    expect((await send({ ...form, client_secret: 'a' })).body.error).toBe('invalid_client')
    expect((await send({ grant_type: 'client_credentials' })).body.error).toBe('unauthorized_client')
    expect((await send({ ...form, client_id: 'https://app.test/other.json' })).body.error).toBe(
      'invalid_grant',
    )
    expect((await send(form)).statusCode).toBe(200)
  })
})

test('the log of a refused request at the token endpoint has the host of a URL alone', async () => {
  const secret = 'token=secret'
  const client_id = `https://victim.example/hello?${secret}`
  const form = { client_id, refresh_token: 'a', code: 'a', code_verifier: VERIFIER }
  const refusals: [grant_type: string, error: string, more?: Record<string, string>][] = [
    ['authorization_code', 'invalid_grant'],
    ['refresh_token', 'invalid_grant'],
    ['authorization_code', 'invalid_client', { client_secret: 'a' }],
  ]
  for (const [grant_type, error, more] of refusals) {
    expect((await send({ ...form, grant_type, ...more })).body.error).toBe(error)
  }
  const logged = records.map(Object).map(({ event, clientId }) => [event, clientId])
  expect(logged).toEqual(refusals.map(() => ['client.refused', 'victim.example']))
  expect(JSON.stringify(records)).not.toContain(secret)
})

describe('without a live session', () => {
  const none = { Cookie: 'other=1' }

  test('no document is fetched, and the user signs in at the host', async () => {
    const step = { next: 'sign-in', again: false, start: secondOf(now), client: { name: HOST } }
    expect(await approve({}, {}, none)).toEqual(ok(step))
    expect(await approve({ prompt: 'login' }, {}, none)).toEqual(ok({ ...step, again: true }))
    const { refreshToken } = Object((await refreshSession(cookie)).body)
    vi.setSystemTime(later(40))
    // A copy of the cookie is used again: it is refreshed first, which detects that.
    expect((await approve()).body).toEqual({ next: 'refresh' })
    await logout(refreshToken)
    expect((await approve()).body.next).toBe('sign-in')
    expect([host.lookups, host.requests]).toEqual([[], []])
  })

  test('a sign-in after prompt=login is the one that was asked for', async () => {
    const { start } = (await approve({ prompt: 'login' }, {}, none)).body
    expect((await approve({ prompt: 'login' })).body).toMatchObject({ next: 'sign-in', again: true })
    vi.setSystemTime(later(5))
    cookie = await begin()
    expect((await approve({ prompt: 'login' }, { start })).body.next).toBe('screen')
  })
})

describe('a document', () => {
  test('is used for an hour, and for a day while the host does not respond', async () => {
    await approve()
    // The name has no address any longer.
    host.addresses = [[]]
    vi.setSystemTime(later(3_599))
    cookie = await begin()
    expect((await approve()).body.next).toBe('screen')
    expect(host.lookups.length).toBe(1)
    vi.setSystemTime(later(86_000))
    cookie = await begin()
    expect((await approve()).body.next).toBe('screen')
    expect(host.lookups.length).toBe(2)
    vi.setSystemTime(later(86_401))
    cookie = await begin()
    expect(await approve()).toEqual(
      refused('unreachable_document', 'The metadata document of the app could not be fetched.'),
    )
  })

  const withStatus =
    (status: number): RequestListener =>
    (_request, response) =>
      response.writeHead(status).end()
  const noScreen = 'unreachable_document'

  test.each<[string, RequestListener, unknown]>([
    ['with the status 500', withStatus(500), 'screen'],
    ['with the status 503', withStatus(503), 'screen'],
    ['with the status 429', withStatus(429), 'screen'],
    ['that does not come', (request) => request.socket.destroy(), 'screen'],
    ['with the status 404', withStatus(404), noScreen],
    ['with the status 410', withStatus(410), noScreen],
    ['with the status 302', withStatus(302), noScreen],
    ['of HTML', sendDocument('<!doctype html>', { 'Content-Type': 'text/html' }), noScreen],
    ['that is too large', sendDocument(documentWith({ more: 'x'.repeat(6_000) })), noScreen],
    ['that is no document', sendDocument('[]'), 'invalid_document'],
  ])('stays in use after a response %s only in an outage', async (_what, reply, expected) => {
    await approve()
    vi.setSystemTime(later(3_601))
    cookie = await begin()
    host.reply = reply
    const { next, error } = (await approve()).body
    expect(next ?? error).toBe(expected)
    // One that was dropped does not come back in an outage.
    host.reply = withStatus(500)
    const { body } = await approve()
    expect(body.next ?? body.error).toBe(expected === 'screen' ? 'screen' : noScreen)
    host.reply = sendDocument()
    expect((await approve()).body.next).toBe('screen')
  })

  test.each(['no-store', 'private, No-Store', 'max-age=3600 ,no-store, private'])(
    'with Cache-Control: %s is not kept, and drops the one before',
    async (value) => {
      await approve()
      vi.setSystemTime(later(3_601))
      cookie = await begin()
      host.reply = sendDocument(documentWith(), { 'Cache-Control': value })
      expect((await approve()).body.next).toBe('screen')
      expect((await approve()).body.next).toBe('screen')
      expect(host.requests.length).toBe(3)
      host.reply = withStatus(500)
      expect((await approve()).body.error).toBe(noScreen)
    },
  )

  test.each(['max-age=0', 'no-cache', 'x-no-store', 'no-store-x'])(
    'with Cache-Control: %s is kept for an hour',
    async (value) => {
      host.reply = sendDocument(documentWith(), { 'Cache-Control': value })
      await approve()
      expect((await approve()).body.next).toBe('screen')
      expect(host.requests.length).toBe(1)
    },
  )

  test('in the cache costs a user nothing, and another one is refused after ten', async () => {
    await approve()
    for (let count = 0; count < 10; count += 1) await approve({ client_id: `${APP_URL}?${count}` })
    expect(host.requests.length).toBe(10)
    expect((await approve({ client_id: `${APP_URL}?10` })).body.error).toBe('unreachable_document')
    expect((await approve()).body.next).toBe('screen')
    expect(host.requests.length).toBe(10)
    cookie = await begin('admin')
    expect((await approve({ client_id: `${APP_URL}?10` })).body.error).toBe('invalid_document')
  })

  test('that has changed counts after an hour', async () => {
    await approve()
    host.reply = sendDocument(documentWith({ client_name: 'Renamed', redirect_uris: [`${REDIRECT}/2`] }))
    expect((await approve()).body.next).toBe('screen')
    vi.setSystemTime(later(3_601))
    cookie = await begin()
    expect((await approve()).body.error).toBe('unknown_redirect_uri')
    const { body } = await approve({ redirect_uri: `${REDIRECT}/2` })
    expect(body.client.claimedName).toBe('Renamed')
  })

  test('that cannot be used is refused with the reason, also in place of one that could', async () => {
    await approve()
    host.reply = sendDocument(documentWith({ token_endpoint_auth_method: 'private_key_jwt' }))
    vi.setSystemTime(later(3_601))
    cookie = await begin()
    expect(await approve()).toEqual(
      refused(
        'invalid_document',
        'The metadata document of the app cannot be used. Its token_endpoint_auth_method is not none.',
      ),
    )
  })

  test('of an app on an internal network is refused as one that does not respond', async () => {
    host.addresses = [['127.0.0.1']]
    const { body } = await approve()
    expect(body.error).toBe('unreachable_document')
    expect(host.requests).toEqual([])
  })
})

/** Sends a request to `approve` with other settings. */
async function approveWith(changes: Record<string, string>) {
  const { environment, ...rest } = Object(service.functions.approve)
  const changed = { ...rest, environment: { ...environment, ...changes } }
  const functions = { ...service.functions, approve: changed }
  const handler = await loadHandler({ ...service, functions }, 'approve', aws)
  const event = await eventOf('approve', {
    ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }),
    body: JSON.stringify({ query: queryOf({ client_id: APP_URL, redirect_uri: REDIRECT }) }),
  })
  return parsed(await handler(event, context))
}

test('without the fetcher of documents, an app gets 503, and a fresh document does without it', async () => {
  const broken = { CLIENT_FETCHER: 'none' }
  expect((await approveWith(broken)).statusCode).toBe(503)
  await approve()
  expect((await approveWith(broken)).body.next).toBe('screen')
})

describe('a host that is not allowed', () => {
  test.each([
    ['', 'the feature is off'],
    ['other.test', 'another host is allowed'],
    ['test,b.app.test,app.test.evil.test', 'similar hosts are allowed'],
  ])('has no apps with clientMetadataHosts=%j: %s', async (hosts) => {
    expect(await approveWith({ CLIENT_METADATA_HOSTS: hosts })).toEqual(unknown)
    expect(host.lookups).toEqual([])
  })
})

describe('scopes', () => {
  const api = () => addApi(table, { urlClients: true })
  const resource = 'https://orders.example'

  test('of an API that is open to such apps need its resource', async () => {
    await api()
    const { body } = await approve({ scope: 'openid orders.read' })
    expect(body.scopes.map(({ name }: { name: string }) => name)).toEqual(['openid'])
    const { access_token, refresh_token } = await give('openid orders.read', { resource })
    expect(decodeJwt(access_token)).toMatchObject({ aud: resource, scope: 'openid orders.read' })
    expect((await refresh(refresh_token)).statusCode).toBe(200)
  })

  test('of other APIs are refused, and a grant has none after its API was closed', async () => {
    await addApi(table, {
      identifier: 'https://closed.example',
      scopes: [{ name: 'closed.read', sentence: 'See it' }],
    })
    const { body } = await approve({ resource: 'https://closed.example', scope: 'closed.read' })
    expect(body.error).toBe('invalid_target')
    const found = await api()
    const { refresh_token } = await give('orders.read', { resource })
    await changeApi(table, found, { urlClients: false }, testAct())
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant')
  })

  test.each(['*', 'orders.read *'])('"%s" is no scope', async (scope) => {
    await api()
    const { body } = await approve({ scope, resource: scope === '*' ? undefined : resource })
    const asked = body.scopes?.map(({ name }: { name: string }) => name)
    expect([asked, body.error]).toEqual(
      scope === '*' ? [undefined, 'invalid_scope'] : [['orders.read'], undefined],
    )
  })
})

/** What operators do about an app that is not registered, and whether its codes and grants end. */
const DECISIONS: [what: string, (at: OperatorTable) => Promise<unknown>, isEnded: boolean][] = [
  ['nothing', async () => undefined, false],
  ['its URL is disabled', (at) => urls.disable(at, APP_URL), true],
  ['its host is disabled', (at) => urls.disable(at, HOST), true],
  ['the grants of its URL end', (at) => urls.endAllGrants(at, APP_URL), true],
  ['the grants of its host end', (at) => urls.endAllGrants(at, HOST), true],
  [
    'its host is disabled and enabled',
    async (at) => {
      await urls.disable(at, HOST)
      await urls.enable(at, HOST)
    },
    true,
  ],
  ['another URL of its host is disabled', (at) => urls.disable(at, `${APP_URL}?2`), false],
  ['another host is disabled', (at) => urls.disable(at, 'other.test'), false],
]

describe.each(DECISIONS)('when %s', (_what, decide, isEnded) => {
  test('a code, a grant and a token at /userinfo end, or do not', async () => {
    const code = await codeFor('openid')
    const { access_token, refresh_token } = await give()
    await decide(asOperator(table))
    const statuses = [
      (await exchange(code)).statusCode,
      (await refresh(refresh_token)).statusCode,
      (await call('userinfo', 'userinfo', withHeaders({ Authorization: `Bearer ${access_token}` })))
        .statusCode,
    ]
    expect(statuses.map((status) => status >= 400)).toEqual(statuses.map(() => isEnded))
    expect((await apps()).length).toBe(isEnded ? 0 : 1)
  })
})

test('a disabled app is not looked up', async () => {
  await urls.disable(asOperator(table), HOST)
  expect(await approve()).toEqual(unknown)
  expect(host.lookups).toEqual([])
})

describe('the apps of a user', () => {
  test('have the name that the user saw and the host, and are removed by a hash', async () => {
    const { refresh_token } = await give('openid offline_access')
    // The document is gone.
    vi.setSystemTime(later(86_401))
    const [app, ...others] = await apps()
    expect(others).toEqual([])
    expect(app).toMatchObject({
      id: expect.stringMatching(/^URL_[\w-]{43}$/),
      name: 'Test app',
      type: 'native',
      places: [HOST],
      offline: true,
    })
    const remove = (id: string) => call('sessions', 'DELETE /apps/{id}', { pathParameters: { id } })
    expect((await remove(APP_URL)).statusCode).toBe(404)
    expect((await remove(app.id.toLowerCase())).statusCode).toBe(404)
    expect((await remove(app.id)).statusCode).toBe(204)
    expect(await apps()).toEqual([])
    expect((await refresh(refresh_token)).body.error).toBe('invalid_grant')
  })

  test('have the new name after another consent', async () => {
    await give()
    host.reply = sendDocument(documentWith({ client_name: 'Renamed' }))
    vi.setSystemTime(later(3_601))
    cookie = await begin()
    await give('openid profile')
    expect((await apps()).map(({ name }: { name: string }) => name)).toEqual(['Renamed'])
  })
})

describe('a sign-out', () => {
  const signOut = (parameters: Record<string, string>) =>
    call('logout', 'POST /oauth2/signout', {
      ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }),
      body: JSON.stringify({ query: `?${new URLSearchParams(parameters)}` }),
    })

  test('by an id_token of the app ends the session, and leads nowhere', async () => {
    const { id_token: id_token_hint } = await give()
    const uri = { post_logout_redirect_uri: REDIRECT }
    expect((await signOut({ id_token_hint, ...uri })).body.error).toBe('unknown_logout_uri')
    expect((await signOut({ id_token_hint })).body).toEqual({ next: 'done' })
  })

  test('does not name an app that nothing shows', async () => {
    const { body } = await signOut({ client_id: 'https://bank.example/client.json' })
    expect(body).toEqual({ next: 'question', user: { sub: (await stored()).id, username: 'user' } })
  })
})
