import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  call,
  context,
  eventOf,
  invalidToken,
  later,
  ok,
  problem,
  records,
  service,
  sessionEvent,
  sessionIdOf,
  sessionOf,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import {
  bind,
  boundIn,
  challengeIn,
  cookies,
  refresh,
  registrationIn,
  renew,
  signIn,
  start,
} from './device.ts'
import { type Device, newDevice, proofOf, registration, renewal } from './key.ts'

useRoutes()

const REQUIRED = problem(401, 'Unauthorized', 'This session belongs to another device. Sign in again.', {
  error: 'device_required',
})
const BUSY = problem(
  503,
  'Service Unavailable',
  'The browser could not show that it is the device of the session. Try again shortly.',
  { error: 'device_busy' },
  { 'Retry-After': '60' },
)
const over = (id: string) => ok({ session_identifier: id, continue: false })
const asked = (challenge: string, { id }: Device) =>
  problem(
    403,
    'Forbidden',
    'The device of the session must sign the challenge.',
    {},
    {
      'Secure-Session-Challenge': `"${challenge}";id="${id}"`,
    },
  )
const unbound = (token: string, reason: string) => ({ ...sessionEvent('session.unbound', token), reason })
const SKIPPED = (id: string, reason = 'server_error') => ({
  'Secure-Session-Skipped': `unreachable;session_identifier="${'A'.repeat(43)}", ${reason};session_identifier="${id}"`,
})

describe('a session is bound', () => {
  test('by a proof of the challenge of its sign-in, and its browser learns what waits for the cookie', async () => {
    const device = newDevice()
    const { refreshToken, challenge } = await signIn()
    const response = await start(refreshToken, registration(device, challenge))
    expect(response).toEqual({
      ...ok({
        session_identifier: device.id,
        refresh_url: '/sessions/renew',
        scope: {
          include_site: false,
          scope_specification: [
            { type: 'exclude', domain: '*', path: '/' },
            ...['/refresh', '/login', '/enrolment', '/register/confirm', '/register/provider'].map(included),
            ...['/oauth2/approve', '/admin-api', '/act-as'].map(included),
          ],
        },
        credentials: [
          { type: 'cookie', name: '__Host-bound', attributes: 'Path=/; Secure; HttpOnly; SameSite=Strict' },
        ],
        allowed_refresh_initiators: [],
      }),
      headers: {
        ...ok({}).headers,
        'Set-Cookie': expect.stringMatching(
          /^__Host-bound=[0-9a-f]{8}\.[\w-]{43}; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
        ),
        'Secure-Session-Challenge': expect.stringMatching(
          new RegExp(`^"[A-Za-z0-9_-]{22}";id="${device.id}"$`),
        ),
      },
    })
    expect(records).toContainEqual(sessionEvent('session.bound', refreshToken))
  })

  test('by a key of RSA too', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { refreshToken, challenge } = await signIn()
    const head = { alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) }
    expect((await start(refreshToken, proofOf(head, { jti: challenge }, privateKey))).statusCode).toBe(200)
  })

  test('once, in the five minutes after the sign-in, by a token that a refresh may have replaced', async () => {
    const { refreshToken, challenge } = await signIn()
    vi.setSystemTime(later(299))
    await refresh(cookies(refreshToken))
    expect((await start(refreshToken, registration(newDevice(), challenge))).statusCode).toBe(200)
    expect(await start(refreshToken, registration(newDevice(), challenge))).toEqual(invalidToken)
    vi.setSystemTime(later(1_000))
    const other = await signIn()
    vi.setSystemTime(later(1_301))
    expect(await start(other.refreshToken, registration(newDevice(), other.challenge))).toEqual(invalidToken)
  })

  test('not by a page of another site, without the cookie, or by the challenge of another session', async () => {
    const [one, another] = [await signIn(), await signIn()]
    const foreign = await start(one.refreshToken, registration(newDevice(), one.challenge), {
      'Sec-Fetch-Site': 'cross-site',
    })
    expect(foreign.statusCode).toBe(403)
    const ofPage = { 'Sec-Fetch-Site': 'same-site', Origin: 'https://app.example.com' }
    const other = await start(one.refreshToken, registration(newDevice(), one.challenge), ofPage)
    expect(other.statusCode).toBe(403)
    expect(await start('', registration(newDevice(), one.challenge))).toEqual(invalidToken)
    expect(await start(one.refreshToken, registration(newDevice(), another.challenge))).toEqual(invalidToken)
  })

  test('as the list of sessions shows, and others are not', async () => {
    const [{ refreshToken }, other] = [await bind(), await signIn()]
    const { sessions } = (await call('sessions', 'GET /sessions')).body
    const isBound = (token: string) =>
      sessions.find(({ id }: { id: string }) => id === sessionIdOf(token)).deviceBound
    expect([refreshToken, other.refreshToken].map(isBound)).toEqual([true, undefined])
  })

  test('never asks for it in a refresh, nor in a sign-in without a cookie', async () => {
    const { refreshToken } = await signIn()
    expect(registrationIn(await refresh(cookies(refreshToken)))).toBe('')
    const body = JSON.stringify({ username: 'user', password: 'user' })
    expect(registrationIn(await call('login', 'login', { body }))).toBe('')
  })
})

