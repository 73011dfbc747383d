import { beforeEach, expect, test, vi } from 'vitest'
import { type ClientWithSecrets, changeClient, findClientWithSecrets } from '../../lib/oauth/clients/store.ts'
import { begin, call, later, logout, records, sessionIdOf, table, useRoutes } from '../support/http/routes.ts'
import { testAct } from '../support/users/users.ts'
import { addApi, addClient, basic, CALLBACK, credentialsOf } from './clients.ts'
import { codeFor, exchange, refreshGrant, sendForm, userInfo } from './requests.ts'

// Clients get the same error for many reasons. The log has the reason, so that an operator can help a client.

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addApi(table)
  await addClient(table)
  await addClient(table, { id: 'other' })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK] })
  const scopes = ['https://orders.example orders.read']
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes })
})

const SHOP = credentialsOf('shop')
const OTHER = credentialsOf('other')
const PHONE = credentialsOf('phone')

const codeOf = (client_id = 'shop', scope = 'openid') => codeFor(cookie, { client_id, scope })
const tokensOf = async (client_id = 'shop', scope = 'openid') =>
  (await exchange(await codeOf(client_id, scope), credentialsOf(client_id))).body
const machineToken = async () =>
  (await sendForm('token', { grant_type: 'client_credentials', ...credentialsOf('robot') })).body.access_token

const GUESSED = /[^.]+$/

const OF_CLIENTS: [reason: string, request: () => Promise<unknown>][] = [
  ['no client_id', () => exchange('x')],
  ['no such client', () => exchange('x', {}, basic('unknown'))],
  ['wrong secret', () => exchange('x', {}, basic('shop', 'wrong'))],
  ['the header Authorization is not Basic', () => exchange('x', {}, { Authorization: 'Bearer abc' })],
]

const OF_CODES: typeof OF_CLIENTS = [
  ['no such code of this client', async () => exchange(await codeOf(), OTHER)],
  [
    'code_verifier is missing or wrong',
    async () => exchange(await codeOf(), { ...SHOP, code_verifier: 'a'.repeat(43) }),
  ],
  [
    'redirect_uri is another one',
    async () => exchange(await codeOf(), { ...SHOP, redirect_uri: 'https://evil.example' }),
  ],
  [
    'the code has expired',
    async () => {
      const code = await codeOf()
      vi.setSystemTime(later(60))
      return exchange(code, SHOP)
    },
  ],
  [
    'the exchange of the code is repeated',
    async () => {
      const code = await codeOf()
      await exchange(code, SHOP)
      return exchange(code, SHOP)
    },
  ],
  [
    'the code was used before',
    async () => {
      const code = await codeOf()
      await exchange(code, SHOP)
      vi.setSystemTime(later(30))
      return exchange(code, SHOP)
    },
  ],
  [
    'what the code depends on has ended or changed',
    async () => {
      const code = await codeOf()
      await logout(cookie)
      return exchange(code, SHOP)
    },
  ],
]

const OF_GRANTS: typeof OF_CLIENTS = [
  ['not a refresh token', () => refreshGrant('a.b.c', SHOP)],
  ['no such grant of this client', async () => refreshGrant((await tokensOf()).refresh_token, OTHER)],
  [
    'another secret',
    async () => refreshGrant((await tokensOf()).refresh_token.replace(GUESSED, 'a'.repeat(43)), SHOP),
  ],
  [
    'not a token that this grant had',
    async () => {
      const { refresh_token } = await tokensOf('phone')
      return refreshGrant(refresh_token.replace(/[0-9a-f]{8}(?=\.[^.]+$)/, '00000000'), PHONE)
    },
  ],
  [
    'the refresh token was replaced earlier',
    async () => {
      const { refresh_token } = await tokensOf('phone')
      await refreshGrant(refresh_token, PHONE)
      vi.setSystemTime(later(11))
      return refreshGrant(refresh_token, PHONE)
    },
  ],
  [
    'the grant, or what it depends on, has ended or changed',
    async () => {
      const { refresh_token } = await tokensOf()
      await logout(cookie)
      return refreshGrant(refresh_token, SHOP)
    },
  ],
  [
    'the client may have no scope of the grant',
    async () => {
      const { refresh_token } = await tokensOf()
      const client = (await findClientWithSecrets(table, 'shop')) as ClientWithSecrets
      await changeClient(table, client, { changes: { scopes: ['email'] } }, testAct())
      return refreshGrant(refresh_token, SHOP)
    },
  ],
  [
    'a token of another client',
    async () => sendForm('POST /oauth2/revoke', { token: (await tokensOf('phone')).refresh_token, ...SHOP }),
  ],
]

const OF_TOKENS: typeof OF_CLIENTS = [
  ['the token is of a machine', async () => userInfo(await machineToken())],
  ['the token has no scope openid', async () => userInfo((await tokensOf('shop', 'email')).access_token)],
  [
    'the client or the grant of the token has ended or changed',
    async () => {
      const { access_token } = await tokensOf()
      await logout(cookie)
      return userInfo(access_token)
    },
  ],
  ['no such app', () => call('sessions', 'DELETE /apps/{id}', { pathParameters: { id: 'shop' } })],
  [
    'no such session',
    () => {
      const id = sessionIdOf(cookie).replace(/.{4}$/, 'AAAA')
      return call('sessions', 'DELETE /sessions/{id}', { pathParameters: { id } })
    },
  ],
]

test.each([...OF_CLIENTS, ...OF_CODES, ...OF_GRANTS, ...OF_TOKENS])(
  'the log says: %s',
  async (reason, request) => {
    await request()
    expect(records.at(-1)).toMatchObject({ reason })
  },
)
