import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { newRecoveryCodes } from '../../lib/factors/recovery-codes/store.ts'
import { identityIdOf, ownIdentityKey } from '../../lib/federation/identity.ts'
import { unlinkIdentity } from '../../lib/federation/link.ts'
import type { ProviderWithSecret } from '../../lib/federation/provider.ts'
import { findProvider } from '../../lib/federation/provider.ts'
import { changeProvider, removeProvider } from '../../lib/federation/store.ts'
import { newKey } from '../../lib/federation/try.ts'
import type { User } from '../../lib/users/user.ts'
import { setPassword } from '../../scripts/users/changes.ts'
import { commandIo } from '../security/interleave/commands.ts'
import { nameOf, startWire } from '../support/aws/wire.ts'
import { refreshTokenIn } from '../support/http/cookies.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { asOperator, giveFactors, testAct } from '../support/users/users.ts'
import { addProvider, browserAt, link, PUBLIC_URL } from './browser.ts'
import { sendJson, startFarEnd } from './far-end.ts'

const farEnd = await startFarEnd()
const service = await useService({ settings: { PUBLIC_URL, COOKIE_SESSIONS: 'on' } })
const { table, functions } = service
const wire = await startWire(service.aws)
const wired = await service.load({}, { url: wire.url })
const strict = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
const provider = await addProvider(table, farEnd)
const logs = recordLogs<{ event: string; reason?: string; error?: string }>()

let ada: User
let subject = ''
let count = 0
beforeEach(async () => {
  farEnd.reset()
  logs.length = 0
  count += 1
  ada = await service.addUser()
  subject = `subject-${count}`
  Object.assign(farEnd.claims, { sub: subject, email: 'Ada@idp.example', email_verified: true })
  await link(table, ada.id, { issuer: farEnd.url, subject })
})
const sourceIp = '203.0.113.9'
const COOKIE = { body: { session: 'cookie' } }

test('a linked user signs in: tokens, session, event, mail, and the use of the identity', async () => {
  const { status, body } = await browserAt(functions, farEnd).signIn({ sourceIp })
  await service.settled()
  expect([status, Object.keys(body).sort()]).toEqual([
    200,
    ['authToken', 'expiresIn', 'refreshExpiresIn', 'refreshToken', 'tokenType'],
  ])
  expect(decodeJwt(body.authToken)).toMatchObject({ sub: ada.id, amr: ['fed'], acr: 'aal1' })
  const { body: events } = await service.ask('GET /me/events', { token: body.authToken })
  expect(events.events[0]).toMatchObject({ type: 'session.created', detail: 'fed', ref: 'demo' })
  expect(service.mailsTo(String(ada.email))).toHaveLength(1)
  const id = identityIdOf({ issuer: farEnd.url, subject })
  const { [`identity#${id}`]: own } = await service.itemsOf(ada.username)
  expect(own).toMatchObject({ label: { S: 'ada@idp.example' }, lastUsedAt: { S: expect.any(String) } })
  expect(await service.attempts(`source#${sourceIp}`, 'responses')).toBe(0)
})

test('a session in the cookie is in the cookie', async () => {
  const { status, headers, body } = await browserAt(functions, farEnd).signIn(COOKIE)
  expect([status, body]).toEqual([200, expect.not.objectContaining({ refreshToken: expect.anything() })])
  expect(refreshTokenIn(headers)).not.toBe('')
})

test('a response counts once, also twice at once', async () => {
  const browser = browserAt(functions, farEnd)
  const { state } = await browser.begin()
  const both = await Promise.all([browser.respond(state), browser.respond(state)])
  expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
  expect((await browser.respond(state)).status).toBe(401)
  const reasons = logs.filter(({ event }) => event === 'provider.refused').map(({ reason }) => reason)
  expect(reasons).toEqual(Array(2).fill('the response was used before'))
})

test('two tabs of one browser can each complete, with one key', async () => {
  const browser = browserAt(functions, farEnd)
  const first = await browser.begin()
  const { nonce } = farEnd.claims
  const second = await browser.begin()
  expect((await browser.respond(second.state)).status).toBe(200)
  farEnd.claims.nonce = nonce
  expect((await browser.respond(first.state)).status).toBe(200)
})

