import { createPublicKey, hash, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProvider } from './provider.ts'

const CLIENT = { id: 'service', secret: 'a secret', redirectUri: 'http://localhost:3000/signin/demo' }
const verifier = randomBytes(32).toString('base64url')
const REQUEST = {
  response_type: 'code',
  client_id: CLIENT.id,
  redirect_uri: CLIENT.redirectUri,
  state: 'a state',
  nonce: 'a nonce',
  code_challenge: hash('sha256', verifier, 'base64url'),
  code_challenge_method: 'S256',
}

let issuer: string
const server = createProvider(CLIENT, () => issuer)
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const pageOf = (changes: object = {}) =>
  `${issuer}/authorize?${new URLSearchParams({ ...REQUEST, ...changes })}`

/** Sends the form of the page. @returns The parameters of the redirect. */
async function respond(fields: Record<string, string>) {
  const form = { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' } as const
  const { status, headers } = await fetch(pageOf(), form)
  expect(status).toBe(303)
  const location = new URL(String(headers.get('location')))
  expect(location.origin + location.pathname).toBe(CLIENT.redirectUri)
  return Object.fromEntries(location.searchParams)
}

async function exchange(form: Record<string, string>, secret = CLIENT.secret) {
  const Authorization = `Basic ${Buffer.from(`service:${encodeURIComponent(secret)}`).toString('base64')}`
  const body = new URLSearchParams({ redirect_uri: CLIENT.redirectUri, code_verifier: verifier, ...form })
  const response = await fetch(`${issuer}/token`, { method: 'POST', headers: { Authorization }, body })
  const answer: { id_token: string } & Record<string, unknown> = Object(await response.json())
  return { status: response.status, body: answer }
}

const claimsOf = (idToken: string) =>
  JSON.parse(Buffer.from(String(idToken.split('.')[1]), 'base64url').toString())

test('a name leads back with a code, for which the client gets a signed id_token once', async () => {
  const { code = '', ...others } = await respond({ name: ' Ada ' })
  expect(others).toEqual({ state: 'a state', iss: issuer })
  const { status, body } = await exchange({ code })
  expect(status).toBe(200)
  const [content = '', signature = ''] = body.id_token.split(/\.(?=[^.]*$)/)
  const { keys } = Object(await (await fetch(`${issuer}/jwks`)).json())
  const key = createPublicKey({ key: keys[0], format: 'jwk' })
  expect(verify('sha256', Buffer.from(content), key, Buffer.from(signature, 'base64url'))).toBe(true)
  expect(claimsOf(body.id_token)).toMatchObject({
    iss: issuer,
    aud: 'service',
    nonce: 'a nonce',
    email: 'ada@demo.example',
    email_verified: true,
  })
  expect(await exchange({ code })).toEqual({ status: 400, body: { error: 'invalid_grant' } })
})

test('the secret may have more escaped characters than it needs', async () => {
  const { code = '' } = await respond({ name: 'ada' })
  const Authorization = `Basic ${Buffer.from('service:%61+%73ecret').toString('base64')}`
  const body = new URLSearchParams({ redirect_uri: CLIENT.redirectUri, code_verifier: verifier, code })
  expect((await fetch(`${issuer}/token`, { method: 'POST', headers: { Authorization }, body })).status).toBe(
    200,
  )
})

test('an address as a name is the address of the user, whose mailbox the provider does not run', async () => {
  const { code = '' } = await respond({ name: 'ada@other.example' })
  expect(claimsOf((await exchange({ code })).body.id_token)).toMatchObject({ email: 'ada@other.example' })
})

test('a user who cancels leads back with an error', async () => {
  expect(await respond({})).toEqual({ error: 'access_denied', state: 'a state', iss: issuer })
})

test.each([
  ['another client', { client_id: 'other' }],
  ['another redirect URI', { redirect_uri: 'http://localhost:3000/other' }],
  ['no PKCE', { code_challenge_method: 'plain' }],
  ['no challenge', { code_challenge: '' }],
  ['no nonce', { nonce: '' }],
])('a request with %s leads nowhere', async (_what, changes) => {
  expect((await fetch(pageOf(changes))).status).toBe(400)
})

test.each([
  ['another secret', {}, 'another', 401],
  ['another verifier', { code_verifier: 'another' }, undefined, 400],
  ['another redirect URI', { redirect_uri: 'http://localhost:3000/other' }, undefined, 400],
])('a code with %s gives no token', async (_what, changes, secret, status) => {
  const { code = '' } = await respond({ name: 'ada' })
  expect((await exchange({ code, ...changes }, secret)).status).toBe(status)
})

test('the page has the request in its form, escaped', async () => {
  const body = await (await fetch(pageOf({ state: '"><script>' }))).text()
  expect(body).not.toContain('<script>')
  expect((await fetch(`${issuer}/other`)).status).toBe(404)
})
