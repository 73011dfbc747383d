import { decodeJwt } from 'jose'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { ServiceError } from '../../lib/errors.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import type { Client } from '../../lib/oauth/clients/client.ts'
import { findClient } from '../../lib/oauth/clients/store.ts'
import { readParameters } from '../../lib/oauth/parameters.ts'
import { revokeToken } from '../../lib/oauth/token/revoke.ts'
import { addApi, addClient, CALLBACK, type Changes, credentialsOf, SECRET } from '../../test/oauth/clients.ts'
import {
  userInfo as askUserInfo,
  codeFor,
  exchange,
  refreshGrant,
  sendForm,
} from '../../test/oauth/requests.ts'
import {
  begin,
  eventOf,
  later,
  now,
  records,
  refresh as refreshSession,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAt } from '../../test/support/users/users.ts'

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addApi(table)
  const scopes = ['openid', 'profile', 'offline_access', 'https://orders.example orders.read']
  await addClient(table, { scopes })
  await addClient(table, { id: 'other', scopes })
  await addClient(table, { id: 'phone', type: 'native', redirectUris: [CALLBACK], scopes })
  await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes: scopes.slice(3) })
  await addClient(table, { id: 'closed', disabled: true })
})

/** @param client - Empty for a request without a client, but for that of `more`. */
const revoke = (token: Changes[string], client = 'shop', more: Changes = {}) =>
  sendForm('POST /oauth2/revoke', { token, ...(client && credentialsOf(client)), ...more })
const refresh = async (refresh_token: string, client = 'shop') =>
  (await refreshGrant(refresh_token, credentialsOf(client))).statusCode
const userInfo = async (token: string) => (await askUserInfo(token)).statusCode

/** Signs in at a client. */
const tokensOf = async (client = 'shop', scope = 'openid') =>
  (await exchange(await codeFor(cookie, { client_id: client, scope }), credentialsOf(client))).body
const machineToken = async () =>
  (await sendForm('token', { grant_type: 'client_credentials', ...credentialsOf('robot') })).body.access_token

const ended = async () => {
  const { events } = await eventsOfUser(table, (await stored()).id, { limit: 100 })
  return events.filter(({ type }) => type === 'grant.ended')
}

const DONE = expect.objectContaining({ statusCode: 200, body: {} })

test.each(['refresh_token', 'access_token'])('a %s ends its grant, with an event', async (kind) => {
  const [one, another] = [await tokensOf(), await tokensOf()]
  expect(await revoke(one[kind])).toEqual(DONE)
  expect([await refresh(one.refresh_token), await userInfo(one.access_token)]).toEqual([400, 401])
  // Another grant of the same client, and the session, stay.
  expect([await refresh(another.refresh_token), await userInfo(another.access_token)]).toEqual([200, 200])
  expect((await refreshSession(cookie)).statusCode).toBe(200)
  expect(await ended()).toMatchObject([
    { detail: 'revoked', actor: 'client', actorId: 'shop', ref: 'shop', via: 'POST /oauth2/revoke' },
  ])
  expect(JSON.stringify(records)).not.toContain(one[kind])
})

test('a second revocation changes nothing, and leaves no event', async () => {
  const { refresh_token, access_token } = await tokensOf()
  for (const token of [refresh_token, refresh_token, access_token]) expect(await revoke(token)).toEqual(DONE)
  expect(await ended()).toHaveLength(1)
})

test('two revocations at once leave one event', async () => {
  const { refresh_token, access_token } = await tokensOf()
  const responses = await Promise.all(
    [refresh_token, access_token, refresh_token].map((token) => revoke(token)),
  )
  expect(responses).toEqual([DONE, DONE, DONE])
  expect(await ended()).toHaveLength(1)
})

test('a grant with offline_access ends, and one for an API by its access token', async () => {
  const offline = await tokensOf('shop', 'openid offline_access')
  const ofApi = await tokensOf('shop', 'orders.read')
  await revoke(offline.refresh_token)
  await revoke(ofApi.access_token)
  expect(await Promise.all([offline, ofApi].map((one) => refresh(one.refresh_token)))).toEqual([400, 400])
})

test('a token that a public client has replaced ends its grant, without an alarm', async () => {
  const { refresh_token: first } = await tokensOf('phone')
  vi.setSystemTime(later(20))
  const { body } = await refreshGrant(first, credentialsOf('phone'))
  vi.setSystemTime(later(100))
  expect(await revoke(first, 'phone')).toEqual(DONE)
  expect(await refresh(body.refresh_token, 'phone')).toBe(400)
  expect(records.filter((record) => Object(record).event === 'grant.reuse')).toEqual([])
})

test('a rotation at the same time does not revive the grant', async () => {
  const { refresh_token } = await tokensOf('phone')
  vi.setSystemTime(later(20))
  const [rotated, revoked] = await Promise.all([
    refreshGrant(refresh_token, credentialsOf('phone')),
    revoke(refresh_token, 'phone'),
  ])
  expect(revoked).toEqual(DONE)
  expect(await refresh(rotated.body.refresh_token ?? refresh_token, 'phone')).toBe(400)
})

