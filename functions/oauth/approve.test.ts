import { beforeEach, describe, expect, test, vi } from 'vitest'
import { writeIf } from '../../lib/aws/dynamodb.ts'
import { eventsOfUser } from '../../lib/events/store.ts'
import { findCode } from '../../lib/oauth/codes/store.ts'
import { type App, appKey, findApp, revokeApp } from '../../lib/oauth/grants/app.ts'
import { findSession } from '../../lib/sessions/store.ts'
import { secondOf } from '../../lib/time.ts'
import { addApi, addClient, CALLBACK, type Changes, credentialsOf } from '../../test/oauth/clients.ts'
import { approve as approveBy, clickOf as click, codeFor, exchange } from '../../test/oauth/requests.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../../test/support/http/cookies.ts'
import {
  begin,
  call,
  invalid,
  later,
  login,
  mailEvents,
  now,
  ok,
  problem,
  records,
  refresh,
  sessionIdOf,
  stored,
  table,
  useRoutes,
} from '../../test/support/http/routes.ts'
import { testAct } from '../../test/support/users/users.ts'

useRoutes()

let cookie: string
beforeEach(async () => {
  cookie = await begin()
})

interface Sent {
  click?: { sub: string; scope: string }
  last?: string
  start?: number
  changed?: boolean
  cancel?: boolean
  headers?: Record<string, string>
}

const approve = (changes: Changes = {}, sent: Sent = {}) => approveBy(cookie, changes, sent)

/** Returns what a request leads to: the next step, or the parameters of the response. */
async function outcomeOf(changes: Changes = {}, sent: Sent = {}): Promise<Record<string, unknown>> {
  const { statusCode, body } = await approve(changes, sent)
  if (statusCode !== 200) return { status: statusCode, error: body.error }
  if (body.next !== 'client') return body
  expect(body.location.startsWith(`${CALLBACK}&`)).toBe(true)
  const { tenant, iss, state, ...rest } = Object.fromEntries(new URL(body.location).searchParams)
  expect([tenant, iss]).toEqual(['1', 'https://issuer.example'])
  return { next: 'client', state, sub: body.sub, ...rest }
}

const code = {
  next: 'client',
  state: 'a state',
  sub: expect.stringMatching(/^[\w-]{22}$/),
  code: expect.stringMatching(/^[\w-]{43}$/),
}
/** It names no user. */
const error = (name: string) => ({
  next: 'client',
  state: 'a state',
  error: name,
  error_description: expect.stringMatching(/^[A-Z_a-z][ !#-[\]-~]+$/),
})
const screen = expect.objectContaining({ next: 'screen' })
const signIn = (again: boolean, seconds = 0) => ({
  next: 'sign-in',
  again,
  start: secondOf(now) + seconds,
  client: { name: 'Shop' },
})

describe('POST /oauth2/approve', () => {
  test('names the app and its scopes in each language that an operator wrote', async () => {
    const sentences = { de: 'Ihre Bestellungen sehen' }
    await addApi(table, { scopes: [{ name: 'orders.read', sentence: 'See your orders', sentences }] })
    const scopes = ['openid', 'https://orders.example orders.read']
    await addClient(table, { scopes, names: ['de Laden', 'pt-BR A Loja'] })
    await stored()
    const { body } = await approve({ scope: 'openid orders.read' })
    expect(body.client).toEqual({
      id: 'shop',
      name: 'Shop',
      names: { de: 'Laden', 'pt-BR': 'A Loja' },
      place: 'shop.example',
    })
    expect(body.scopes).toEqual([
      { name: 'openid' },
      { name: 'orders.read', sentence: 'See your orders', sentences },
    ])
  })

  test('shows the screen first, and issues a code after the click on it', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['openid', 'https://orders.example orders.read'] })
    const user = await stored()
    const scope = 'openid orders.read'
    expect(await approve({ scope })).toEqual(
      ok({
        next: 'screen',
        user: { sub: user.id, username: 'user' },
        client: { id: 'shop', name: 'Shop', place: 'shop.example' },
        scopes: [{ name: 'openid' }, { name: 'orders.read', sentence: 'See your orders' }],
      }),
    )
    const { body } = await approve({ scope }, await click('orders.read openid'))
    expect(body).toEqual({ next: 'client', location: expect.any(String), sub: user.id })
    const [, text = ''] =
      /^https:\/\/shop\.example\/callback\?tenant=1&code=([\w-]{43})&state=a%20state&iss=https%3A%2F%2Fissuer\.example$/.exec(
        body.location,
      ) ?? []
    expect(await findCode(table, text)).toEqual({
      clientId: 'shop',
      clientGeneration: 7,
      redirectUri: CALLBACK,
      challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      nonce: 'a-nonce',
      scope,
      resource: 'https://orders.example',
      userId: user.id,
      sessionGeneration: user.sessionGeneration,
      appGeneration: (await findApp(table, user.id, 'shop'))?.generation,
      sessionId: sessionIdOf(cookie),
      authTime: secondOf(now),
      amr: 'pwd',
      createdAt: secondOf(now),
      expiresAt: secondOf(now) + 86_400,
    })
    const about = { userId: user.id, clientId: 'shop', sessionId: sessionIdOf(cookie) }
    expect(records).toEqual([
      { event: 'consent.given', ...about },
      { event: 'code.issued', ...about },
    ])
    const { events } = await eventsOfUser(table, user.id, { limit: 10 })
    expect(events.filter(({ type }) => type === 'consent.given')).toMatchObject([
      { actor: 'user', actorId: user.id, ref: 'shop', via: 'POST /oauth2/approve' },
    ])
  })

  test('does not rotate the refresh token, and does not show it', async () => {
    await addClient(table)
    const { session } = await findSession(table, (await stored()).id, sessionIdOf(cookie))
    const response = await approve({}, await click())
    expect(JSON.stringify(response)).not.toContain(cookie.split('.')[2])
    expect(await findSession(table, (await stored()).id, sessionIdOf(cookie))).toMatchObject({ session })
  })
})

