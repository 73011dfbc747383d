import { decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { eventsOfUser } from '../../lib/events/store.ts'
import type { Api } from '../../lib/oauth/apis/api.ts'
import { changeApi, findApis, removeApi } from '../../lib/oauth/apis/store.ts'
import { hashSecret } from '../../lib/oauth/clients/secret.ts'
import { type ClientWithSecrets, changeClient, findClientWithSecrets } from '../../lib/oauth/clients/store.ts'
import { secondOf } from '../../lib/time.ts'
import {
  addApi,
  addClient,
  basic,
  CALLBACK,
  type Changes,
  FORM,
  formOf,
  SECRET,
  VERIFIER,
} from '../../test/oauth/clients.ts'
import {
  approve as approveBy,
  codeFor as codeBy,
  exchange as exchangeCode,
  refreshGrant,
  sendForm,
  userInfo,
} from '../../test/oauth/requests.ts'
import { withHeaders } from '../../test/support/http/cookies.ts'
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
  now,
  ok,
  problem,
  records,
  refresh as refreshSession,
  service,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { addTestUser, testAct } from '../../test/support/users/users.ts'

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
})

const SHOP = basic('shop')
const alarms = () => records.filter((record) => Object(record).event === 'code.reused')

const send = (form: Changes, headers: Record<string, string> = {}) => sendForm('token', form, headers)
const codeFor = (changes: Changes = {}, username = 'user') => codeBy(cookie, changes, username)
const exchange = (code: string, more: Changes = {}, headers: Record<string, string> = SHOP) =>
  exchangeCode(code, more, headers)
const refresh = (refresh_token: string, more: Changes = {}, headers: Record<string, string> = SHOP) =>
  refreshGrant(refresh_token, more, headers)

/** Returns the outcome in one word: `ok`, or the error. */
const outcome = async (response: ReturnType<typeof send>) => {
  const { statusCode, body } = await response
  if (statusCode === 200) return 'ok'
  expect(statusCode).toBe({ invalid_client: 401 }[String(body.error)] ?? 400)
  return body.error
}

const nativeClient = {
  id: 'phone',
  type: 'native',
  redirectUris: [CALLBACK],
} satisfies Parameters<typeof addClient>[1]
const phone = { client_id: 'phone' }

const JWT = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/)
const REFRESH_TOKEN = expect.stringMatching(/^[\w-]{22}\.[0-9a-f]{8}[\w-]{22}\.[0-9a-f]{8}\.[\w-]{43}$/)