const included = (path: string) => ({ type: 'include', domain: '*', path })

describe('the cookie of the device', () => {
  test('counts for 600 seconds and 30 more, and a copy of the refresh token without it gets nothing', async () => {
    const { refreshToken, bound } = await bind()
    expect(await refresh(cookies(refreshToken))).toEqual(REQUIRED)
    vi.setSystemTime(later(629))
    const { statusCode, headers } = await refresh(cookies(refreshToken, bound))
    expect(statusCode).toBe(200)
    vi.setSystemTime(later(630))
    expect(await refresh(cookies(refreshTokenIn(headers), bound))).toEqual(REQUIRED)
    expect(records).toEqual(
      expect.arrayContaining([unbound(refreshToken, 'missing'), unbound(refreshToken, 'invalid')]),
    )
  })

  test('is renewed by one signature, after a day too', async () => {
    const { device, refreshToken, challenge } = await bind()
    vi.setSystemTime(later(7_100))
    const { bound } = boundIn(await renew(refreshToken, device.id, renewal(device, challenge)))
    expect((await refresh(cookies(refreshToken, bound))).statusCode).toBe(200)
  })

  test('of an earlier renewal counts to its end, so requests may overtake each other', async () => {
    const { device, refreshToken, bound, challenge } = await bind()
    const next = boundIn(await renew(refreshToken, device.id, renewal(device, challenge)))
    boundIn(await renew(refreshToken, device.id, renewal(device, next.challenge)))
    for (const one of [bound, next.bound]) {
      expect((await refresh(cookies(refreshToken, one))).statusCode).toBe(200)
    }
  })

  test('of an earlier sign-in is void', async () => {
    const { refreshToken, bound } = await bind()
    const again = await signIn(cookies(refreshToken, bound))
    const { challenge } = again
    await start(again.refreshToken, registration(newDevice(), challenge))
    expect(await refresh(cookies(again.refreshToken, bound))).toEqual(REQUIRED)
  })

  test('with a changed end, or a MAC of another session, is refused', async () => {
    const [{ refreshToken, bound }, other] = [await bind(), await bind()]
    const [end = '', mac = ''] = bound.split('.')
    const longer = `${(Number.parseInt(end, 16) + 1).toString(16)}.${mac}`
    for (const one of [longer, other.bound, `${bound}A`, 'x', `${bound}; __Host-bound=${bound}`]) {
      expect(await refresh(cookies(refreshToken, one)), one).toEqual(REQUIRED)
    }
  })
})