describe('an identity without a user', () => {
  test('waits for a decision, and only hashes are stored', async () => {
    farEnd.claims.sub = 'a stranger'
    const before = await service.scan()
    const { status, body } = await browserAt(functions, farEnd).signIn()
    expect([status, body]).toEqual([
      200,
      {
        next: 'identity',
        provider: { id: 'demo', name: 'Demo' },
        label: 'ada@idp.example',
        email: 'ada@idp.example',
        isProven: false,
        identityToken: expect.any(String),
      },
    ])
    const known = new Set(before.map((item) => JSON.stringify(item)))
    const added = (await service.scan()).filter((item) => !known.has(JSON.stringify(item)))
    const shapes = added.map((item) => [
      String(Object(item.pk).S).replace(/#.*/, ''),
      Object.keys(item).sort(),
    ])
    expect(shapes.sort()).toEqual([
      ['pending', ['expiresAt', 'pk', 'sk']],
      ['source', ['expiresAt', 'ids', 'pk', 'sk']],
      ['try', ['expiresAt', 'pk', 'sk']],
    ])
    expect(JSON.stringify(added)).not.toMatch(/ada@idp|stranger/)
  })

  test('for a link waits for the user who began it, also if another user has it', async () => {
    const { headers } = await browserAt(functions, farEnd).signIn(COOKIE)
    const session = refreshTokenIn(headers)
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin({ session, body: { purpose: 'link' } })
    const { status, text } = await browser.respond(state, { session })
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        next: 'link',
        provider: { id: 'demo', name: 'Demo' },
        label: 'ada@idp.example',
        identityToken: expect.any(String),
      },
    ])
  })
})

describe('a second factor', () => {
  test('is asked for, and the session has both', async () => {
    await giveFactors(table, ada)
    const { codes, write } = newRecoveryCodes(ada.id, new Date())
    await transact(table, [write])
    Object.assign(farEnd.claims, { amr: ['mfa', 'otp'], acr: 'aal2' })
    const { status, body } = await browserAt(functions, farEnd).signIn()
    expect([status, body]).toEqual([
      200,
      { next: 'second-factor', factors: ['passkey', 'recovery-code'], loginToken: expect.any(String) },
    ])
    const { [`identity#${identityIdOf({ issuer: farEnd.url, subject })}`]: own } = await service.itemsOf(
      ada.username,
    )
    expect(own).toMatchObject({ lastUsedAt: { S: expect.any(String) } })
    expect(await secondsOf(body.loginToken)).toBeLessThanOrEqual(300)
    const step = { loginToken: body.loginToken, code: codes[0] }
    const done = await service.ask('POST /login/recovery-code', { body: step })
    expect(decodeJwt(done.body.authToken)).toMatchObject({ amr: ['fed', 'recovery', 'mfa'], acr: 'aal2' })
    const { body: events } = await service.ask('GET /me/events', { token: done.body.authToken })
    expect(events.events[0]).toMatchObject({ detail: 'fed recovery mfa', ref: 'demo' })
  })

  test('that the service or the user demands is enrolled, and the provider is no proof', async () => {
    const { status, body } = await browserAt(strict, farEnd).signIn()
    expect([status, body]).toEqual([
      200,
      { next: 'enrolment', proofs: ['mail', 'code'], enrolmentToken: expect.any(String) },
    ])
    expect(await secondsOf(body.enrolmentToken)).toBeGreaterThan(1_790)
    expect(await secondsOf(body.enrolmentToken)).toBeLessThanOrEqual(1_800)
    await service.change(ada.username, { mustEnrol: true })
    expect((await browserAt(functions, farEnd).signIn()).body).toMatchObject({ next: 'enrolment' })
  })

  test.each<[string, object, number, string]>([
    ['POST /login/totp', { code: '123456' }, 401, 'login_expired'],
    ['POST /login/recovery-code', { code: 'aaaa-bbbb-cccc-dddd' }, 401, 'login_expired'],
    ['POST /login/passkey/options', {}, 401, 'login_expired'],
    ['POST /enrolment/totp', {}, 403, 'proof_required'],
    ['POST /enrolment/passkey/options', {}, 403, 'proof_required'],
  ])('%s takes no enrolment token of a provider without a proof', async (route, body, status, error) => {
    const token = (await browserAt(strict, farEnd).signIn()).body.enrolmentToken
    const named = route.startsWith('POST /login') ? { loginToken: token } : { enrolmentToken: token }
    const response = await strict.ask(route, { body: { ...body, ...named } })
    expect([response.status, JSON.parse(response.text).error]).toEqual([status, error])
    expect(await strict.opens(token)).toBe(false)
    expect((await strict.ask('refresh', { body: { refreshToken: token } })).status).toBe(401)
  })

  test.each<[string, () => Promise<unknown>]>([
    [
      'the identity was unlinked',
      () => {
        const identity = { id: identityIdOf({ issuer: farEnd.url, subject }), provider: 'demo' }
        return unlinkIdentity(table, ada, { identity, changeId: 'unlinked' }, testAct())
      },
    ],
    [
      'an operator set a password',
      () => setPassword(asOperator(table), ada.username, commandIo('a password by the operator')),
    ],
  ])('that was proved is not enrolled after %s', async (_, end) => {
    const { enrolmentToken } = (await browserAt(strict, farEnd).signIn()).body
    await service.proveEnrolments(ada.username, [enrolmentToken])
    await end()
    const response = await strict.ask('POST /enrolment/totp', { body: { enrolmentToken } })
    expect([response.status, JSON.parse(response.text).error]).toEqual([401, 'login_expired'])
  })
})