describe('a code', () => {
  test('is exchanged for an access token, an id_token and a refresh token', async () => {
    await addClient(table)
    const user = await stored()
    vi.setSystemTime(later(5))
    const code = await codeFor({ scope: 'openid profile' })
    vi.setSystemTime(later(10))
    const response = await exchange(code, { redirect_uri: CALLBACK })
    expect(response).toEqual(
      ok({
        access_token: JWT,
        token_type: 'Bearer',
        expires_in: 900,
        scope: 'openid profile',
        id_token: JWT,
        refresh_token: REFRESH_TOKEN,
      }),
    )
    const { access_token, id_token } = response.body
    const common = {
      iss: 'https://issuer.example',
      sub: user.id,
      iat: secondOf(now) + 10,
      exp: secondOf(now) + 910,
      sid: sessionIdOf(cookie),
      auth_time: secondOf(now),
      amr: ['pwd'],
      acr: 'aal1',
    }
    const kid = expect.stringMatching(/^[\w-]{43}$/)
    expect(decodeProtectedHeader(access_token)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid })
    expect(decodeJwt(access_token)).toEqual({
      ...common,
      aud: 'https://issuer.example',
      client_id: 'shop',
      scope: 'openid profile',
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      gid: expect.stringMatching(/^[0-9a-f]{8}[\w-]{22}$/),
      gen: user.generation,
    })
    expect(decodeProtectedHeader(id_token)).toEqual({ alg: 'RS256', typ: 'JWT', kid })
    expect(decodeJwt(id_token)).toEqual({ ...common, aud: 'shop', nonce: 'a-nonce' })
    const { events } = await eventsOfUser(table, user.id, { limit: 10 })
    expect(events.filter(({ type }) => type === 'grant.created')).toMatchObject([
      { actor: 'client', actorId: 'shop', ref: 'shop', session: sessionIdOf(cookie) },
    ])
    expect(JSON.stringify(records)).not.toContain(code)
  })

  test('without openid gives no id_token, and with an API its audience and the claims of the scopes', async () => {
    await addApi(table)
    await addClient(table, {
      firstParty: true,
      tokenTtlSeconds: 60,
      scopes: ['openid', 'profile', 'https://orders.example orders.read'],
    })
    const { body: machineLike } = await exchange(await codeFor({ scope: 'orders.read', nonce: undefined }))
    expect(Object.keys(machineLike)).not.toContain('id_token')
    expect([machineLike.expires_in, decodeJwt(machineLike.access_token)]).toEqual([
      60,
      expect.objectContaining({ aud: 'https://orders.example', username: 'user', role: 'user' }),
    ])
    const scope = 'openid profile orders.read'
    const { body } = await exchange(await codeFor({ scope, nonce: undefined }))
    expect(decodeJwt(body.id_token)).toMatchObject({ aud: 'shop', preferred_username: 'user' })
    expect(decodeJwt(body.id_token)).not.toHaveProperty('nonce')
  })

  test('of a public client needs no secret', async () => {
    await addClient(table, nativeClient)
    const { statusCode, body } = await exchange(await codeFor(phone), phone, {})
    expect([statusCode, Object.keys(body)]).toEqual([
      200,
      ['access_token', 'token_type', 'expires_in', 'scope', 'id_token', 'refresh_token'],
    ])
    expect(decodeJwt(body.access_token)).not.toHaveProperty('username')
  })

  test.each<[string, Changes, Record<string, string>, string]>([
    ['no code', { code: undefined }, SHOP, 'invalid_request'],
    ['an unknown code', { code: 'a'.repeat(43) }, SHOP, 'invalid_grant'],
    ['a code of another form', { code: 'a'.repeat(3_000) }, SHOP, 'invalid_grant'],
    ['no verifier', { code_verifier: undefined }, SHOP, 'invalid_grant'],
    ['an empty verifier', { code_verifier: '' }, SHOP, 'invalid_grant'],
    [
      'the challenge for a verifier',
      { code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' },
      SHOP,
      'invalid_grant',
    ],
    ['another verifier', { code_verifier: VERIFIER.replace('d', 'e') }, SHOP, 'invalid_grant'],
    ['another redirect_uri', { redirect_uri: 'https://shop.example/callback' }, SHOP, 'invalid_grant'],
    ['another resource', { resource: 'https://orders.example' }, SHOP, 'invalid_target'],
    ['a code of another client', {}, basic('other'), 'invalid_grant'],
    ['the id of another public client', { client_id: 'phone' }, {}, 'invalid_grant'],
  ])('is refused with %s, and is valid afterwards', async (_what, changes, headers, error) => {
    await addClient(table)
    await addClient(table, { id: 'other' })
    await addClient(table, nativeClient)
    const code = await codeFor()
    expect(await outcome(exchange(code, changes, headers))).toBe(error)
    expect(await outcome(exchange(code))).toBe('ok')
  })

  test('stands a thousand wrong verifiers, and then takes the correct one', async () => {
    await addClient(table)
    const code = await codeFor()
    for (let count = 0; count < 1_000; count += 1) {
      const wrong = VERIFIER.replace(/.{4}$/, String(count).padStart(4, '0'))
      expect((await exchange(code, { code_verifier: wrong })).statusCode).toBe(400)
    }
    expect(await outcome(exchange(code))).toBe('ok')
  })

  test('is valid for a minute', async () => {
    await addClient(table)
    const [first, second] = [await codeFor(), await codeFor()]
    vi.setSystemTime(later(59))
    expect(await outcome(exchange(first))).toBe('ok')
    vi.setSystemTime(later(60))
    expect(await outcome(exchange(second))).toBe('invalid_grant')
  })

  test('that is used again with full proof ends its grant, and raises the alarm once', async () => {
    await addClient(table)
    const code = await codeFor()
    const { body } = await exchange(code)
    vi.setSystemTime(later(3_600 - 1))
    expect(await outcome(exchange(code))).toBe('invalid_grant')
    expect(alarms()).toEqual([
      {
        event: 'code.reused',
        userId: (await stored()).id,
        clientId: 'shop',
        grantId: decodeJwt(body.access_token).gid,
      },
    ])
    expect(await outcome(refresh(body.refresh_token))).toBe('invalid_grant')
    expect(await outcome(exchange(code))).toBe('invalid_grant')
    expect(alarms()).toHaveLength(1)
    const { events } = await eventsOfUser(table, (await stored()).id, { limit: 10 })
    expect(events.filter(({ type }) => type === 'grant.ended')).toMatchObject([{ detail: 'code-reused' }])
  })

  test.each<[string, Changes, Record<string, string>]>([
    ['without a verifier', { code_verifier: undefined }, SHOP],
    ['with another verifier', { code_verifier: 'a'.repeat(43) }, SHOP],
    ['by another client', {}, basic('other')],
    ['without the secret', { client_id: 'shop' }, {}],
    ['with another redirect_uri', { redirect_uri: 'https://evil.example' }, SHOP],
  ])('that is used again %s ends nothing', async (_what, changes, headers) => {
    await addClient(table)
    await addClient(table, { id: 'other' })
    const code = await codeFor()
    const { body } = await exchange(code)
    expect(await outcome(exchange(code, changes, headers))).not.toBe('ok')
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
  })

  test('that two requests use at once gives one of them a grant, and ends nothing', async () => {
    await addClient(table)
    const code = await codeFor()
    const responses = await Promise.all([exchange(code), exchange(code)])
    const given = responses.filter(({ statusCode }) => statusCode === 200)
    expect(given).toHaveLength(1)
    expect(await outcome(refresh(given[0]?.body.refresh_token))).toBe('ok')
    expect(alarms()).toEqual([])
  })

  test.each<[string, number, string, string]>([
    ['from the same address in the grace period', 9, '203.0.113.7', 'ok'],
    ['from the same address after it', 10, '203.0.113.7', 'invalid_grant'],
    ['from another address at once', 0, '203.0.113.8', 'invalid_grant'],
  ])('that is exchanged again %s: its grant afterwards', async (_what, seconds, sourceIp, expected) => {
    await addClient(table)
    const code = await codeFor()
    const { body } = await exchange(code)
    vi.setSystemTime(later(seconds))
    const { requestContext } = await eventOf('token')
    const again = await call('token', 'token', {
      ...withHeaders({ ...FORM, ...SHOP }),
      requestContext: { ...requestContext, identity: { ...requestContext.identity, sourceIp } },
      body: formOf({ grant_type: 'authorization_code', code, code_verifier: VERIFIER }),
    })
    expect(again.body.error).toBe('invalid_grant')
    expect(await outcome(refresh(body.refresh_token))).toBe(expected)
    expect(alarms()).toHaveLength(expected === 'ok' ? 0 : 1)
  })
})