describe('/sessions/renew', () => {
  test('asks for the stored challenge without a proof and at an old one, and writes nothing', async () => {
    const { device, refreshToken, challenge } = await bind()
    const before = await sessionOf(refreshToken)
    for (const id of [device.id, `"${device.id}"`, ` "${device.id}"; a=1`]) {
      expect(await renew(refreshToken, id), id).toEqual(asked(challenge, device))
    }
    expect(await renew(refreshToken, device.id, renewal(device, 'A'.repeat(22)))).toEqual(
      asked(challenge, device),
    )
    expect(await sessionOf(refreshToken)).toEqual(before)
  })

  test('takes a captured proof once, and after a lost answer asks again', async () => {
    const { device, refreshToken, challenge } = await bind()
    const proof = renewal(device, challenge)
    const next = boundIn(await renew(refreshToken, device.id, proof))
    expect(await renew(refreshToken, device.id, proof)).toEqual(asked(next.challenge, device))
    const twice = boundIn(await renew(refreshToken, device.id, renewal(device, next.challenge)))
    expect(twice.challenge).not.toBe(next.challenge)
  })

  test('takes one of two requests at once, and asks the other for the challenge that is stored then', async () => {
    const { device, refreshToken, challenge } = await bind()
    const proof = renewal(device, challenge)
    const both = await Promise.all([1, 2].map(() => renew(refreshToken, device.id, proof)))
    const [won] = both.filter(({ statusCode }) => statusCode === 200)
    const [lost] = both.filter(({ statusCode }) => statusCode === 403)
    expect(challengeIn(lost?.headers)).toBe(challengeIn(won?.headers))
    expect(challengeIn(lost?.headers)).not.toBe(challenge)
  })

  test('ends a session for its browser without a cookie, after a sign-out and with the id of another key', async () => {
    const { device, refreshToken, challenge } = await bind()
    const other = newDevice()
    expect(await renew('', device.id, renewal(device, challenge))).toEqual(over(device.id))
    expect(await renew('x', device.id)).toEqual(over(device.id))
    expect(await renew(refreshToken, other.id, renewal(other, challenge))).toEqual(over(other.id))
    expect(await renew(refreshToken, '')).toEqual(over(''))
    await call('logout', 'logout', { body: '{}', ...withHeaders({ ...OWN_PAGE, ...cookies(refreshToken) }) })
    expect(await renew(refreshToken, device.id, renewal(device, challenge))).toEqual(over(device.id))
  })

  test('ends an old key after a sign-in that renewed the session, and not the new one', async () => {
    const { device, refreshToken, bound, challenge } = await bind()
    const again = await signIn(cookies(refreshToken, bound))
    const next = newDevice()
    const first = boundIn(await start(again.refreshToken, registration(next, again.challenge)))
    expect(await renew(again.refreshToken, device.id, renewal(device, challenge))).toEqual(over(device.id))
    boundIn(await renew(again.refreshToken, next.id, renewal(next, first.challenge)))
  })
})

