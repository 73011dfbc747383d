import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { totpCounter } from '../../lib/throttling/factor-counters.ts'
import { stopTime } from '../support/at-once.ts'
import type { ApiResponse } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { ORIGIN, type TestService, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  type Factors,
  signInByPasskey,
  signInWith,
  totpCode,
  wrongTotpCode,
} from '../support/users/factors.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { usePasskey } from '../support/users/webauthn/authenticator.ts'

const NOW = new Date('2027-01-15T12:00:00.000Z')
let requests = 0
let bursts = 0

recordLogs()
const service = await useService({ settings: { MAILER: '' } })
stopTime(NOW)
afterAll(() => {
  vi.useRealTimers()
  console.log(`Bursts of factors: ${bursts} bursts, ${requests} requests`)
})
beforeEach(() => void vi.setSystemTime(NOW))

const ask: TestService['functions']['ask'] = (...parameters) => service.functions.ask(...parameters)

let sources = 0
/** Returns an address that no other request has come from. */
function newSource(): { sourceIp: string } {
  sources += 1
  return { sourceIp: `10.0.${sources >> 8}.${sources & 255}` }
}

/** Moves the clock to the next codes of an authenticator app. */
const nextStep = (seconds = 60) => void vi.setSystemTime(Date.now() + seconds * 1_000)

/** Adds a user with an authenticator app, whose next code is unused. */
async function withTotp(): Promise<Factors & { secret: string; id: string }> {
  const { username, id } = await service.addUser()
  const { authToken } = await signInWith({ ask }, { username, recoveryCodes: [] }, newSource())
  const { secret, recoveryCodes = [] } = await addTotp({ ask }, authToken)
  nextStep()
  return { username, secret, recoveryCodes, id }
}

/** Adds a user with an authenticator app and a passkey. */
async function withBoth() {
  const user = await withTotp()
  const { authToken } = await signInWith({ ask }, user, newSource())
  const { passkey } = await addPasskey({ ask }, authToken)
  nextStep()
  return { ...user, passkey }
}

/** Begins sign-ins, each from another address. */
async function beginLogins(username: string, count: number): Promise<string[]> {
  const tokens: string[] = []
  while (tokens.length < count) tokens.push(await beginLogin({ ask }, username, newSource()))
  return tokens
}

/** Sends requests at once. Returns how many had each status. All 422 are the same, byte for byte, and so are all 429. */
async function atOnce<T>(values: readonly T[], send: (value: T) => Promise<ApiResponse>) {
  const responses = await Promise.all(values.map(send))
  requests += values.length
  bursts += 1
  const counts: Record<number, number> = {}
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1
  for (const status of [422, 429]) {
    const same = responses.filter((one) => one.status === status).map((one) => JSON.stringify(one))
    expect(new Set(same).size).toBeLessThanOrEqual(1)
  }
  return counts
}

const enterTotp = (loginToken: string, code: string) =>
  ask('POST /login/totp', { body: { loginToken, code }, ...newSource() })

const enterRecoveryCode = (loginToken: string, code: string) =>
  ask('POST /login/recovery-code', { body: { loginToken, code }, ...newSource() })

/** Returns how many codes of a user are counted. */
async function counted(userId: string): Promise<number> {
  const { pk, sk } = totpCounter(userId, new Date()).key
  return (Object((await service.items(pk.S))[sk.S]?.ids).SS ?? []).length
}

/** Returns the number of live sessions of a user. */
const sessionsOf = async (id: string) =>
  Object.entries(await service.items(`user#${id}`)).filter(
    ([sk, item]) => sk.startsWith('session#') && item.endedAt === undefined,
  ).length

const times = <T>(count: number, value: T): T[] => Array(count).fill(value)

/** Enters wrong codes until the user's counter is full. */
async function enterWrongCodes({ username, secret, id }: { username: string; secret: string; id: string }) {
  for (let login = 0; login < 4; login += 1) {
    const token = await beginLogin({ ask }, username, newSource())
    for (let code = 0; code < 5; code += 1) {
      expect((await enterTotp(token, wrongTotpCode(secret, login * 5 + code))).status).toBe(422)
    }
  }
  expect(await counted(id)).toBe(20)
}