describe('a refresh', () => {
  test('of a web client returns the same refresh token, and fewer scopes if asked', async () => {
    await addClient(table)
    const { body: first } = await exchange(await codeFor({ scope: 'openid profile' }))
    vi.setSystemTime(later(100))
    const { body } = await refresh(first.refresh_token, { scope: 'openid' })
    expect(body).toEqual({
      access_token: JWT,
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'openid',
      refresh_token: first.refresh_token,
    })
    expect(decodeJwt(body.access_token)).toMatchObject({
      scope: 'openid',
      auth_time: secondOf(now),
      gid: decodeJwt(first.access_token).gid,
    })
    expect((await refresh(first.refresh_token)).body.scope).toBe('openid profile')
  })

  test.each(['openid email', 'email openid openid orders.read'])(
    'gets what is allowed of %j',
    async (scope) => {
      await addClient(table)
      const { body } = await exchange(await codeFor())
      const { statusCode, body: next } = await refresh(body.refresh_token, { scope })
      expect({ statusCode, scope: next.scope }).toEqual({ statusCode: 200, scope: 'openid' })
      expect(decodeJwt(next.access_token).scope).toBe('openid')
    },
  )

  test.each<[string, Changes, string]>([
    ['no scope of the grant', { scope: 'email orders.read' }, 'invalid_scope'],
    ['a scope of spaces', { scope: ' ' }, 'invalid_scope'],
    ['another resource', { resource: 'https://orders.example' }, 'invalid_target'],
    ['no refresh token', { refresh_token: undefined }, 'invalid_request'],
    ['a refresh token of another form', { refresh_token: 'a.b.c' }, 'invalid_grant'],
  ])('with %s is refused', async (_what, changes, error) => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    expect(await outcome(refresh(body.refresh_token, changes))).toBe(error)
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
  })

  test('with another secret ends no grant of a web client', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    const guessed = body.refresh_token.replace(/[^.]+$/, 'a'.repeat(43))
    expect(await outcome(refresh(guessed))).toBe('invalid_grant')
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
  })

  test('with the token of another sign-in ends no grant of a public client', async () => {
    await addClient(table, nativeClient)
    const { body } = await exchange(await codeFor(phone), phone, {})
    const other = body.refresh_token.replace(/[0-9a-f]{8}(?=\.[^.]+$)/, '00000000')
    expect(await outcome(refresh(other, phone, {}))).toBe('invalid_grant')
    expect(await outcome(refresh(body.refresh_token, phone, {}))).toBe('ok')
  })

  test('takes the API of its grant in another spelling, and no other', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['https://orders.example orders.read'] })
    const resource = 'https://ORDERS.example/'
    const { body } = await exchange(await codeFor({ scope: 'orders.read' }), { resource })
    const refreshFor = (resource: string) => outcome(refresh(body.refresh_token, { resource }))
    expect(await refreshFor(resource)).toBe('ok')
    for (const other of ['https://parcels.example', 'orders']) {
      expect(await refreshFor(other)).toBe('invalid_target')
    }
    const { body: refused } = await refresh(body.refresh_token, { resource: 'https://parcels.example' })
    expect(refused.error_description).toBe('resource is not the API that the user allowed.')
    const { body: without } = await refresh(body.refresh_token, { scope: 'openid' })
    expect(without.error_description).toBe('scope must have one that user and operator allow.')
  })

  test('by another client ends nothing', async () => {
    await addClient(table)
    await addClient(table, { id: 'other' })
    await addClient(table, nativeClient)
    const { body } = await exchange(await codeFor(phone), phone, {})
    const next = (await refresh(body.refresh_token, phone, {})).body.refresh_token
    vi.setSystemTime(later(11))
    expect(await outcome(refresh(body.refresh_token, {}, basic('other')))).toBe('invalid_grant')
    expect(await outcome(refresh(next, phone, {}))).toBe('ok')
  })

  test('of a public client rotates, and detects the reuse of a replaced token', async () => {
    await addClient(table, nativeClient)
    const { body: first } = await exchange(await codeFor(phone), phone, {})
    const again = async (token: string) => (await refresh(token, phone, {})).body
    vi.setSystemTime(later(20))
    const second = await again(first.refresh_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    // A lost response: the same next token. It prolongs nothing.
    vi.setSystemTime(later(29))
    expect((await again(first.refresh_token)).refresh_token).toBe(second.refresh_token)
    expect((await again(second.refresh_token)).refresh_token).toBe(second.refresh_token)
    vi.setSystemTime(later(31))
    const third = await again(second.refresh_token)
    expect((await again(first.refresh_token)).error).toBe('invalid_grant')
    expect(records).toContainEqual({
      event: 'grant.reuse',
      userId: (await stored()).id,
      clientId: 'phone',
      grantId: decodeJwt(first.access_token).gid,
    })
    expect((await again(third.refresh_token)).error).toBe('invalid_grant')
    const { events } = await eventsOfUser(table, (await stored()).id, { limit: 10 })
    expect(events.filter(({ type }) => type === 'grant.ended')).toMatchObject([{ detail: 'token-reused' }])
  })

  test('of a public client at the same time as another gets the same next token', async () => {
    await addClient(table, nativeClient)
    const { body: first } = await exchange(await codeFor(phone), phone, {})
    vi.setSystemTime(later(20))
    const both = await Promise.all([1, 2].map(() => refresh(first.refresh_token, phone, {})))
    const [one, other] = both.map(({ body }) => body.refresh_token)
    expect(one).toMatch(/^[\w-]{22}\./)
    expect(one).toBe(other)
  })

  test('of a grant with offline_access works until 30 days after its last use', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor({ scope: 'offline_access' }))
    const DAY = 86_400
    vi.setSystemTime(later(29 * DAY))
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
    vi.setSystemTime(later(59 * DAY - 1))
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
    vi.setSystemTime(later(89 * DAY - 1))
    expect(await outcome(refresh(body.refresh_token))).toBe('invalid_grant')
  })

  test('does not prolong the session', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    vi.setSystemTime(later(3_599))
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
    vi.setSystemTime(later(3_600))
    expect(await outcome(refresh(body.refresh_token))).toBe('invalid_grant')
  })
})

