import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Counter } from '../../lib/throttling/counter.ts'
import { challengeCounters } from '../../lib/throttling/factor-counters.ts'
import type { Call } from '../support/aws/wire.ts'
import type { ApiResponse, Asking, Functions } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, useWiredService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
  signInWith,
  totpCode,
} from '../support/users/factors.ts'
import { createPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

const NOW = new Date('2027-01-15T12:00:00.000Z')
let cases = 0
let sources = 0

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: NOW })
const { service, wire, wired } = await useWiredService()
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' }, { url: wire.url })
// The first request of a function reads keys, or tries argon2.
for (const functions of [wired, underPolicy]) await enterPassword(functions, 'unknown', newSource())
afterAll(() => {
  vi.useRealTimers()
  console.log(`Enumeration of factors: ${cases} requests compared`)
})
beforeEach(() => void vi.setSystemTime(NOW))

function newSource(): { sourceIp: string } {
  sources += 1
  return { sourceIp: `10.0.${sources >> 8}.${sources & 255}` }
}

type Observed = Awaited<ReturnType<typeof observe>>

let users = 0

describe('before the correct password', () => {
  test('nothing shows whether a name has second factors', async () => {
    const names: Record<string, string> = {
      unknown: 'name-9999',
      'without factors': (await userWith()).username,
      'with an authenticator app': (await userWith('totp')).username,
      'with a passkey': (await userWith('passkey')).username,
      'with both': (await userWith('totp', 'passkey')).username,
    }
    for (const [policy, functions] of Object.entries({ none: wired, all: underPolicy })) {
      const observed: Record<string, Observed> = {}
      for (const [kind, username] of Object.entries(names)) {
        const body = { username, password: 'not the password of this user' }
        observed[`${kind}, policy ${policy}`] = await observe(functions, 'POST /login', { body })
      }
      expect(Object.values(observed)[0]?.response.status).toBe(401)
      expectSame(observed)
    }
  })

  test('the policy makes no difference to a wrong password', async () => {
    const { username } = await userWith()
    const body = { username, password: 'not the password of this user' }
    expectSame({
      none: await observe(wired, 'POST /login', { body }),
      all: await observe(underPolicy, 'POST /login', { body }),
    })
  })

  test('a refused attempt shows nothing either', async () => {
    const observed: Record<string, Observed> = {}
    for (const { username } of [await userWith(), await userWith('totp'), { username: 'name-9998' }]) {
      const source = newSource()
      const body = { username, password: 'not the password of this user' }
      for (let count = 0; count < 10; count += 1) await wired.ask('POST /login', { body, ...source })
      observed[username] = await observe(wired, 'POST /login', { body, ...source })
      expect(observed[username]?.response.status).toBe(429)
    }
    expectSame(observed)
  })

  test('a user without factors makes the calls of a sign-in without factors', async () => {
    const { username } = await userWith()
    const { response, calls } = await observe(wired, 'POST /login', {
      body: { username, password: 'a password for tests' },
    })
    expect(response.status).toBe(200)
    expect(
      calls.filter((call) => /login#|recovery-codes|totp|passkey|factor-reset|credential/.test(call)),
    ).toEqual([])
  })
})

describe('the options of a sign-in by passkey', () => {
  test('are the same for everybody without a login token, but for the challenge', async () => {
    const owner = await userWith('passkey')
    const { refreshToken } = await signInWith(service.functions, owner, newSource())
    const headers = {
      Cookie: `__Host-refresh=${refreshToken}`,
      'Sec-Fetch-Site': 'same-origin',
    }
    const home = newSource()
    await signInWith(service.functions, owner, home)
    const route = 'POST /login/passkey/options'
    const observed = {
      stranger: await observe(wired, route, { body: {} }),
      'known source': await observe(wired, route, { body: {}, ...home }),
      'with the cookie of a session': await observe(wired, route, { body: {}, headers }),
      'under the policy': await observe(underPolicy, route, { body: {} }),
    }
    for (const one of Object.values(observed)) {
      expect(JSON.parse(one.response.text)).toEqual({
        challenge: expect.stringMatching(/^[\w-]{43}$/),
        rpId: 'localhost',
        timeout: 300_000,
        userVerification: 'required',
      })
      one.response = without(one.response, 'challenge')
    }
    expectSame(observed)
  })

  test('refuse a username in the request as an unknown field', async () => {
    const { username } = await userWith('passkey')
    const { status } = await wired.ask('POST /login/passkey/options', { body: { username } })
    expect(status).toBe(422)
  })

  test('are counted for the source, apart for users who have shown the password', async () => {
    const { username } = await userWith('passkey')
    const { id } = await service.user(username)
    const loginToken = await beginLogin(service.functions, username, newSource())
    const source = newSource()
    const route = 'POST /login/passkey/options'
    const now = new Date()
    for (const isAnonymous of [true, false]) {
      const counters = challengeCounters(source.sourceIp, isAnonymous ? undefined : id, now)
      const { key, maxAttempts } = counters.at(-1) as Counter
      expect(maxAttempts).toBe(300)
      const ids = Array.from({ length: maxAttempts - 1 }, (_, index) => `challenge ${index}`)
      await service.table.aws('dynamodb', 'UpdateItem', {
        TableName: service.table.name,
        Key: key,
        UpdateExpression: 'ADD ids :ids SET expiresAt = :expiresAt',
        ExpressionAttributeValues: { ':ids': { SS: ids }, ':expiresAt': { N: '4000000000' } },
      })
      const body = isAnonymous ? {} : { loginToken }
      const statuses: number[] = []
      for (let count = 0; count < 2; count += 1) {
        statuses.push((await service.functions.ask(route, { body, ...source })).status)
      }
      expect(statuses).toEqual([200, 429])
      expect((await service.functions.ask(route, { body, ...newSource() })).status).toBe(200)
    }
  })
})

/** Routes that continue a sign-in, with a body that is right but for the token. */
async function routesWithToken(username: string) {
  const loginToken = await beginLogin(service.functions, username, newSource())
  const options = bodyOf<{ challenge: string; rp: object }>(
    await service.functions.ask('POST /login/passkey/options', { body: { loginToken }, ...newSource() }),
  )
  const created = createPasskey(
    {
      challenge: options.challenge,
      rp: { id: 'localhost', name: '' },
      user: { id: 'A'.repeat(22), name: '', displayName: '' },
    },
    ORIGIN,
  )
  const response = usePasskey(created.passkey, options, ORIGIN)
  return [
    ['POST /login/totp', 'loginToken', { code: '123456' }],
    ['POST /login/recovery-code', 'loginToken', { code: '0123-4567-89AB-CDEF' }],
    ['POST /login/passkey/options', 'loginToken', {}],
    ['POST /login/passkey', 'loginToken', { response }],
    ['POST /enrolment/mail', 'enrolmentToken', {}],
    ['POST /enrolment/proof', 'enrolmentToken', { operatorCode: '0123-4567-89AB-CDEF' }],
    ['POST /enrolment/totp', 'enrolmentToken', {}],
    ['POST /enrolment/totp/confirm', 'enrolmentToken', { code: '123456' }],
    ['POST /enrolment/passkey/options', 'enrolmentToken', {}],
    ['POST /enrolment/passkey', 'enrolmentToken', { response: created.response }],
  ] as const
}

describe('a login token', () => {
  test('that is unknown, forged, expired, spent, used up or foreign looks the same', async () => {
    const user = await userWith('totp', 'passkey')
    const { username, secret = '', passkey } = user
    const enrolling = await userWith()
    const spare = async () => beginLogin(service.functions, username, newSource())
    const expired = {
      loginToken: await spare(),
      enrolmentToken: await beginLogin(underPolicy, enrolling.username),
    }
    vi.setSystemTime(Date.now() + 1_801_000)
    const spent = await spare()
    bodyOf(
      await service.functions.ask('POST /login/totp', {
        body: { loginToken: spent, code: totpCode(secret) },
      }),
    )
    vi.setSystemTime(Date.now() + 60_000)
    const usedUp = await spare()
    for (let count = 0; count < 5; count += 1) {
      await service.functions.ask('POST /login/recovery-code', { body: { loginToken: usedUp, code: 'x' } })
    }
    const revoked = await spare()
    const other = await spare()
    const enrolment = await beginLogin(underPolicy, enrolling.username)
    const { authToken } = await signInWith(
      service.functions,
      { ...user, ...(passkey && { passkey }) },
      newSource(),
    )
    await service.functions.ask('POST /factors/recovery-codes', {
      token: authToken,
      body: { currentPassword: 'a password for tests' },
    })
    const routes = await routesWithToken(username)
    // Ends every token that was given out before.
    await service.functions.ask('DELETE /factors/totp', {
      token: authToken,
      body: { currentPassword: 'a password for tests' },
    })
    const later = await beginLogin(service.functions, username, newSource())
    const forge = (token: string) => `${token.split('.')[0]}.${'B'.repeat(43)}`

    for (const [route, member, more] of routes) {
      const isEnrolment = member === 'enrolmentToken'
      const tokens: Record<string, string> = {
        unknown: `${'A'.repeat(22)}.${'B'.repeat(43)}`,
        forged: forge(isEnrolment ? enrolment : later),
        expired: expired[member],
        spent,
        'used up': usedUp,
        revoked,
        'another revoked': other,
        'for another purpose': isEnrolment ? later : enrolment,
      }
      const responses = new Map<string, string[]>()
      for (const [kind, token] of Object.entries(tokens)) {
        const { response } = await observe(underPolicy, route, { body: { [member]: token, ...more } })
        const bytes = JSON.stringify(response)
        responses.set(bytes, [...(responses.get(bytes) ?? []), kind])
      }
      expect([...responses.values()], route).toEqual([Object.keys(tokens)])
      const [only = ''] = responses.keys()
      expect(JSON.parse(only), route).toMatchObject({ status: 401 })
      expect(JSON.parse(JSON.parse(only).text), route).toMatchObject({
        detail: 'The sign-in has expired. Sign in again.',
        error: 'login_expired',
      })
    }
  })

  test('of a form that no token has is refused by the form, for everybody', async () => {
    for (const loginToken of ['', 'x', 'a.b.c', `${'A'.repeat(22)}.${'B'.repeat(42)}`, 'é'.repeat(66)]) {
      const { status } = await wired.ask('POST /login/totp', { body: { loginToken, code: '123456' } })
      expect([401, 422]).toContain(status)
    }
  })
})

describe('a passkey that is presented without a name', () => {
  test('shows nothing about users without it', async () => {
    const [owner, other] = [await userWith('passkey'), await userWith()]
    const stranger = 'A'.repeat(22)
    const observed: Record<string, Observed> = {}
    for (const userId of [other.id, stranger, owner.id]) {
      const { challenge } = bodyOf(
        await wired.ask('POST /login/passkey/options', { body: {}, ...newSource() }),
      )
      const options = { challenge: String(challenge), rp: { id: 'localhost', name: '' } }
      const { passkey } = createPasskey(
        { ...options, user: { id: userId, name: '', displayName: '' } },
        ORIGIN,
      )
      const response = usePasskey(passkey, options, ORIGIN)
      observed[userId] = await observe(wired, 'POST /login/passkey', { body: { response } })
    }
    expect(observed[owner.id]?.response.status).toBe(401)
    expectSame(observed)
  })

  test('works for its owner: the control of these tests', async () => {
    const { passkey } = await userWith('passkey')
    if (passkey === undefined) throw new Error('no passkey')
    expect((await signInByPasskey(wired, passkey, undefined, newSource())).status).toBe(200)
  })
})

describe('an enrolment', () => {
  test('gets the same response for a mail, whether or not the user has a verified address', async () => {
    const address = `someone-${users}@example.org`
    const { username: withAddress } = await service.addUser({ username: 'name-7001', email: address })
    const { username: unverified } = await service.addUser({
      username: 'name-7002',
      email: `un${address}`,
      emailVerified: false,
    })
    const { username: without } = await service.addUser({ username: 'name-7003', email: undefined })
    const observed: Record<string, Observed> = {}
    for (const username of [withAddress, unverified, without]) {
      const enrolmentToken = await beginLogin(underPolicy, username, newSource())
      observed[username] = await observe(underPolicy, 'POST /enrolment/mail', { body: { enrolmentToken } })
    }
    for (const one of Object.values(observed)) {
      expect(one.response.status).toBe(202)
      one.response = { ...one.response, text: one.response.text.replace(/"mailId":"[\w-]{22}"/, '') }
    }
    expectSame(observed)
  })

  test('shows no part of the address, and nothing of the operator code', async () => {
    const { username } = await service.addUser({ username: 'name-7004', email: 'very.private@example.org' })
    const body = bodyOf(await enterPassword(underPolicy, username, newSource()))
    expect(Object.keys(body)).toEqual(['next', 'proofs', 'enrolmentToken'])
    const { enrolmentToken } = body
    const mail = await underPolicy.ask('POST /enrolment/mail', { body: { enrolmentToken }, ...newSource() })
    const proof = await underPolicy.ask('POST /enrolment/proof', {
      body: { enrolmentToken, operatorCode: '0123-4567-89AB-CDEF' },
      ...newSource(),
    })
    for (const response of [mail, proof]) expect(JSON.stringify(response)).not.toMatch(/private|example\.org/)
  })

  test.each(['POST /enrolment/totp', 'POST /enrolment/passkey/options'])(
    'is refused at %s before the proof, and changes nothing',
    async (route) => {
      const { username, id } = await userWith()
      const enrolmentToken = await beginLogin(underPolicy, username, newSource())
      const before = await service.items(`user#${id}`)
      const { status, text } = await underPolicy.ask(route, { body: { enrolmentToken }, ...newSource() })
      expect([status, JSON.parse(text).error]).toEqual([403, 'proof_required'])
      expect(await service.items(`user#${id}`)).toEqual(before)
    },
  )
})

/** Returns a call without its values: operation, partitions, kinds of items, expressions and types. */
function shapeOf({ operation, body }: Call): string {
  const hide = (value: unknown, name = ''): unknown => {
    if (Array.isArray(value)) return value.map((one) => hide(one, name))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, hide(one, key)]))
    }
    // Expressions and names of attributes say what a call does. Values begin with what they are.
    if (/Expression|TableName|^#|ReturnValues|KeyId|Algorithm/.test(name)) return value
    return String(value).split('#').length > 1 ? `${String(value).split('#')[0]}#` : typeof value
  }
  return `${operation} ${JSON.stringify(hide(JSON.parse(body)))}`
}