const FOREIGN =
  'This sign-in did not begin in this browser, or a user has signed in or out here since. Start again.'
const INCOMPLETE = 'The sign-in at the provider was not completed. Start again.'

describe('a response is refused', () => {
  type Browser = ReturnType<typeof browserAt>
  const FOREIGN_RESPONSES: Record<string, (browser: Browser, state: string) => Promise<ApiResponse>> = {
    'without a key': async (browser, state) => {
      browser.setKey('')
      return browser.respond(state)
    },
    'with the key of another browser': async (browser, state) => {
      browser.setKey(newKey())
      return browser.respond(state)
    },
    'with two keys': (browser, state) =>
      browser.respond(state, { headers: { Cookie: `__Host-try=${browser.key()}; __Host-try=${newKey()}` } }),
    'at the path of another provider': (browser, state) =>
      browser.respond(state, { body: { provider: 'another' } }),
    'with a state of another purpose': (browser, state) => browser.respond(state.replace(/^s/, 'l')),
    'with a changed state': (browser, state) =>
      browser.respond(`${state.slice(0, -1)}${state.endsWith('A') ? 'B' : 'A'}`),
    'without a state': (browser) => browser.respond(''),
    'with two states': (browser, state) =>
      browser.respond(state, { body: { query: `code=a&state=${state}&state=${state}` } }),
    'with a state of nobody': (browser) => browser.respond('x'.repeat(82)),
  }

  test.each(Object.entries(FOREIGN_RESPONSES))('%s, without a call of AWS', async (_, send) => {
    const browser = browserAt(wired, farEnd)
    const { state } = await browser.begin()
    expect(await callsOf(() => send(browser, state))).toEqual([401, refusal(FOREIGN), []])
  })

  test('of a link, after another user has signed in or the user has signed out', async () => {
    const bob = await service.addUser()
    const ofBob = (
      await service.ask('login', {
        body: { username: bob.username, password: 'a password for tests', session: 'cookie' },
        headers: { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' },
      })
    ).headers
    const { headers } = await browserAt(functions, farEnd).signIn(COOKIE)
    const browser = browserAt(wired, farEnd)
    const { state } = await browser.begin({ session: refreshTokenIn(headers), body: { purpose: 'link' } })
    for (const sending of [{ session: refreshTokenIn(ofBob) }, {}]) {
      const refused = await callsOf(() => browser.respond(state, sending))
      expect(refused).toEqual([401, refusal(FOREIGN), []])
    }
  })

  test('after 30 minutes, before the key is compared, without a call of AWS', async () => {
    const browser = browserAt(wired, farEnd)
    const old = (Math.floor(Date.now() / 1000) - 1_801).toString(16).padStart(8, '0')
    const { state } = await browser.begin()
    const text = refusal('The sign-in at the provider took too long. Start again.')
    const respond = () => browser.respond(`s${old}${state.slice(9)}`)
    expect(await callsOf(respond)).toEqual([401, text, []])
  })

  test('if the user cancelled, or the provider has another error', async () => {
    for (const [error, detail] of [
      ['access_denied', 'You cancelled the sign-in at Demo.'],
      ['server_error', INCOMPLETE],
    ] as const) {
      const browser = browserAt(functions, farEnd)
      const { state } = await browser.begin()
      expect(await browser.respond(state, {}, { error })).toMatchObject({
        status: 401,
        text: refusal(detail),
      })
    }
  })

  test.each<[string, (stored: ProviderWithSecret) => Promise<unknown>]>([
    ['disabled', (stored) => changeProvider(table, stored, { changes: { disabled: true } }, testAct())],
    ['changed', (stored) => changeProvider(table, stored, { changes: { name: 'New' } }, testAct())],
    ['removed', (stored) => removeProvider(table, stored, testAct())],
    [
      'replaced',
      async (stored) => {
        await removeProvider(table, stored, testAct())
        await addProvider(table, farEnd)
      },
    ],
  ])('after the provider was %s, with a read of the provider after the key', async (_, change) => {
    const restore = await service.restorer()
    const browser = browserAt(wired, farEnd)
    const { state } = await browser.begin()
    await change((await findProvider(table, 'demo')) as ProviderWithSecret)
    // The counter of the source is no read. Neither is a secret decrypted, nor the provider asked.
    const calls = ['BatchGetItem demo', 'UpdateItem ADD responses']
    expect(await callsOf(() => browser.respond(state))).toEqual([401, refusal(INCOMPLETE), calls])
    browser.setKey(newKey())
    expect(await callsOf(() => browser.respond(state))).toEqual([401, refusal(FOREIGN), []])
    await restore()
  })

  test('of a disabled user, and of an identity that was unlinked since', async () => {
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    const id = identityIdOf({ issuer: farEnd.url, subject })
    // Half of it: the state between two reads of the sign-in.
    await transact(table, [{ Delete: { Key: ownIdentityKey(ada.id, id) } }])
    expect(await browser.respond(state)).toMatchObject({ status: 401, text: refusal(INCOMPLETE) })
    await service.change(ada.username, { disabled: true })
    expect(await browser.signIn()).toMatchObject({ status: 401, body: { detail: INCOMPLETE } })
    expect(logs.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['the identity was unlinked', 'the user is disabled']),
    )
  })

  test('from another site, or at another address', async () => {
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    const foreign = { 'Sec-Fetch-Site': 'cross-site' }
    expect(await browser.respond(state, { headers: foreign })).toMatchObject({ status: 403 })
    expect((await browser.begin({ headers: foreign })).response).toMatchObject({ status: 403 })
    const other = await browser.begin({ headers: { Origin: 'https://other.example' } })
    expect([other.response.status, JSON.parse(other.response.text).detail]).toEqual([
      403,
      `Open this page at ${PUBLIC_URL}/signin.`,
    ])
  })
})

