import { randomBytes } from 'node:crypto'
import { Events, type MutableResponse, type MutableToken, OAuth2Server } from 'oauth2-mock-server'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { authorizationUrl, exchange } from '../../lib/federation/exchange/exchange.ts'
import { cancelledAt } from '../../lib/federation/refusals.ts'
import { newKey, startTry } from '../../lib/federation/try.ts'
import { testProvider } from './provider.ts'

// oauth2-mock-server responds, and its hooks make one part of it faulty.

const server = new OAuth2Server()
await server.issuer.keys.generate('RS256')
await server.start(0, '127.0.0.1')
afterAll(() => server.stop())
const { service } = server
beforeEach(() => void service.removeAllListeners())

const CLIENT = 'a-client'
const redirectUri = 'https://auth.example.com/signin/demo'
const tomorrow = Math.floor(Date.now() / 1000) + 86_400
const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`

const REFUSED = { code: 'invalid_credentials', event: 'provider.refused' }
const FAILED = { code: 'unavailable', event: 'provider.failed' }
const invalidToken = { ...REFUSED, message: 'the id_token is invalid' }
const invalidSubject = { ...REFUSED, message: 'the subject is invalid' }
const invalidResponse = { ...REFUSED, message: 'the response is invalid' }

/** Members of the id_token that differ, and the error. */
const TOKENS: Record<string, [change: { header?: object; payload?: object }, expected: object]> = {
  'of another issuer': [{ payload: { iss: 'https://evil.example' } }, invalidToken],
  'for another client': [{ payload: { aud: 'another' } }, invalidToken],
  'for two clients': [{ payload: { aud: [CLIENT, 'another'] } }, invalidToken],
  'without an audience': [{ payload: { aud: undefined } }, invalidToken],
  'of another nonce': [{ payload: { nonce: 'another' } }, invalidToken],
  'without a subject': [{ payload: { sub: undefined } }, invalidToken],
  'with a subject of 256 characters': [{ payload: { sub: 'a'.repeat(256) } }, invalidSubject],
  'that has expired': [{ payload: { exp: 1 } }, invalidToken],
  'without an expiry': [{ payload: { exp: undefined } }, invalidToken],
  'without an instant': [{ payload: { iat: undefined } }, invalidToken],
  'of tomorrow': [{ payload: { nbf: tomorrow } }, invalidToken],
  'of an unknown key': [{ header: { kid: 'another' } }, invalidToken],
  'with an unknown crit': [{ header: { crit: ['b64'], b64: true } }, invalidToken],
}

/** How the response of the token endpoint differs, and the error. */
const RESPONSES: Record<string, [change: (response: MutableResponse) => unknown, expected: object]> = {
  'that refuses the code': [error(400, 'invalid_grant'), { ...REFUSED, message: 'the code is invalid' }],
  'that refuses the client': [error(401, 'invalid_client'), failed('invalid_client')],
  'that limits requests': [error(429, 'slow_down'), failed('slow_down')],
  'that is down': [error(503, 'temporarily_unavailable'), failed('temporarily_unavailable')],
  'that responds 202': [({ body }) => ({ statusCode: 202, body }), failed('status_202')],
  'that redirects': [({ body }) => ({ statusCode: 302, body }), failed('status_302')],
  'with an empty body': [() => ({ body: '' }), failed('no_tokens')],
  'without an id_token': [members({ id_token: undefined }), failed('no_id_token')],
  'with an unsigned id_token': [members({ id_token: none }), invalidToken],
  'with an access token as id_token': [
    ({ body }) => ({ body: { ...Object(body), id_token: Object(body).access_token } }),
    invalidToken,
  ],
  'without an access token': [members({ access_token: undefined }), failed('no_tokens')],
  'without a token type': [members({ token_type: undefined }), failed('OAUTH_INVALID_RESPONSE')],
  'with a lifetime that is a text': [members({ expires_in: 'long' }), failed('OAUTH_INVALID_RESPONSE')],
}

/** How the response at the redirect URI differs, and the error. */
const REDIRECTS: Record<string, [change: (sent: URLSearchParams) => void, expected: object]> = {
  'of another state': [(sent) => sent.set('state', 'another'), invalidResponse],
  'without a state': [(sent) => sent.delete('state'), invalidResponse],
  'with two states': [(sent) => sent.append('state', 'another'), invalidResponse],
  'of another issuer': [(sent) => sent.set('iss', 'https://evil.example'), invalidResponse],
  'without a code': [(sent) => sent.delete('code'), invalidResponse],
  'with two codes': [(sent) => sent.append('code', 'another'), invalidResponse],
  'with an id_token': [(sent) => sent.set('id_token', none), invalidResponse],
  'of a user who cancelled': [
    (sent) => sent.set('error', 'access_denied'),
    { ...REFUSED, detail: cancelledAt('Demo') },
  ],
  'with the code of another request': [
    (sent) => sent.set('code', 'another'),
    { ...FAILED, message: 'the provider refuses the request' },
  ],
}

/** Hooks of endpoints that the service does not call. */
const UNUSED = [
  Events.BeforeUserinfo,
  Events.BeforeRevoke,
  Events.BeforePostLogoutRedirect,
  Events.BeforeIntrospect,
]

test('without a fault, the user signs in, and no other endpoint is called', async () => {
  const called: string[] = []
  for (const name of Object.values(Events)) service.on(name, () => called.push(name))
  expect(await signIn()).toMatchObject({ issuer: server.issuer.url, subject: 'johndoe' })
  const { BeforeAuthorizeRedirect, BeforeTokenSigning, BeforeResponse } = Events
  // An access token and an id_token are signed.
  expect(called).toEqual([BeforeAuthorizeRedirect, BeforeTokenSigning, BeforeTokenSigning, BeforeResponse])
  expect(Object.values(Events).sort()).toEqual([...new Set([...called, ...UNUSED])].sort())
})

describe(Events.BeforeTokenSigning, () => {
  test.each(Object.entries(TOKENS))('an id_token %s is refused', async (_, [change, expected]) => {
    service.on(Events.BeforeTokenSigning, (token: MutableToken) => {
      if (!('nonce' in token.payload)) return
      Object.assign(token.header, change.header)
      Object.assign(token.payload, change.payload)
    })
    await expect(signIn()).rejects.toMatchObject(expected)
  })
})

describe(Events.BeforeResponse, () => {
  test.each(Object.entries(RESPONSES))('a token endpoint %s: no sign-in', async (_, [change, expected]) => {
    service.on(Events.BeforeResponse, (response: MutableResponse) =>
      Object.assign(response, change(response)),
    )
    await expect(signIn()).rejects.toMatchObject(expected)
  })
})

describe(Events.BeforeAuthorizeRedirect, () => {
  test.each(Object.entries(REDIRECTS))('a response %s is refused', async (_, [change, expected]) => {
    service.on(Events.BeforeAuthorizeRedirect, ({ url }: { url: URL }) => change(url.searchParams))
    await expect(signIn()).rejects.toMatchObject(expected)
  })
})

/** Goes from the URL of a sign-in to the identity. */
async function signIn() {
  const url = String(server.issuer.url)
  const provider = testProvider(url, { clientId: CLIENT })
  const tried = { purpose: 'sign-in', provider, userId: '' } as const
  const own = startTry(newKey(), tried, new Date(), randomBytes(16))
  const to = authorizationUrl(provider, own, { redirectUri, isAgain: false })
  const { headers } = await fetch(to, { redirect: 'manual' })
  const { search } = new URL(String(headers.get('location')))
  return exchange(provider, 'a-secret', own, { query: search.slice(1), redirectUri })
}

function error(statusCode: number, code: string) {
  return () => ({ statusCode, body: { error: code } })
}

function members(changes: object) {
  return ({ body }: MutableResponse) => ({ body: { ...Object(body), ...changes } })
}

function failed(code: string): object {
  return { ...FAILED, log: { provider: 'demo', error: code } }
}
