import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, inject, test, vi } from 'vitest'
import { OWN_CLAIMS } from '../http/own-claims.ts'
import { get, send, sendJson, UNAUTHORIZED } from '../support/http/http.ts'
import { addSession, operator, tableAt } from '../support/users/sessions.ts'
import { addApi, addClient, basic, type Changes, FORM, formOf, queryOf, SECRET, VERIFIER } from './clients.ts'
import { approveAt, pageOf } from './proof.ts'

// The description of the running service has the attributes of `auth.config.ts`.
vi.mock('../../auth.config.ts', (importOriginal) => importOriginal())

// A sign-in at an app over HTTP. Each response must match the API description.
const url = inject('serviceUrl')
const table = tableAt(inject('dynamoDbUrl'))
const username = await operator(table).add({ username: 'user-of-tokens' })
const client_id = 'token-http'
await addClient(table, { id: client_id })
const page = pageOf(await addSession({ table }, username))
const own = basic(client_id)

test('an app gets tokens for a code, which verify with the published keys, and refreshes them', async () => {
  const { status, body } = await exchange(await codeFor())
  expect(status).toBe(200)
  const { body: keys } = await get(`${url}/.well-known/jwks.json`)
  const keySet = createLocalJWKSet(JSON.parse(keys))
  const { payload } = await jwtVerify(body.id_token, keySet, { issuer: url, audience: client_id })
  expect(payload).toMatchObject({ nonce: 'a-nonce', acr: 'aal1' })
  await jwtVerify(body.access_token, keySet, { issuer: url, audience: url, typ: 'at+jwt' })
  const again = await sendForm({ grant_type: 'refresh_token', refresh_token: body.refresh_token }, own)
  expect([again.status, decodeJwt(again.body.access_token).gid]).toEqual([
    200,
    decodeJwt(body.access_token).gid,
  ])
})

test.each(['GET', 'POST'])(
  '%s /userinfo takes the token of an app, with the scope openid',
  async (method) => {
    const ask = async (scope: string) => {
      const { body } = await exchange(await codeFor(scope))
      const Authorization = `Bearer ${body.access_token}`
      const response = await send(`${url}/userinfo`, method, { Authorization })
      return { status: response.status, body: JSON.parse(response.body) }
    }
    expect(await ask('openid profile')).toEqual({
      status: 200,
      body: { sub: expect.any(String), preferred_username: username, ...OWN_CLAIMS },
    })
    // With a challenge, which the description requires.
    expect((await ask('profile')).status).toBe(403)
    for (const headers of [{}, { Authorization: 'Bearer invalid' }]) {
      expect((await send(`${url}/userinfo`, method, headers)).status).toBe(401)
    }
  },
)

test('an id_token of one app does not sign out for another one', async () => {
  const { body } = await exchange(await codeFor())
  await addClient(table, { id: 'token-http-other' })
  const query = `?client_id=token-http-other&id_token_hint=${body.id_token}`
  const response = await sendJson(`${url}/oauth2/signout`, 'POST', { query }, page.headers)
  expect([response.status, response.body.error]).toEqual([400, 'other_client'])
})

test('an app revokes its tokens', async () => {
  const { body } = await exchange(await codeFor())
  const revoke = (form: Changes, headers: Record<string, string> = {}) => sendForm(form, headers, 'revoke')
  expect(await revoke({ token: body.refresh_token }, own)).toMatchObject({ status: 200, body: {} })
  const again = await sendForm({ grant_type: 'refresh_token', refresh_token: body.refresh_token }, own)
  expect(again).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect((await get(`${url}/userinfo`, body.access_token)).status).toBe(401)
  expect(await revoke({ token: 'unknown' }, own)).toMatchObject({ status: 200, body: {} })
  expect(await revoke({}, own)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  const unknown = await revoke({ client_id: 'unknown', token: 'unknown' })
  expect(unknown).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
})

test('a machine gets a token for its API, which no route of the service takes', async () => {
  const api = 'https://machines.example'
  await addApi(table, { identifier: api, scopes: [{ name: 'machines:run', sentence: 'Run machines' }] })
  const scopes = [`${api} machines:run`]
  await addClient(table, { id: 'machine-http', type: 'machine', redirectUris: [], scopes })
  const form = { grant_type: 'client_credentials', client_id: 'machine-http', client_secret: SECRET }
  const { status, body } = await sendForm(form)
  expect([status, body.scope]).toEqual([200, 'machines:run'])
  const { body: keys } = await get(`${url}/.well-known/jwks.json`)
  const keySet = createLocalJWKSet(JSON.parse(keys))
  const expected = { issuer: url, audience: api, subject: 'machine-http', typ: 'at+jwt' }
  await jwtVerify(body.access_token, keySet, expected)
  for (const path of ['/', '/sessions', '/me']) {
    expect(await get(`${url}${path}`, body.access_token)).toEqual(UNAUTHORIZED)
  }
  expect((await get(`${url}/userinfo`, body.access_token)).status).toBe(401)
})

test('errors are those of OAuth', async () => {
  expect(await exchange('unknown')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  const unknown = await sendForm({ grant_type: 'authorization_code', client_id: 'unknown' })
  expect(unknown).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
})

test('the gateway refuses every token of a client, and the tokens of the user stay valid', async () => {
  const { body } = await exchange(await codeFor())
  for (const token of [body.access_token, body.id_token]) {
    for (const path of ['/', '/sessions', '/me', '/passkeys']) {
      expect(await get(`${url}${path}`, token)).toEqual(UNAUTHORIZED)
    }
  }
  const refreshed = await sendJson(`${url}/refresh`, 'POST', {}, page.headers)
  expect((await get(`${url}/`, refreshed.body.authToken)).status).toBe(200)
})

test.each([
  ['POST', 'oauth2/token', 'OPTIONS,POST'],
  ['POST', 'oauth2/revoke', 'OPTIONS,POST'],
  ['GET', 'userinfo', 'OPTIONS,GET,POST'],
  ['POST', 'userinfo', 'OPTIONS,GET,POST'],
])('pages of every origin may use %s /%s, without cookies', async (method, path, methods) => {
  const Origin = 'https://app.example.com'
  const response = await fetch(`${url}/${path}`, { method, headers: { Origin } })
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('access-control-allow-credentials')).toBeNull()
  const preflight = await fetch(`${url}/${path}`, {
    method: 'OPTIONS',
    headers: {
      Origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': 'authorization',
    },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  expect(preflight.headers.get('access-control-allow-methods')).toBe(methods)
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
})

async function codeFor(scope = 'openid profile'): Promise<string> {
  const approve = (more: object = {}) =>
    approveAt(url, page, { query: queryOf({ client_id, scope }), ...more })
  const { body } = await approve()
  const { sub } = body.user ?? {}
  const after = body.location ? body : (await approve({ click: { sub, scope } })).body
  return String(new URL(after.location).searchParams.get('code'))
}

async function sendForm(form: Changes, headers: Record<string, string> = {}, route = 'token') {
  const response = await send(`${url}/oauth2/${route}`, 'POST', { ...FORM, ...headers }, formOf(form))
  return { ...response, body: JSON.parse(response.body) }
}

const exchange = (code: string, more: Changes = {}) =>
  sendForm({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...more }, own)
