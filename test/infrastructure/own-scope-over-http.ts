import { decodeJwt } from 'jose'
import { describe, expect, inject, test } from 'vitest'
import { addClient, CALLBACK, type Changes, queryOf, SECRET, VERIFIER } from '../oauth/clients.ts'
import { addMachineOf } from '../oauth/own-api.ts'
import { approveAt, pageOf } from '../oauth/proof.ts'
import { get, send, tokenOf } from '../support/http/http.ts'
import { addSession, operator, tableAt } from '../support/users/sessions.ts'

// A test of the route with a scope that docs/OAUTH.md adds. `test/infrastructure/own-scope.proof.test.ts` copies it into a copy of the
// project.

const url = inject('serviceUrl')
const table = tableAt(inject('dynamoDbUrl'))
const username = await operator(table).add({ username: 'user-of-notes' })
const scopes = ['notes:read', 'notes:other']
const ofMachine = await addMachineOf(url, table, 'notes-robot', scopes)
const entries = scopes.map((name) => `${url} ${name}`)
await addClient(table, { id: 'notes-web', scopes: ['openid', 'offline_access', ...entries] })
const page = pageOf(await addSession({ table }, username))

async function sendForm(form: Changes, route = 'token') {
  const body = String(new URLSearchParams({ client_secret: SECRET, ...form } as Record<string, string>))
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const response = await send(`${url}/oauth2/${route}`, 'POST', type, body)
  expect(response.status, response.body).toBe(200)
  return JSON.parse(response.body)
}

/** Gets the tokens of the user, as the page and an app do. */
async function ofUser(scope: string, more: Changes = {}) {
  const query = queryOf({ client_id: 'notes-web', redirect_uri: CALLBACK, scope, ...more })
  const approve = (click?: object) => approveAt(url, page, { query, ...(click && { click }) })
  const { body } = await approve()
  const after = body.location ? body : (await approve({ sub: body.user.sub, scope })).body
  const code = String(new URL(after.location).searchParams.get('code'))
  const form = { grant_type: 'authorization_code', client_id: 'notes-web', code, code_verifier: VERIFIER }
  return sendForm(form)
}

async function read(path: string, token?: string) {
  const { status, body, headers } = await get(`${url}${path}`, token)
  return {
    status,
    body: JSON.parse(body),
    challenge: Object(headers)['www-authenticate'],
  }
}

const METADATA = `${url}/.well-known/oauth-protected-resource`

test('a client finds the metadata by a 401, and the issuer by the metadata', async () => {
  const { status, challenge } = await read('/notes')
  expect([status, challenge]).toEqual([
    401,
    expect.stringMatching(new RegExp(`^Bearer realm="[\\w-]+", resource_metadata="${METADATA}"$`)),
  ])
  const metadata = await fetch(METADATA)
  expect(metadata.headers.get('access-control-allow-origin')).toBe('*')
  expect(await metadata.json()).toEqual({
    resource: url,
    authorization_servers: [url],
    scopes_supported: ['notes:read'],
    bearer_methods_supported: ['header'],
    resource_name: 'serverless-jwt-auth',
  })
})

test.each([{}, { resource: url }, { resource: `${url}/` }])(
  'a client with the scope calls for its user, with %j',
  async (more) => {
    const { access_token, refresh_token } = await ofUser('notes:read', more)
    const { aud, sub } = decodeJwt(access_token)
    expect(aud).toBe(`${url}/api`)
    const called = { status: 200, body: { clientId: 'notes-web', userId: sub } }
    expect(await read('/notes', access_token)).toMatchObject(called)
    const form = { grant_type: 'refresh_token', client_id: 'notes-web', refresh_token }
    expect(await read('/notes', (await sendForm(form)).access_token)).toMatchObject(called)
  },
)

test('a machine with the scope calls for itself', async () => {
  const body = { clientId: 'notes-robot' }
  expect(await read('/notes', await ofMachine('notes:read'))).toMatchObject({ status: 200, body })
})

describe('403, with the metadata', () => {
  const refused = {
    status: 403,
    challenge: expect.stringMatching(
      new RegExp(`^Bearer realm="[\\w-]+", error="insufficient_scope", resource_metadata="${METADATA}"$`),
    ),
  }

  test('without the scope, of a user and of a machine', async () => {
    const { access_token } = await ofUser('openid notes:other')
    expect(await read('/notes', access_token)).toMatchObject(refused)
    expect(await read('/notes', await ofMachine('notes:other'))).toMatchObject(refused)
  })

  test.each(['first', 'after the route with the scope'])('at all other routes, %s', async (when) => {
    const { access_token } = await ofUser('openid notes:read')
    if (when !== 'first') expect((await read('/notes', access_token)).status).toBe(200)
    for (const path of ['/', '/admin', '/me', '/sessions', '/apps', '/passkeys']) {
      expect(await read(path, access_token)).toMatchObject(refused)
    }
    expect((await read('/notes', access_token)).status).toBe(200)
    // It has the scope openid, and /userinfo takes the tokens for all APIs.
    expect((await read('/userinfo', access_token)).status).toBe(200)
  })
})

test('a revoked token gets 401', async () => {
  const { access_token: token } = await ofUser('notes:read offline_access')
  await sendForm({ client_id: 'notes-web', token }, 'revoke')
  expect((await read('/notes', token)).status).toBe(401)
})

test('a token of the application gets 401 from the handler, and opens its own routes', async () => {
  const token = await tokenOf(url, 'user')
  expect((await read('/notes', token)).status).toBe(401)
  expect((await read('/', token)).status).toBe(200)
})