describe('the cookie', () => {
  const refused = (detail: string) => problem(403, 'Forbidden', detail)
  const sameOrigin = refused('This request needs the header Sec-Fetch-Site: same-origin.')

  test.each(['same-site', 'cross-site', 'none', '', 'SAME-ORIGIN'])(
    'is not taken with Sec-Fetch-Site: %j',
    async (site) => {
      await addClient(table)
      expect(await approve({}, { headers: { 'Sec-Fetch-Site': site } })).toEqual(sameOrigin)
    },
  )

  test('is not taken with another content type', async () => {
    await addClient(table)
    const json = 'A request with the session cookie must have the Content-Type application/json.'
    expect(await approve({}, { headers: { 'Content-Type': 'text/plain' } })).toEqual(refused(json))
  })

  test('is the only proof of a session', async () => {
    await addClient(table)
    const { body } = await refresh(cookie)
    const bearer = { Cookie: '', Authorization: `Bearer ${body.authToken}` }
    expect(await outcomeOf({}, { headers: bearer })).toEqual(signIn(false))
    const inBody = { ...(await click()), refreshToken: body.refreshToken }
    expect(await approve({}, inBody)).toEqual(invalid('#', 'Unknown fields are not allowed.'))
  })

  test.each([
    ['no cookie', () => ''],
    ['two cookies', () => `__Host-refresh=${cookie}; __Host-refresh=${cookie}`],
    ['another name', () => `refresh=${cookie}`],
    ['a token that is none', () => '__Host-refresh=abc'],
  ])('with %s is no session', async (_what, header) => {
    await addClient(table)
    expect(await outcomeOf({}, { headers: { Cookie: header() } })).toEqual(signIn(false))
    expect(await outcomeOf({ prompt: 'none' }, { headers: { Cookie: header() } })).toEqual(
      error('login_required'),
    )
  })

  test('with the refresh token of a body is no session, also after a refresh', async () => {
    await addClient(table)
    const { body } = await login('user')
    cookie = body.refreshToken
    expect(await outcomeOf({}, await click())).toEqual(signIn(false))
    expect(await outcomeOf({ prompt: 'none' }, await click())).toEqual(error('login_required'))
    cookie = (await refresh(cookie)).body.refreshToken
    expect(await outcomeOf({}, await click())).toEqual(signIn(false))
  })

  test('whose token was replaced earlier is left to a refresh, which ends the session', async () => {
    await addClient(table)
    const { body } = await refresh(cookie)
    vi.setSystemTime(later(11))
    expect(await outcomeOf({}, await click())).toEqual({ next: 'refresh' })
    expect((await refresh(cookie)).statusCode).toBe(401)
    expect(records).toContainEqual(expect.objectContaining({ event: 'session.reuse' }))
    expect(await outcomeOf()).toEqual(signIn(false, 11))
    expect((await refresh(body.refreshToken)).statusCode).toBe(401)
  })

  test('of before another sign-in is repeated once, and is no session then', async () => {
    await addClient(table)
    const password = { username: 'user', password: 'user', session: 'cookie' }
    const renewed = await call('login', 'login', {
      ...withHeaders({ ...OWN_PAGE, ...cookieOf(cookie) }),
      body: JSON.stringify(password),
    })
    expect(renewed.statusCode).toBe(200)
    expect(await outcomeOf()).toEqual({ status: 409, error: 'session_changed' })
    expect(await outcomeOf({}, { changed: true })).toMatchObject({ next: 'sign-in', again: false })
    expect(await outcomeOf({ prompt: 'none' }, { changed: true })).toEqual(error('login_required'))
  })

  test('of a disabled user is no session', async () => {
    await addClient(table)
    const { id } = await stored()
    await writeIf(table, 'UpdateItem', {
      Key: { pk: { S: `user#${id}` }, sk: { S: 'profile' } },
      UpdateExpression: 'SET disabled = :true',
      ExpressionAttributeValues: { ':true': { BOOL: true } },
    })
    expect(await outcomeOf({}, await click())).toEqual(signIn(false))
  })
})