describe('a proof is refused', () => {
  const ed = generateKeyPairSync('ed25519')
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const weak = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { key, jwk } = newDevice()
  const jwkOf = ({ publicKey }: typeof own) => publicKey.export({ format: 'jwk' })
  const withoutSignature = (proof: string) => proof.replace(/[^.]+$/, '')
  const FORGED: Record<string, (jti: string) => string> = {
    'with alg none': (jti) => withoutSignature(proofOf({ alg: 'none', jwk }, { jti }, key)),
    'with alg none and a signature': (jti) => proofOf({ alg: 'none', jwk }, { jti }, key),
    'with HS256': (jti) => proofOf({ alg: 'HS256', jwk }, { jti }, key),
    'with RS256 and a key of ES256': (jti) => proofOf({ alg: 'RS256', jwk }, { jti }, key),
    'with another typ': (jti) => proofOf({ typ: 'JWT', jwk }, { jti }, key),
    'with Ed25519': (jti) => proofOf({ jwk: ed.publicKey.export({ format: 'jwk' }) }, { jti }, key),
    'with another curve': (jti) => proofOf({ jwk: jwkOf(p384) }, { jti }, p384.privateKey),
    'with a short key of RSA': (jti) =>
      proofOf({ alg: 'RS256', jwk: jwkOf(short) }, { jti }, short.privateKey),
    'with another exponent of RSA': (jti) =>
      proofOf({ alg: 'RS256', jwk: jwkOf(weak) }, { jti }, weak.privateKey),
    'with a symmetric key': (jti) => proofOf({ jwk: { kty: 'oct', k: 'AAAA' } }, { jti }, key),
    'with a point that is on no curve': (jti) =>
      proofOf({ jwk: { ...jwk, y: 'A'.repeat(43) } }, { jti }, key),
    'with the private member d': (jti) =>
      proofOf({ jwk: own.privateKey.export({ format: 'jwk' }) }, { jti }, own.privateKey),
    'with x5c': (jti) => proofOf({ jwk, x5c: ['AAAA'] }, { jti }, key),
    'with jku': (jti) => proofOf({ jwk, jku: 'https://evil.example' }, { jti }, key),
    'with crit': (jti) => proofOf({ jwk, crit: ['b64'], b64: false }, { jti }, key),
    'without a key': (jti) => proofOf({}, { jti }, key),
    'by another key': (jti) => proofOf({ jwk: jwkOf(own) }, { jti }, key),
    'of another challenge': () => proofOf({ jwk }, { jti: 'A'.repeat(22) }, key),
    'without a challenge': () => proofOf({ jwk }, {}, key),
    'with trailing bytes': (jti) => `${proofOf({ jwk }, { jti }, key)}AAAA`,
    'with trailing bits': (jti) => `${proofOf({ jwk }, { jti }, key).slice(0, -1)}_`,
    'with a fourth part': (jti) => `${proofOf({ jwk }, { jti }, key)}.AAAA`,
    'that is empty': () => '',
    'of 10,000 characters': (jti) => proofOf({ jwk, pad: 'A'.repeat(10_000) }, { jti }, key),
  }

  test.each(Object.keys(FORGED))('at /sessions/bind %s', async (name) => {
    const { refreshToken, challenge } = await signIn()
    expect(await start(refreshToken, FORGED[name]?.(challenge) ?? '')).toEqual(invalidToken)
    expect(JSON.stringify(await itemsOf())).not.toContain('"device"')
  })

  test('at /sessions/renew with a key, by another key, or with another algorithm', async () => {
    const { device, refreshToken, challenge } = await bind()
    for (const proof of [
      registration(device, challenge),
      renewal(newDevice(), challenge),
      proofOf({ alg: 'RS256' }, { jti: challenge }, device.key),
      proofOf({ jku: 'https://evil.example' }, { jti: challenge }, device.key),
      `${renewal(device, challenge)}AAAA`,
      'x',
    ]) {
      expect(await renew(refreshToken, device.id, proof), proof).toEqual(invalidToken)
    }
    boundIn(await renew(refreshToken, device.id, renewal(device, challenge)))
  })
})

async function itemsOf() {
  const { Items } = await table.aws('dynamodb', 'Scan', { TableName: table.name })
  return Items
}