describe('a scope that the operator took away', () => {
  const ORDERS = ['orders.read', 'orders.write'].map((name) => `https://orders.example ${name}`)
  const change = async (scopes: string[]) =>
    changeClient(
      table,
      (await findClientWithSecrets(table, 'shop')) as ClientWithSecrets,
      { changes: { scopes } },
      testAct(),
    )
  const left = (names: string[]) => async () => void expect(await change(names)).toBe('done')
  const ofApi = (names: string[]) => async () => {
    const [api] = (await findApis(table, ['https://orders.example'])) as [Api]
    const scopes = api.scopes.filter(({ name }) => names.includes(name))
    const changed =
      names.length === 0 ? removeApi(table, api, testAct()) : changeApi(table, api, { scopes }, testAct())
    expect(await changed).toBe('done')
  }
  const all = 'openid profile orders.read orders.write'

  test.each<[string, string, () => Promise<void>, string]>([
    ['from the client', 'openid profile email', left(['openid', 'email']), 'openid email'],
    ['from the client, the only one', 'profile', left(['openid']), 'invalid_grant'],
    [
      'from the client, of an API',
      all,
      left(['openid', 'profile', String(ORDERS[1])]),
      'openid profile orders.write',
    ],
    ['from the client, all of an API', all, left(['openid', 'profile']), 'invalid_grant'],
    ['from the API', all, ofApi(['orders.read']), 'openid profile orders.read'],
    ['with the API', all, ofApi([]), 'invalid_grant'],
  ])('%s, of %s, is in no token from the next refresh on', async (what, scope, takeAway, expected) => {
    await addApi(table)
    const scopes = ['openid', 'profile', 'email', 'offline_access', ...ORDERS]
    await addClient(table, { scopes })
    const { body: first } = await exchange(await codeFor({ scope }))
    expect((await refresh(first.refresh_token)).body.scope).toBe(scope)
    await takeAway()
    const { body } = await refresh(first.refresh_token)
    expect(body.scope ?? body.error).toBe(expected)
    // As libraries do, which name the scopes of the sign-in.
    const { body: named } = await refresh(first.refresh_token, { scope })
    expect(named.scope ?? named.error).toBe(expected)
    if (body.access_token) expect(decodeJwt(body.access_token).scope).toBe(expected)
    const [lost = ''] = scope.split(' ').filter((name) => !expected.includes(name))
    const error = body.access_token ? 'invalid_scope' : 'invalid_grant'
    expect(await outcome(refresh(first.refresh_token, { scope: lost }))).toBe(error)
    // It ends nothing: the operator may give the scope back.
    await change(scopes)
    if (!what.endsWith('the API')) expect((await refresh(first.refresh_token)).body.scope).toBe(scope)
  })

  test('binds a grant to its session again, if it was offline_access', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor({ scope: 'openid offline_access' }))
    await change(['openid'])
    expect((await refresh(body.refresh_token)).body.scope).toBe('openid')
    await logout(cookie)
    expect(await outcome(refresh(body.refresh_token))).toBe('invalid_grant')
    await change(['openid', 'offline_access'])
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
  })
})