describe('a request that leads nowhere', () => {
  test.each<[string, Changes, string]>([
    ['no client_id', { client_id: undefined }, 'invalid_query'],
    ['client_id twice', { client_id: ['shop', 'shop'] }, 'invalid_query'],
    ['redirect_uri twice', { redirect_uri: [CALLBACK, CALLBACK] }, 'invalid_query'],
    ['no redirect_uri', { redirect_uri: undefined }, 'invalid_query'],
    ['over 4 KiB', { state: 'a'.repeat(4_096) }, 'invalid_query'],
    ['an unknown client', { client_id: 'other' }, 'unknown_client'],
    ['a client id of another form', { client_id: '../shop' }, 'unknown_client'],
    ['another redirect URI', { redirect_uri: 'https://evil.example' }, 'unknown_redirect_uri'],
    ['a script', { redirect_uri: 'javascript:alert(1)' }, 'unknown_redirect_uri'],
    ['a longer redirect URI', { redirect_uri: `${CALLBACK}&x=1` }, 'unknown_redirect_uri'],
  ])('with %s gets 400', async (_what, changes, name) => {
    await addClient(table)
    // Also if all else is invalid.
    for (const more of [{}, { response_type: 'token', prompt: 'none' }]) {
      const { statusCode, body } = await approve({ ...changes, ...more }, await click())
      expect([statusCode, body.error]).toEqual([400, name])
      expect(JSON.stringify(body)).not.toContain('evil')
    }
  })

  test('of a disabled client gets 400', async () => {
    await addClient(table, { disabled: true })
    expect(await outcomeOf({}, await click())).toEqual({ status: 400, error: 'unknown_client' })
  })
})

describe('an invalid request leads back', () => {
  test.each<[Changes, string]>([
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ scope: 'unknown' }, 'invalid_scope'],
    [{ resource: 'https://unknown.example' }, 'invalid_target'],
    [{ prompt: 'none consent' }, 'invalid_request'],
    [{ id_token_hint: 'a.b.c' }, 'invalid_request'],
  ])('with %j: %s', async (changes, name) => {
    await addClient(table)
    expect(await outcomeOf(changes, await click())).toEqual(error(name))
  })

  test('after its user has cancelled, also without a session', async () => {
    await addClient(table)
    expect(await outcomeOf({}, { cancel: true })).toEqual(error('access_denied'))
    expect(await outcomeOf({}, { cancel: true, headers: { Cookie: '' } })).toEqual(error('access_denied'))
  })

  test('without a state that is repeated', async () => {
    await addClient(table)
    expect(await outcomeOf({ state: ['a', 'b'] })).toEqual({ ...error('invalid_request'), state: undefined })
  })

  test('with a state as it was', async () => {
    await addClient(table)
    const state = `ä&code=x#'"<script>%41+ \n😀`
    expect(await outcomeOf({ state }, await click())).toEqual({ ...code, state })
  })
})