describe('a copy of the refresh token', () => {
  test('gets 503 and no token with a made-up Secure-Session-Skipped', async () => {
    const { device, refreshToken } = await bind()
    for (const reason of ['unreachable', 'server_error', 'quota_exceeded']) {
      expect(await refresh(cookies(refreshToken), SKIPPED(device.id, reason))).toEqual(BUSY)
      expect(records).toContainEqual(unbound(refreshToken, reason))
    }
    expect(await refresh(cookies(refreshToken), SKIPPED(newDevice().id))).toEqual(REQUIRED)
    expect(await refresh(cookies(refreshToken), SKIPPED(device.id, 'other'))).toEqual(REQUIRED)
  })

  test('gets nothing in a body, with the other cookie too', async () => {
    const { refreshToken, bound, device } = await bind()
    const body = JSON.stringify({ refreshToken })
    const headers = withHeaders({ ...OWN_PAGE, ...cookies('', bound), ...SKIPPED(device.id) })
    expect(await call('refresh', 'refresh', { body, ...headers })).toEqual(REQUIRED)
  })

  test('neither renews nor ends the session at a sign-in of the thief, in a cookie or a body', async () => {
    const { refreshToken, bound } = await bind()
    const before = await sessionOf(refreshToken)
    const own = await signIn(cookies(refreshToken))
    expect((await sessionOf(own.refreshToken))?.id).not.toBe(before?.id)
    const body = JSON.stringify({ username: 'user', password: 'user', replaces: refreshToken })
    expect((await call('login', 'login', { body })).statusCode).toBe(200)
    expect(await sessionOf(refreshToken)).toEqual(before)
    expect((await refresh(cookies(refreshToken, bound))).statusCode).toBe(200)
  })

  test('of an earlier sign-in gets 409 at a refresh, and ends nothing at a sign-in', async () => {
    const { refreshToken, bound } = await bind()
    const again = await signIn(cookies(refreshToken, bound))
    await start(again.refreshToken, registration(newDevice(), again.challenge))
    expect((await refresh(cookies(refreshToken))).statusCode).toBe(409)
    await signIn(cookies(refreshToken))
    expect(await sessionOf(again.refreshToken)).toBeDefined()
  })

  test('that was replaced does not end the session without the device, and does with it', async () => {
    const { refreshToken, bound } = await bind()
    await refresh(cookies(refreshToken, bound))
    vi.setSystemTime(later(60))
    expect(await refresh(cookies(refreshToken))).toEqual(REQUIRED)
    expect(await sessionOf(refreshToken)).toBeDefined()
    expect(await refresh(cookies(refreshToken, bound))).toEqual(invalidToken)
    expect(await sessionOf(refreshToken)).toBeUndefined()
  })

  test('ends the session at a sign-out', async () => {
    const { refreshToken } = await bind()
    await call('logout', 'logout', { body: '{}', ...withHeaders({ ...OWN_PAGE, ...cookies(refreshToken) }) })
    expect(await sessionOf(refreshToken)).toBeUndefined()
  })
})

describe('a service', () => {
  const withMode = async (mode: string | undefined, body: object, headers: Record<string, string>) => {
    const key = 'session' in body ? 'login' : 'refresh'
    const { handler: own, environment } = service.functions[key] ?? { handler: '' }
    const { DEVICE_BOUND_SESSIONS: _, ...others } = environment ?? {}
    const changed = { ...others, ...(mode && { DEVICE_BOUND_SESSIONS: mode }) }
    const handler = mode ? own : `functions/sessions/${key}.handler`
    const functions = { [key]: { handler, environment: changed } }
    const load = await loadHandler({ ...service, functions }, key, aws)
    const event = await eventOf(key, {
      body: JSON.stringify(body),
      ...withHeaders({ ...OWN_PAGE, ...headers }),
    })
    return parsed(await load(event, context))
  }
  const credentials = { username: 'user', password: 'user', session: 'cookie' }

  test('that watches refuses nothing, and logs', async () => {
    const { refreshToken } = await bind()
    expect((await withMode('watch', {}, cookies(refreshToken))).statusCode).toBe(200)
    expect(records).toContainEqual(unbound(refreshToken, 'missing'))
    const response = await withMode('watch', credentials, {})
    expect(registrationIn(response)).toMatch(/^[\w-]{22}$/)
  })

  test('without it neither asks for a key nor needs one', async () => {
    const { refreshToken } = await bind()
    expect((await withMode(undefined, {}, cookies(refreshToken))).statusCode).toBe(200)
    const response = await withMode(undefined, credentials, {})
    expect(response.headers).not.toHaveProperty('Secure-Session-Registration')
    expect(await sessionOf(refreshTokenIn(response.headers))).toBeDefined()
    expect(records).not.toContainEqual(expect.objectContaining({ event: 'session.unbound' }))
  })
})