describe('/userinfo', () => {
  const rejected = problem(
    401,
    'Unauthorized',
    'Could not validate credentials.',
    {},
    { 'WWW-Authenticate': 'Bearer realm="userinfo", error="invalid_token"' },
  )

  test.each<[string, object]>([
    ['openid', {}],
    ['openid profile', { preferred_username: 'ada' }],
    ['openid email', { email: 'ada@example.org', email_verified: true }],
    ['openid profile email', { preferred_username: 'ada', email: 'ada@example.org', email_verified: true }],
  ])('returns what %s allows', async (scope, claims) => {
    await addClient(table)
    const { id } = await addTestUser(
      table,
      { username: 'ada', email: 'ada@example.org', emailVerified: true },
      now,
    )
    cookie = await begin('ada')
    const { body } = await exchange(await codeFor({ scope }, 'ada'))
    expect(await userInfo(body.access_token)).toEqual(ok({ sub: id, ...claims }))
  })

  test('refuses a token without the scope openid', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor({ scope: 'profile' }))
    const challenge = 'Bearer realm="userinfo", error="insufficient_scope", scope="openid"'
    expect(await userInfo(body.access_token)).toEqual(
      problem(
        403,
        'Forbidden',
        'You do not have permission to access this resource.',
        {},
        { 'WWW-Authenticate': challenge },
      ),
    )
  })

  test('takes the token for an API, until its grant ends', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['openid', 'profile', 'https://orders.example orders.read'] })
    const code = await codeFor({ scope: 'openid profile orders.read' })
    const { body } = await exchange(code)
    expect(decodeJwt(body.access_token)).toMatchObject({ aud: 'https://orders.example' })
    expect((await userInfo(body.access_token)).statusCode).toBe(200)
    vi.setSystemTime(later(10))
    await exchange(code)
    expect(await userInfo(body.access_token)).toEqual(rejected)
  })

  test('refuses a token that is still valid when the time of its grant is over', async () => {
    await addClient(table, { scopes: ['openid', 'offline_access'], grantTtlSeconds: 60 })
    const { body } = await exchange(await codeFor({ scope: 'openid offline_access' }))
    vi.setSystemTime(later(59))
    expect((await userInfo(body.access_token)).statusCode).toBe(200)
    vi.setSystemTime(later(60))
    expect(await userInfo(body.access_token)).toEqual(rejected)
  })

  test('refuses the token of an app when OAuth is off', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    const { userinfo } = service.functions
    const environment = { ...userinfo?.environment, OAUTH: 'off' }
    const functions = { ...service.functions, userinfo: { ...userinfo, environment } }
    const handler = await loadHandler({ ...service, functions } as typeof service, 'userinfo', aws)
    const event = await eventOf('userinfo', withHeaders({ Authorization: `Bearer ${body.access_token}` }))
    expect(parsed(await handler(event, context))).toEqual(rejected)
    expect(records.at(-1)).toMatchObject({ reason: 'token rejected: OAuth is off' })
  })

  test('refuses the token for an API without the scope openid', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['openid', 'https://orders.example orders.read'] })
    const { body } = await exchange(await codeFor({ scope: 'orders.read' }))
    expect((await userInfo(body.access_token)).statusCode).toBe(403)
  })

  test('refuses refresh tokens, id_tokens and expired ones', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['openid', 'https://orders.example orders.read'] })
    const { body } = await exchange(await codeFor({ scope: 'openid orders.read' }))
    for (const token of [body.id_token, body.refresh_token]) {
      expect(await userInfo(token)).toEqual(rejected)
    }
    const { body: own } = await exchange(await codeFor())
    vi.setSystemTime(later(899))
    expect((await userInfo(own.access_token)).statusCode).toBe(200)
    vi.setSystemTime(later(900))
    expect(await userInfo(own.access_token)).toEqual(rejected)
  })

  test('refuses a token of a grant that ended by reuse', async () => {
    await addClient(table)
    const code = await codeFor()
    const { body } = await exchange(code)
    expect((await userInfo(body.access_token)).statusCode).toBe(200)
    vi.setSystemTime(later(10))
    await exchange(code)
    expect(await userInfo(body.access_token)).toEqual(rejected)
  })
})