describe('the sign-in', () => {
  test.each<[string, Changes, number, object]>([
    ['prompt=login', { prompt: 'login' }, 10, signIn(true, 10)],
    ['a sign-in that is too old', { max_age: '9' }, 10, signIn(true, 10)],
    ['a sign-in that is young enough', { max_age: '10' }, 10, screen],
    ['max_age=0 after a second', { max_age: '0' }, 1, signIn(true, 1)],
    ['acr_values=aal2', { acr_values: 'aal2' }, 10, signIn(true, 10)],
    ['acr_values that the session meets', { acr_values: 'aal2 aal1' }, 10, screen],
    ['unknown acr_values', { acr_values: 'urn:gold' }, 10, screen],
    // The present sign-in does not count, also in the same second.
    ['max_age=0 in the same second', { max_age: '0' }, 0, signIn(true, 1)],
    ['prompt=login in the same second', { prompt: 'login' }, 0, signIn(true, 1)],
    ['max_age=0 in the same second', { max_age: '0' }, 0, signIn(true, 1)],
  ])('%s', async (_what, changes, seconds, expected) => {
    await addClient(table)
    vi.setSystemTime(later(seconds))
    expect(await outcomeOf(changes)).toEqual(expected)
  })

  test.each<Changes>([{ prompt: 'login' }, { max_age: '0' }, { acr_values: 'aal2' }])(
    'that the request asked for meets %j',
    async (changes) => {
      await addClient(table)
      vi.setSystemTime(later(10))
      const { start } = await outcomeOf(changes)
      cookie = await begin()
      vi.setSystemTime(later(20))
      expect(await outcomeOf(changes, { start: Number(start) })).toEqual(screen)
      expect(await outcomeOf(changes, { ...(await click()), start: Number(start) })).toEqual(code)
      // A sign-in before the start is not the one that was asked for, and it counts for ten minutes.
      expect(await outcomeOf(changes, { start: Number(start) + 1 })).toMatchObject({ next: 'sign-in' })
      vi.setSystemTime(later(10 + 600))
      expect(await outcomeOf(changes, { start: Number(start) })).toEqual(code)
      vi.setSystemTime(later(10 + 601))
      expect(await outcomeOf(changes, { start: Number(start) })).toMatchObject({ next: 'sign-in' })
    },
  )

  test.each<[Changes, boolean]>([
    [{}, false],
    [{ prompt: 'login' }, true],
    [{ max_age: '60' }, true],
    [{ acr_values: 'aal2' }, true],
  ])('of a user without a session, with %j, must be one of this tab: %j', async (changes, again) => {
    await addClient(table)
    cookie = ''
    expect(await outcomeOf(changes)).toEqual(signIn(again, 0))
  })

  test('with prompt=none cannot be asked for', async () => {
    await addClient(table, { firstParty: true })
    vi.setSystemTime(later(10))
    expect(await outcomeOf({ prompt: 'none', max_age: '9' })).toEqual(error('login_required'))
    expect(await outcomeOf({ prompt: 'none', max_age: '10', acr_values: 'aal2' })).toEqual(code)
  })
})

describe('an id_token_hint', () => {
  /** Returns an id_token of a user who has signed in at the app. */
  const hintOf = async (username: string): Promise<string> => {
    const code = await codeFor(await begin(username), {}, username)
    return (await exchange(code, credentialsOf('shop'))).body.id_token
  }
  const withHeader = (token: string, header: object) =>
    [Buffer.from(JSON.stringify(header)).toString('base64url'), ...token.split('.').slice(1)].join('.')

  test.each<[string, string, object | undefined, object, object]>([
    ['of this user is met', 'user', undefined, code, code],
    ['of another user is not', 'admin', undefined, error('login_required'), error('login_required')],
    [
      'of a key that is gone is ignored, unless the request is quiet',
      'admin',
      { alg: 'RS256', typ: 'JWT', kid: 'gone' },
      code,
      error('login_required'),
    ],
  ])('%s', async (_what, username, header, expected, quietly) => {
    await addClient(table)
    await codeFor(cookie)
    const hint = await hintOf(username)
    const id_token_hint = header ? withHeader(hint, header) : hint
    expect(await outcomeOf({ id_token_hint })).toEqual(expected)
    expect(await outcomeOf({ id_token_hint, prompt: 'none' })).toEqual(quietly)
  })
})