/** Sends a request, and returns its response and the shapes of its calls. Calls at the same time have no order. */
async function observe(functions: Functions, route: string, asking: Asking) {
  await service.settled()
  wire.intercept(() => 'pass')
  const response = await functions.ask(route, { ...newSource(), ...asking })
  await wire.settle()
  cases += 1
  return { response, calls: wire.calls().map(shapeOf).toSorted() }
}

/** Expects that requests look the same, by bytes, headers or calls. */
function expectSame(observed: Record<string, Observed>): void {
  const [first, ...others] = Object.entries(observed)
  for (const [name, one] of others) {
    expect({ name, ...one }).toEqual({ name, ...first?.[1] })
  }
}

const without = (response: ApiResponse, ...members: string[]): ApiResponse => {
  const body = JSON.parse(response.text)
  return {
    ...response,
    text: JSON.stringify(body, (key, value) => (members.includes(key) ? typeof value : value)),
  }
}

/** Adds a user with these factors. */
async function userWith(...factors: ('totp' | 'passkey')[]) {
  users += 1
  // All names have the same length.
  const { username, id } = await service.addUser({ username: `name-${1_000 + users}`, email: undefined })
  const known: Parameters<typeof signInWith>[1] = { username, recoveryCodes: [] }
  const functions = service.functions
  for (const factor of factors) {
    const { authToken } = await signInWith(functions, known, newSource())
    if (factor === 'totp') Object.assign(known, await addTotp(functions, authToken))
    else known.passkey = (await addPasskey(functions, authToken)).passkey
    vi.setSystemTime(Date.now() + 60_000)
  }
  return { ...known, id }
}