describe('an id_token_hint', () => {
  const approve = async (changes: Changes) => {
    const { body } = await approveBy(cookie, changes)
    return body.location === undefined
      ? body.next
      : (new URL(body.location).searchParams.get('error') ?? 'code')
  }

  test('of this user is accepted, also an expired one, and that of another user gives login_required', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    vi.setSystemTime(later(1_000))
    for (const prompt of ['', 'none']) {
      expect(await approve({ id_token_hint: body.id_token, prompt })).toBe('code')
    }
    cookie = await begin('admin')
    for (const prompt of ['', 'none']) {
      expect(await approve({ id_token_hint: body.id_token, prompt })).toBe('login_required')
    }
    // An access token is no id_token, and this service has not issued the changed one.
    const changed = body.id_token.replace(/.{5}$/, 'AAAAA')
    for (const id_token_hint of [body.access_token, changed, 'x']) {
      expect(await approve({ id_token_hint })).toBe('invalid_request')
    }
    const [header = '', ...rest] = body.id_token.split('.')
    const { alg, typ } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const ofOldKey = Buffer.from(JSON.stringify({ alg, typ, kid: 'old' })).toString('base64url')
    const id_token_hint = [ofOldKey, ...rest].join('.')
    expect(await approve({ id_token_hint })).toBe('screen')
    expect(await approve({ id_token_hint, prompt: 'none' })).toBe('login_required')
  })
})