describe('the screen', () => {
  test('comes again if the click was for another user or other scopes', async () => {
    await addClient(table)
    expect(await outcomeOf({}, await click('openid', 'admin'))).toEqual(screen)
    expect(await outcomeOf({}, await click('openid profile'))).toEqual(screen)
    expect(await outcomeOf({ scope: 'openid profile' }, await click('openid'))).toEqual(screen)
    expect(await outcomeOf({ scope: 'openid profile' }, await click('profile openid'))).toEqual(code)
  })

  test('is omitted after a consent that covers the scopes, while the client has its generation', async () => {
    await addClient(table)
    expect(await outcomeOf({ scope: 'openid profile' }, await click('openid profile'))).toEqual(code)
    expect(await outcomeOf({ scope: 'profile' })).toEqual(code)
    expect(await outcomeOf({ scope: 'profile', prompt: 'none' })).toEqual(code)
    expect(await outcomeOf({ scope: 'profile email' })).toEqual(screen)
    expect(await outcomeOf({ scope: 'profile email', prompt: 'none' })).toEqual(error('consent_required'))
    await writeIf(table, 'UpdateItem', {
      Key: { pk: { S: 'client#shop' }, sk: { S: 'client' } },
      UpdateExpression: 'SET generation = :next',
      ExpressionAttributeValues: { ':next': { N: '8' } },
    })
    expect(await outcomeOf({ scope: 'profile' })).toEqual(screen)
  })

  test('is shown again for a scope of the same name of another API', async () => {
    await addApi(table)
    await addClient(table, { scopes: ['https://orders.example orders.read'] })
    const request = { scope: 'orders.read' }
    expect(await outcomeOf(request, await click('orders.read'))).toEqual(code)
    expect(await outcomeOf(request)).toEqual(code)
    const { id } = await stored()
    expect((await findApp(table, id, 'shop'))?.scopes).toEqual(['https://orders.example orders.read'])
    await writeIf(table, 'UpdateItem', {
      Key: appKey(id, 'shop'),
      UpdateExpression: 'SET scopes = :scopes',
      ExpressionAttributeValues: { ':scopes': { SS: ['https://bank.example orders.read'] } },
    })
    expect(await outcomeOf(request)).toEqual(screen)
  })

  test('counts the consent of the app as it is when the code is stored', async () => {
    await addClient(table)
    expect(await outcomeOf({}, await click())).toEqual(code)
    const { id } = await stored()
    // What a revocation of the app writes.
    await writeIf(table, 'UpdateItem', {
      Key: appKey(id, 'shop'),
      UpdateExpression: 'SET generation = :next REMOVE scopes',
      ExpressionAttributeValues: { ':next': { N: '99' } },
    })
    expect(await outcomeOf()).toEqual(screen)
    expect(await outcomeOf({}, await click())).toEqual(code)
    expect(await findApp(table, id, 'shop')).toMatchObject({ generation: 99, scopes: ['openid'] })
  })

  const none = { prompt: 'none' }
  test.each<[string, Parameters<typeof addClient>[1], Changes, Sent, object]>([
    ['a web client of the application: never', { firstParty: true }, {}, {}, code],
    ['the same, quietly', { firstParty: true }, none, {}, code],
    ['a web client without consent: always', {}, {}, {}, screen],
    ['the same, quietly', {}, none, {}, error('consent_required')],
    ['a browser client: always', { type: 'browser', firstParty: true }, {}, {}, screen],
    ['the same, quietly', { type: 'browser', firstParty: true }, none, {}, error('interaction_required')],
    ['a silent browser client: never', { type: 'browser', firstParty: true, silent: true }, {}, {}, code],
    [
      'a silent browser client at a loopback address: always',
      { type: 'browser', firstParty: true, silent: true, local: true, redirectUris: ['http://localhost/cb'] },
      { redirect_uri: 'http://localhost:5173/cb' },
      {},
      screen,
    ],
    ['a native client: always', { type: 'native', firstParty: true, silent: true }, {}, {}, screen],
    [
      'the same, quietly',
      { type: 'native', firstParty: true, silent: true },
      none,
      {},
      error('interaction_required'),
    ],
    ['prompt=consent: always', { firstParty: true }, { prompt: 'consent' }, {}, screen],
    ['prompt=select_account: always', { firstParty: true }, { prompt: 'select_account' }, {}, screen],
    ['login_hint of this user: never', { firstParty: true }, { login_hint: 'USER' }, {}, code],
    ['login_hint of another user: always', { firstParty: true }, { login_hint: 'ada' }, {}, screen],
    ['the same hint, quietly: ignored', { firstParty: true }, { ...none, login_hint: 'ada' }, {}, code],
    ['another user than the last one: always', { firstParty: true }, {}, { last: 'another' }, screen],
    ['the same, quietly', { firstParty: true }, none, { last: 'another' }, error('interaction_required')],
    ['offline_access: always', { firstParty: true }, { scope: 'openid offline_access' }, {}, screen],
  ])('%s', async (_what, client, changes, sent, expected) => {
    await addClient(table, client)
    expect(await outcomeOf(changes, sent)).toEqual(expected)
    // A code without a click is no consent.
    expect(records).toMatchObject(expected === code ? [{ event: 'code.issued' }] : [])
  })

  test('offline_access needs one click, and is ignored with prompt=none before it', async () => {
    await addClient(table, { firstParty: true })
    const scope = 'openid offline_access'
    const scopeOf = async (sent: Sent, changes: Changes = {}) => {
      const { code: text } = await outcomeOf({ scope, ...changes }, sent)
      return (await findCode(table, String(text)))?.scope
    }
    expect(await scopeOf({}, none)).toBe('openid')
    expect(await outcomeOf({ scope: 'offline_access', ...none })).toEqual(error('consent_required'))
    expect(await scopeOf(await click(scope))).toBe(scope)
    expect(await scopeOf({}, none)).toBe(scope)
    expect(await scopeOf({})).toBe(scope)
  })

  test('with prompt=none no click counts', async () => {
    await addClient(table)
    expect(await outcomeOf(none, await click())).toEqual(error('consent_required'))
  })
})