describe('codes of an authenticator app', () => {
  test('50 correct codes at once on one login token complete one sign-in', async () => {
    const user = await withTotp()
    const before = await sessionsOf(user.id)
    const [token = ''] = await beginLogins(user.username, 1)
    const {
      200: accepted,
      401: expired = 0,
      422: wrong = 0,
      ...others
    } = await atOnce(times(50, token), (one) => enterTotp(one, totpCode(user.secret)))
    expect([accepted, expired + wrong, others]).toEqual([1, 49, {}])
    expect(await sessionsOf(user.id)).toBe(before + 1)
  })

  proof('50 correct codes at once on 50 login tokens complete one sign-in', async () => {
    const user = await withTotp()
    const before = await sessionsOf(user.id)
    const tokens = await beginLogins(user.username, 50)
    const {
      200: accepted,
      422: wrong = 0,
      429: limited = 0,
      ...others
    } = await atOnce(tokens, (token) => enterTotp(token, totpCode(user.secret)))
    expect([accepted, wrong + limited, others]).toEqual([1, 49, {}])
    expect(await sessionsOf(user.id)).toBe(before + 1)
  })

  proof('three correct codes of three steps at once complete sign-ins in order only', async () => {
    const user = await withTotp()
    nextStep()
    const tokens = await beginLogins(user.username, 3)
    const codes = tokens.map((token, index) => ({ token, code: totpCode(user.secret, index - 1) }))
    const before = await sessionsOf(user.id)
    const { 200: accepted = 0 } = await atOnce(codes, ({ token, code }) => enterTotp(token, code))
    expect(accepted).toBeGreaterThanOrEqual(1)
    expect(await sessionsOf(user.id)).toBe(before + accepted)
    // None of them works again.
    for (const { code } of codes) {
      const [token = ''] = await beginLogins(user.username, 1)
      if (code === codes[2]?.code) expect((await enterTotp(token, code)).status).toBe(422)
    }
  })

  test('50 wrong codes at once on one login token are compared 5 times', async () => {
    const user = await withTotp()
    const [token = ''] = await beginLogins(user.username, 1)
    const codes = Array.from({ length: 50 }, (_, index) => wrongTotpCode(user.secret, index))
    expect(await atOnce(codes, (code) => enterTotp(token, code))).toEqual({ 401: 45, 422: 5 })
    expect(await counted(user.id)).toBe(5)
    // The correct one neither, from then on.
    expect((await enterTotp(token, totpCode(user.secret))).status).toBe(401)
  })

  proof('100 wrong codes at once on 20 login tokens are compared 20 times', async () => {
    const user = await withTotp()
    const tokens = await beginLogins(user.username, 20)
    const guesses = Array.from({ length: 100 }, (_, index) => ({
      token: tokens[index % 20] as string,
      code: wrongTotpCode(user.secret, index % 60),
    }))
    const counts = await atOnce(guesses, ({ token, code }) => enterTotp(token, code))
    expect(counts).toEqual({ 422: 20, 429: 80 })
    expect(await counted(user.id)).toBe(20)
  })

  test('the 21st code in a day gets 429, also the correct one, with the same bytes', async () => {
    const user = await withTotp()
    await enterWrongCodes(user)
    const [token = '', other = ''] = await beginLogins(user.username, 2)
    const wrong = await enterTotp(token, wrongTotpCode(user.secret, 30))
    const correct = await enterTotp(other, totpCode(user.secret))
    expect(wrong.status).toBe(429)
    expect(wrong.headers['Retry-After']).toBe(String(86_400 - (Math.floor(Date.now() / 1_000) % 86_400)))
    expect(correct).toEqual(wrong)
  })

  test.each(['recovery-code', 'passkey', 'passkey without a name'] as const)(
    'a %s works at the limit of codes, and empties their counter',
    async (kind) => {
      const user = await withBoth()
      await fillCounter(user)
      const [token = ''] = await beginLogins(user.username, 1)
      const response =
        kind === 'recovery-code'
          ? await enterRecoveryCode(token, user.recoveryCodes[0] ?? '')
          : await signInByPasskey({ ask }, user.passkey, kind === 'passkey' ? token : undefined, newSource())
      expect(response.status).toBe(200)
      expect(await counted(user.id)).toBe(0)
      const [next = ''] = await beginLogins(user.username, 1)
      expect((await enterTotp(next, totpCode(user.secret))).status).toBe(200)
    },
  )

  test('a sign-in of another user empties nothing', async () => {
    const [user, other] = [await withTotp(), await withTotp()]
    await fillCounter(user)
    await signInWith({ ask }, other, newSource())
    expect(await counted(user.id)).toBe(20)
  })

  proof('a thief with the password cannot keep the owner out', async () => {
    const user = await withTotp()
    for (let day = 0; day < 2; day += 1) {
      await enterWrongCodes(user)
      const [token = ''] = await beginLogins(user.username, 1)
      // The owner signs in with a recovery code, and with a code of the app in the same hour.
      expect((await enterRecoveryCode(token, user.recoveryCodes[day] ?? '')).status).toBe(200)
      nextStep()
      const { authToken } = await signInWith({ ask }, user, newSource())
      expect(await counted(user.id)).toBe(0)
      if (day === 1) {
        // After a new password, the thief cannot begin.
        const tokens = await beginLogins(user.username, 1)
        const body = { currentPassword: PASSWORD, newPassword: 'a password that no thief has' }
        expect((await ask('PUT /password', { token: authToken, body, ...newSource() })).status).toBe(204)
        expect((await enterTotp(tokens[0] ?? '', wrongTotpCode(user.secret))).status).toBe(401)
        const again = await ask('POST /login', {
          body: { username: user.username, password: PASSWORD },
          ...newSource(),
        })
        expect(again.status).toBe(401)
        expect(await counted(user.id)).toBe(0)
      }
      nextStep(86_400)
    }
  })

  proof('strangers without the password count no code', async () => {
    const user = await withTotp()
    const made = `${'A'.repeat(22)}.${'B'.repeat(43)}`
    expect(await atOnce(times(50, made), (token) => enterTotp(token, '123456'))).toEqual({ 401: 50 })
    const [token = ''] = await beginLogins(user.username, 1)
    const forged = `${token.split('.')[0]}.${'B'.repeat(43)}`
    expect(await atOnce(times(50, forged), (one) => enterTotp(one, '123456'))).toEqual({ 401: 50 })
    expect(await counted(user.id)).toBe(0)
    expect((await enterTotp(token, totpCode(user.secret))).status).toBe(200)
  })

  proof('50 correct passwords at once give back their attempts', async () => {
    const user = await withTotp()
    const source = newSource()
    for (let round = 0; round < 6; round += 1) {
      const { 200: begun = 0, 429: limited = 0 } = await atOnce(times(10, user.username), (username) =>
        ask('POST /login', { body: { username, password: PASSWORD }, ...source }),
      )
      expect([begun, limited]).toEqual([10, 0])
    }
  })
})