describe('nothing ends by', () => {
  type Tokens = Awaited<ReturnType<typeof tokensOf>>
  const rows: [
    what: string,
    run: (tokens: Tokens) => ReturnType<typeof revoke>,
    error: string | undefined,
  ][] = [
    ['another client', ({ refresh_token }) => revoke(refresh_token, 'other'), 'invalid_grant'],
    ['a public client', ({ refresh_token }) => revoke(refresh_token, 'phone'), 'invalid_grant'],
    ['a machine', ({ refresh_token }) => revoke(refresh_token, 'robot'), 'invalid_grant'],
    [
      'another client, with the access token',
      ({ access_token }) => revoke(access_token, 'other'),
      'invalid_grant',
    ],
    [
      'a client without its secret',
      ({ refresh_token }) => revoke(refresh_token, '', { client_id: 'shop' }),
      'invalid_client',
    ],
    [
      'a client with a wrong secret',
      ({ refresh_token }) => revoke(refresh_token, 'shop', { client_secret: 'x' }),
      'invalid_client',
    ],
    [
      'a disabled client',
      ({ refresh_token }) => revoke(refresh_token, '', { client_id: 'closed', client_secret: SECRET }),
      'invalid_client',
    ],
    ['no client', ({ refresh_token }) => revoke(refresh_token, ''), 'invalid_client'],
    ['no token', () => revoke(undefined), 'invalid_request'],
    ['an empty token', () => revoke(''), 'invalid_request'],
    ['a token twice', ({ refresh_token }) => revoke([refresh_token, refresh_token]), 'invalid_request'],
    [
      'a hint twice',
      ({ refresh_token }) => revoke(refresh_token, 'shop', { token_type_hint: ['a', 'a'] }),
      'invalid_request',
    ],
    [
      'more than 4 KiB',
      ({ refresh_token }) => revoke(refresh_token, 'shop', { padding: 'a'.repeat(4_096) }),
      'invalid_request',
    ],
    [
      'JSON',
      ({ refresh_token }) =>
        sendForm(
          'POST /oauth2/revoke',
          { token: refresh_token, ...credentialsOf('shop') },
          { 'Content-Type': 'application/json' },
        ),
      'invalid_request',
    ],
    [
      'both ways of authentication',
      ({ refresh_token }) =>
        sendForm(
          'POST /oauth2/revoke',
          { token: refresh_token, ...credentialsOf('shop') },
          { Authorization: 'Basic c2hvcDp4' },
        ),
      'invalid_request',
    ],
    ['an unknown token', () => revoke('unknown'), undefined],
    ['the id_token', ({ id_token }) => revoke(id_token), undefined],
    [
      'a forged access token',
      ({ access_token }) => revoke(access_token.replace(/.{5}$/, 'AAAAA')),
      undefined,
    ],
    [
      'a refresh token with another selector',
      ({ refresh_token }) =>
        revoke(refresh_token.replace(/(?<=\.[0-9a-f]{8})./, (one: string) => (one === 'A' ? 'B' : 'A'))),
      undefined,
    ],
    ['the token of a session', () => revoke(cookie), undefined],
    [
      'the access token of the application',
      async () => revoke(String((await eventOf('userinfo')).headers.Authorization).slice(7)),
      'invalid_grant',
    ],
    [
      'an access token that has expired',
      ({ access_token }) => {
        vi.setSystemTime(later(900))
        return revoke(access_token)
      },
      undefined,
    ],
    ['the token of a machine', async () => revoke(await machineToken(), 'robot'), 'unsupported_token_type'],
    ['the token of a machine, by another client', async () => revoke(await machineToken()), 'invalid_grant'],
  ]
  afterAll(() => console.log(`${rows.length} revocations that end nothing`))

  test.each(rows)('%s', async (_what, run, error) => {
    const tokens = await tokensOf()
    const { statusCode, body } = await run(tokens)
    expect([statusCode, body.error]).toEqual([
      error === undefined ? 200 : error === 'invalid_client' ? 401 : 400,
      error,
    ])
    expect(await refresh(tokens.refresh_token)).toBe(200)
    expect(await ended()).toEqual([])
  })
})

test.each([undefined, '', 'access_token', 'refresh_token', 'unknown'])(
  'the hint %j changes nothing',
  async (token_type_hint) => {
    for (const kind of ['refresh_token', 'access_token']) {
      const tokens = await tokensOf()
      expect(await revoke(tokens[kind], 'shop', { token_type_hint })).toEqual(DONE)
      expect(await refresh(tokens.refresh_token)).toBe(400)
    }
  },
)

test('a machine reads why its token stays valid', async () => {
  const { body } = await revoke(await machineToken(), 'robot')
  expect(body.error_description).toBe('Tokens of machines are valid until they expire.')
})

test.each(['unavailable', undefined] as const)('an error with the code %s is no success', async (code) => {
  const error = code ? new ServiceError(code, 'a reason') : new Error('a reason')
  const client = await findClient(table, 'shop')
  const { access_token } = await tokensOf()
  const config = { PUBLISHED_KEYS: [], TOKEN_ISSUER: 'https://issuer.example' }
  const revoked = revokeToken(
    { ...testAt(table, now), config },
    client as Client,
    readParameters(`token=${access_token}`),
    () => Promise.reject(error),
  )
  await expect(revoked).rejects.toBe(error)
})

test('an access token names the grant that ends', async () => {
  const [one, another] = [await tokensOf(), await tokensOf()]
  expect(decodeJwt(one.access_token).gid).not.toBe(decodeJwt(another.access_token).gid)
  await revoke(another.access_token)
  expect([await refresh(one.refresh_token), await refresh(another.refresh_token)]).toEqual([200, 400])
})