describe('the codes of a user', () => {
  test('are limited to 60 in ten minutes, and steps without one are not', async () => {
    await addClient(table)
    await approve({}, await click())
    for (let count = 1; count < 60; count += 1) expect((await approve()).statusCode).toBe(200)
    for (let count = 0; count < 5; count += 1) {
      expect((await approve({ prompt: 'consent' })).body.next).toBe('screen')
    }
    const left = 600 - (secondOf(now) % 600)
    const refused = problem(
      429,
      'Too Many Requests',
      'Too many requests. Try again later.',
      {},
      { 'Retry-After': String(left) },
    )
    expect(await approve()).toEqual(refused)
    expect(await approve({ prompt: 'consent' }, await click())).toEqual(refused)
    expect(records).toContainEqual(
      expect.objectContaining({ event: 'approval.throttled', userId: (await stored()).id }),
    )
    const other = await begin('admin')
    expect((await approveBy(other, {}, await click('admin'))).statusCode).toBe(200)
    vi.setSystemTime(later(left))
    expect(await outcomeOf()).toEqual(code)
  })
})

describe('a click on a screen with offline_access', () => {
  const scope = 'openid offline_access'
  const agree = async (changes: Changes = {}) => outcomeOf({ scope, ...changes }, await click(scope))
  const revoke = async () => {
    const { id } = await stored()
    await revokeApp(table, id, (await findApp(table, id, 'shop')) as App, testAct())
  }

  test('asks for a mail at the first one, and once an hour after removals', async () => {
    await addClient(table)
    expect(await outcomeOf({}, await click())).toEqual(code)
    expect(mailEvents).toEqual([])
    expect(await agree()).toEqual(code)
    const mail = {
      kind: 'offline-access',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      userId: (await stored()).id,
      app: { name: 'Shop', place: 'shop.example' },
      at: now.toISOString(),
      origin: { sourceIp: '203.0.113.7', userAgent: expect.any(String) },
    }
    expect(mailEvents).toEqual([mail])
    // Neither a silent approval nor another click is a first one.
    expect(await outcomeOf({ scope })).toEqual(code)
    expect(await agree({ prompt: 'consent' })).toEqual(code)
    expect(mailEvents).toHaveLength(1)
    for (const seconds of [0, 1_800, 3_599]) {
      vi.setSystemTime(later(seconds))
      await revoke()
      expect(await agree()).toEqual(code)
    }
    expect(mailEvents).toEqual([mail])
    vi.setSystemTime(later(3_600))
    cookie = await begin()
    await revoke()
    expect(await agree()).toEqual(code)
    expect(mailEvents).toEqual([mail, { ...mail, at: later(3_600).toISOString() }])
    vi.setSystemTime(later(7_200))
    cookie = await begin()
    expect(await agree({ prompt: 'consent' })).toEqual(code)
    expect(mailEvents).toHaveLength(2)
  })

  test.each<[string, Changes, Sent['click']]>([
    ['without a click', {}, undefined],
    ['for another user', {}, { sub: 'another', scope }],
    ['with prompt=none', { prompt: 'none' }, { sub: '', scope }],
  ])('asks for none %s', async (_what, changes, clicked) => {
    await addClient(table)
    await outcomeOf({ scope, ...changes }, clicked ? { click: clicked } : {})
    expect(mailEvents).toEqual([])
  })
})