describe('the start', () => {
  test('is for the public URL, a provider and a user', async () => {
    const browser = browserAt(functions, farEnd)
    for (const [sending, status] of [
      [{ body: { purpose: 'link' } }, 401],
      [{ body: { provider: 'another' } }, 401],
      [{ body: { purpose: 'delete' } }, 422],
    ] as const) {
      expect((await browser.begin(sending)).response.status).toBe(status)
    }
  })

  test('lists providers that are not disabled', async () => {
    const list = await service.ask('GET /providers', {})
    expect(list.body).toEqual({ providers: [{ id: 'demo', name: 'Demo', kind: 'oidc' }] })
    expect(list.headers['Cache-Control']).toBe('public, max-age=60')
  })
})

describe('attempts', () => {
  test('are given back if the provider fails, and its error is logged with nothing of the response', async () => {
    farEnd.respond('/token', (response) => sendJson(response, { error: 'invalid_client' }, 401))
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    const { status, text } = await browser.respond(state, { sourceIp: '203.0.113.10' })
    expect([status, JSON.parse(text).detail]).toEqual([
      503,
      'Demo does not respond. Try again shortly, or sign in in another way.',
    ])
    expect(await service.attempts('source#203.0.113.10', 'responses')).toBe(0)
    expect(logs.filter(({ event }) => event.startsWith('provider.'))).toEqual([
      expect.objectContaining({
        event: 'provider.failed',
        code: 'unavailable',
        reason: 'the provider refuses this service',
        provider: 'demo',
        error: 'invalid_client',
      }),
    ])
    expect(JSON.stringify(logs)).not.toMatch(new RegExp(`${state}|a-code|ada@idp|${subject}`))
  })

  test.each([
    ['given back', { error: 'redirect_uri_mismatch' }, 400, 0],
    ['given back', { error: 'application_suspended' }, 200, 0],
    ['given back', { error: 'unsupported_grant_type' }, 400, 0],
    ['given back', {}, 502, 0],
    ['given back', {}, 429, 0],
    ['counted', { error: 'invalid_request' }, 400, 1],
    ['counted', {}, 404, 1],
    ['counted', { error: 'an_error_of_the_provider' }, 200, 1],
  ])('are %s after %j with %i, which is logged as a failure', async (_, body, code, attempts) => {
    farEnd.respond('/token', (response) => sendJson(response, body, code))
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    const from = `198.51.100.${count}`
    expect((await browser.respond(state, { sourceIp: from })).status).toBe(503)
    expect(await service.attempts(`source#${from}`, 'responses')).toBe(attempts)
    expect(logs.map(({ event }) => event)).toContain('provider.failed')
  })

  test('are given back if the keys are down', async () => {
    const other = await startFarEnd()
    other.respond('/jwks', (response) => response.writeHead(503).end())
    await addProvider(table, other, { id: 'keyless' })
    const browser = browserAt(functions, other, 'keyless')
    const { state } = await browser.begin()
    expect((await browser.respond(state, { sourceIp: '203.0.113.12' })).status).toBe(503)
    expect(await service.attempts('source#203.0.113.12', 'responses')).toBe(0)
    expect(logs).toContainEqual(expect.objectContaining({ error: 'keys_status_503' }))
  })

  test('stay counted if the user of GitHub has no verified address', async () => {
    farEnd.respond('/token', (response) => sendJson(response, { error: 'unverified_user_email' }))
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    expect((await browser.respond(state, { sourceIp: '203.0.113.13' })).status).toBe(401)
    expect(await service.attempts('source#203.0.113.13', 'responses')).toBe(1)
    expect(logs.map(({ event }) => event)).not.toContain('provider.failed')
  })

  test('of one source are 50 in 15 minutes', async () => {
    farEnd.respond('/token', (response) => sendJson(response, { error: 'invalid_grant' }, 400))
    const browser = browserAt(functions, farEnd)
    const { state } = await browser.begin()
    const send = () => browser.respond(state, { sourceIp: '203.0.113.11' })
    const all = await Promise.all(Array.from({ length: 50 }, send))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([401]))
    expect((await send()).status).toBe(429)
    expect(JSON.stringify(logs)).not.toMatch(new RegExp(`${state}|a-code|ada@idp|${subject}|__Host`))
  })
})