describe('refresh tokens', () => {
  test('of a session and of a grant are invalid at the route of the other', async () => {
    await addClient(table)
    const { body } = await exchange(await codeFor())
    expect(await outcome(refresh(cookie))).toBe('invalid_grant')
    expect((await refreshSession(body.refresh_token)).statusCode).toBe(401)
    expect((await logout(body.refresh_token)).statusCode).toBe(204)
    expect(await outcome(refresh(body.refresh_token))).toBe('ok')
    expect((await refreshSession(cookie)).statusCode).toBe(200)
  })
})

describe('the client', () => {
  const tryAs = async (form: Changes, headers: Record<string, string>) => {
    await addClient(table, {
      secretHash: hashSecret(SECRET),
      earlierSecretHash: hashSecret('earlier'),
      earlierSecretEndsAt: secondOf(now) + 60,
    })
    await addClient(table, nativeClient)
    await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes: [] })
    await addClient(table, { id: 'closed', disabled: true })
    // An unknown code: a client that is authenticated gets invalid_grant.
    return outcome(send({ grant_type: 'authorization_code', code: 'x', ...form }, headers))
  }
  const secret = { client_id: 'shop', client_secret: SECRET }
  const basicOf = (scheme: string) => SHOP.Authorization.replace('Basic ', scheme)

  test.each<[string, Changes, Record<string, string>, string]>([
    ['by Basic', {}, SHOP, 'invalid_grant'],
    ['by Basic, also with its id in the form', { client_id: 'shop' }, SHOP, 'invalid_grant'],
    [
      'by Basic in the encoding of forms',
      {},
      basic('%73hop', SECRET.replaceAll('-', '%2D')),
      'invalid_grant',
    ],
    ['by the form', secret, {}, 'invalid_grant'],
    ['by its earlier secret', {}, basic('shop', 'earlier'), 'invalid_grant'],
    ['public, by its id', phone, {}, 'invalid_grant'],
    ['public, by Basic without a secret', {}, basic('phone', ''), 'invalid_client'],
    ['by both', secret, SHOP, 'invalid_request'],
    ['by Basic and the secret of the form', { client_secret: SECRET }, SHOP, 'invalid_request'],
    ['by Basic and the id of another', phone, SHOP, 'invalid_request'],
    ['not at all', {}, {}, 'invalid_client'],
    ['with a secret, by its id alone', { client_id: 'shop' }, {}, 'invalid_client'],
    ['with an empty secret', { client_id: 'shop', client_secret: '' }, {}, 'invalid_client'],
    ['with a wrong secret', {}, basic('shop', 'wrong'), 'invalid_client'],
    ['with the hash of its secret', {}, basic('shop', hashSecret(SECRET)), 'invalid_client'],
    ['public, with a secret', { client_id: 'phone', client_secret: 'x' }, {}, 'invalid_client'],
    ['unknown', {}, basic('unknown'), 'invalid_client'],
    ['of another form', {}, basic('../shop'), 'invalid_client'],
    ['disabled', {}, basic('closed'), 'invalid_client'],
    ['a machine', {}, basic('robot'), 'unauthorized_client'],
    ['by a bearer token', {}, { Authorization: 'Bearer abc' }, 'invalid_client'],
    ['by Basic without a colon', {}, { Authorization: 'Basic c2hvcA==' }, 'invalid_client'],
    ['by Basic with half an encoding', {}, basic('shop', `${SECRET}%2`), 'invalid_client'],
    ['by Basic that is not base64', {}, { Authorization: 'Basic shop:secret' }, 'invalid_client'],
    ['by Basic with two spaces', {}, { Authorization: basicOf('Basic  ') }, 'invalid_grant'],
    ['by Basic after another word', {}, { Authorization: basicOf('x Basic ') }, 'invalid_client'],
    ['by Basic before another word', {}, { Authorization: `${basicOf('Basic ')} x` }, 'invalid_client'],
    ['by Basic with a colon before its id', {}, basic(':shop'), 'invalid_client'],
    ['by Basic with a line after its secret', {}, basic('shop', `${SECRET}\nx`), 'invalid_client'],
  ])('%s', async (_what, form, headers, expected) => {
    expect(await tryAs(form, headers)).toBe(expected)
  })

  const INVALID = 'The code or the token is invalid, expired, was used before, or is of another client.'
  test.each<[string, Changes, Record<string, string>]>([
    [INVALID, {}, SHOP],
    ['The client is unknown, or its secret is wrong.', {}, {}],
    ['The secret stands in the header or in the form, not in both.', secret, SHOP],
    ['client_id is not the client of the header.', phone, SHOP],
    ['code is missing.', { code: undefined }, SHOP],
    ['Machine clients use client_credentials, and no others do.', {}, basic('robot')],
    [
      'grant_type must be one of authorization_code, refresh_token, client_credentials.',
      { grant_type: 'password' },
      SHOP,
    ],
  ])('reads of its error: %s', async (error_description, form, headers) => {
    await addClient(table)
    await addClient(table, { id: 'robot', type: 'machine', redirectUris: [], scopes: [] })
    const { body } = await send({ grant_type: 'authorization_code', code: 'x', ...form }, headers)
    expect(body.error_description).toBe(error_description)
  })

  test('cannot use its earlier secret after its end', async () => {
    vi.setSystemTime(later(60))
    await addClient(table, {
      earlierSecretHash: hashSecret('earlier'),
      earlierSecretEndsAt: secondOf(now) + 60,
    })
    expect(await outcome(exchange('x', {}, basic('shop', 'earlier')))).toBe('invalid_client')
  })
})