describe('other factors', () => {
  proof('one recovery code 20 times at once on 20 login tokens completes one sign-in', async () => {
    const user = await withTotp()
    const before = await sessionsOf(user.id)
    const tokens = await beginLogins(user.username, 20)
    const [code = '', next = ''] = user.recoveryCodes
    expect(await atOnce(tokens, (token) => enterRecoveryCode(token, code))).toEqual({ 200: 1, 422: 19 })
    expect(await sessionsOf(user.id)).toBe(before + 1)
    const [token = ''] = await beginLogins(user.username, 1)
    expect((await enterRecoveryCode(token, next)).status).toBe(200)
  })

  test('ten recovery codes at once on one login token complete one sign-in, and nine stay', async () => {
    const user = await withTotp()
    const [token = ''] = await beginLogins(user.username, 1)
    const {
      200: accepted,
      401: refused = 0,
      422: wrong = 0,
    } = await atOnce(user.recoveryCodes, (code) => enterRecoveryCode(token, code))
    expect([accepted, refused + wrong]).toEqual([1, 9])
    const { codes } = (await service.items(`user#${user.id}`))['recovery-codes'] ?? {}
    expect(Object(codes).SS).toHaveLength(9)
  })

  test('one response of a passkey 20 times at once completes one sign-in', async () => {
    const user = await withBoth()
    const before = await sessionsOf(user.id)
    const options = bodyOf<{ challenge: string }>(
      await ask('POST /login/passkey/options', { body: {}, ...newSource() }),
    )
    const response = usePasskey(user.passkey, options, ORIGIN)
    const send = () => ask('POST /login/passkey', { body: { response }, ...newSource() })
    expect(await atOnce(times(20, response), send)).toEqual({ 200: 1, 401: 19 })
    expect((await send()).status).toBe(401)
    expect(await sessionsOf(user.id)).toBe(before + 1)
  })

  proof('one response of a second passkey 20 times at once completes one sign-in', async () => {
    const user = await withBoth()
    const before = await sessionsOf(user.id)
    const [loginToken = ''] = await beginLogins(user.username, 1)
    const options = bodyOf<{ challenge: string }>(
      await ask('POST /login/passkey/options', { body: { loginToken }, ...newSource() }),
    )
    const response = usePasskey(user.passkey, options, ORIGIN)
    const send = () => ask('POST /login/passkey', { body: { loginToken, response }, ...newSource() })
    const { 200: accepted, 401: refused } = await atOnce(times(20, response), send)
    expect([accepted, refused]).toEqual([1, 19])
    expect(await sessionsOf(user.id)).toBe(before + 1)
  })

  test('three kinds of factor at once on one login token complete one sign-in', async () => {
    const user = await withBoth()
    const before = await sessionsOf(user.id)
    const [loginToken = ''] = await beginLogins(user.username, 1)
    const options = bodyOf<{ challenge: string }>(
      await ask('POST /login/passkey/options', { body: { loginToken }, ...newSource() }),
    )
    const response = usePasskey(user.passkey, options, ORIGIN)
    const [code = ''] = user.recoveryCodes
    const counts = await atOnce(
      [
        () => enterTotp(loginToken, totpCode(user.secret)),
        () => enterRecoveryCode(loginToken, code),
        () => ask('POST /login/passkey', { body: { loginToken, response }, ...newSource() }),
      ],
      (send) => send(),
    )
    expect(counts).toEqual({ 200: 1, 401: 2 })
    expect(await sessionsOf(user.id)).toBe(before + 1)
  })

  test('20 confirmations of an app at once add it once, with one set of recovery codes', async () => {
    const { username, id } = await service.addUser()
    const { authToken } = await signInWith({ ask }, { username, recoveryCodes: [] }, newSource())
    const { secret = '' } = bodyOf(
      await ask('POST /factors/totp', { token: authToken, body: { currentPassword: PASSWORD } }),
    )
    const body = { code: totpCode(secret) }
    const shown: string[][] = []
    await atOnce(times(20, body), async () => {
      const response = await ask('POST /factors/totp/confirm', { token: authToken, body })
      if (response.status === 200) shown.push(JSON.parse(response.text).recoveryCodes)
      return response
    })
    expect(shown).toHaveLength(1)
    nextStep()
    const [token = ''] = await beginLogins(username, 1)
    expect((await enterRecoveryCode(token, shown[0]?.[0] ?? '')).status).toBe(200)
    expect(Object((await service.items(`user#${id}`))['recovery-codes']?.codes).SS).toHaveLength(9)
  })

  proof('50 wrong codes at once for an app that is set up are compared 10 times', async () => {
    const { username } = await service.addUser()
    const { authToken } = await signInWith({ ask }, { username, recoveryCodes: [] }, newSource())
    const { secret = '' } = bodyOf(
      await ask('POST /factors/totp', { token: authToken, body: { currentPassword: PASSWORD } }),
    )
    const codes = Array.from({ length: 50 }, (_, index) => wrongTotpCode(secret, index))
    const counts = await atOnce(codes, (code) =>
      ask('POST /factors/totp/confirm', { token: authToken, body: { code } }),
    )
    expect(counts).toEqual({ 422: 10, 429: 40 })
  })

  proof('20 removals of one app at once remove it once', async () => {
    const user = await withTotp()
    const { authToken } = await signInWith({ ask }, user, newSource())
    const body = { currentPassword: PASSWORD }
    const { 204: removed = 0 } = await atOnce(times(10, body), () =>
      ask('DELETE /factors/totp', { token: authToken, body, ...newSource() }),
    )
    expect(removed).toBeGreaterThanOrEqual(1)
    const items = await service.items(`user#${user.id}`)
    expect([items.totp, items['recovery-codes'], items.profile?.factors]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})

/** Fills the user's counter, as 20 wrong codes do. */
async function fillCounter({ id }: { id: string }) {
  const ids = Array.from({ length: 20 }, (_, index) => `wrong code ${index}`)
  await service.table.aws('dynamodb', 'UpdateItem', {
    TableName: service.table.name,
    Key: totpCounter(id, new Date()).key,
    UpdateExpression: 'ADD ids :ids SET expiresAt = :expiresAt',
    ExpressionAttributeValues: { ':ids': { SS: ids }, ':expiresAt': { N: '4000000000' } },
  })
  expect(await counted(id)).toBe(20)
}