test('a secret under another id does not decrypt', async () => {
  const other = await startFarEnd()
  await addProvider(table, other, { id: 'other' })
  const stored = (await findProvider(table, 'other')) as ProviderWithSecret
  await changeProvider(table, stored, { changes: { secret: provider.secret } }, testAct())
  const browser = browserAt(functions, farEnd)
  const { state } = await browser.begin({ body: { provider: 'other' } })
  expect(await browser.respond(state, { body: { provider: 'other' } })).toMatchObject({ status: 503 })
  expect(other.received).toEqual([])
})

/** Returns for how many seconds a token of a sign-in is valid. */
async function secondsOf(token: string): Promise<number> {
  const { token: item } = await service.items(`login#${token.split('.')[0]}`)
  return Number(Object(item?.expiresAt).N) - Date.now() / 1_000
}

/** Returns the status and the text of a response, and the calls of AWS that it cost. The provider must get no request. */
async function callsOf(send: () => Promise<ApiResponse>) {
  wire.intercept(() => 'pass')
  farEnd.received.length = 0
  const { status, text } = await send()
  expect(farEnd.received).toEqual([])
  return [status, text, wire.calls().map(nameOf).sort()]
}

/** Returns the text of a refused sign-in. */
const refusal = (detail: string) =>
  JSON.stringify({
    type: 'about:blank',
    title: 'Unauthorized',
    status: 401,
    detail,
    code: 'invalid_credentials',
    error: 'provider_refused',
  })