describe('the form', () => {
  const NAMES = ['grant_type', 'code', 'code_verifier', 'redirect_uri', 'client_id', 'scope', 'unknown']
  test.each(NAMES)('has %s once', async (name) => {
    await addClient(table)
    const code = await codeFor()
    expect(await outcome(exchange(code, { [name]: ['authorization_code', 'authorization_code'] }))).toBe(
      'invalid_request',
    )
  })

  test('has resource once', async () => {
    await addClient(table)
    expect(await outcome(exchange('x', { resource: ['a', 'a'] }))).toBe('invalid_target')
  })

  test.each<[string, Changes, string]>([
    ['no grant_type', { grant_type: undefined }, 'invalid_request'],
    ['an empty grant_type', { grant_type: '' }, 'invalid_request'],
    ['client credentials', { grant_type: 'client_credentials' }, 'unauthorized_client'],
    ['a password', { grant_type: 'password', username: 'user', password: 'user' }, 'unsupported_grant_type'],
    ['a name of every object', { grant_type: 'constructor' }, 'unsupported_grant_type'],
    ['more than 4 KiB', { padding: 'a'.repeat(4_096) }, 'invalid_request'],
  ])('with %s is refused', async (_what, changes, error) => {
    await addClient(table)
    expect(await outcome(exchange('x', changes))).toBe(error)
  })

  test.each(['application/json', 'text/plain', ''])('of content type %j is refused', async (type) => {
    await addClient(table)
    expect(await outcome(exchange(await codeFor(), {}, { ...SHOP, 'Content-Type': type }))).toBe(
      'invalid_request',
    )
  })

  test('is no query', async () => {
    await addClient(table)
    const body = JSON.stringify({ grant_type: 'authorization_code', code: await codeFor() })
    const response = await call('token', 'token', {
      ...withHeaders({ 'Content-Type': 'application/x-www-form-urlencoded', ...SHOP }),
      body,
    })
    expect(response.body).toEqual({ error: 'invalid_request', error_description: 'grant_type is missing.' })
  })
})
