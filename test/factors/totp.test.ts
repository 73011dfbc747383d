import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { claimsOf } from '../support/http/forge.ts'
import { fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { proof } from '../support/rows.ts'
import { useService } from '../support/service.ts'
import { authenticator, wrongCodeFor } from '../support/users/authenticator.ts'
import { begin, PASSWORD, refresh, tokensOf } from '../support/users/sessions.ts'
import {
  addTotpUser,
  beginSignIn,
  sendCode,
  signInWithTotp,
  storedFactors,
  type TotpUser,
} from './totp-users.ts'

const stores = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900' } })
const { functions, events } = stores

/** The beginning of a step. */
const START = new Date('2026-11-26T10:00:00Z')
const at = (seconds: number) => vi.setSystemTime(START.getTime() + seconds * 1000)
const body = { currentPassword: PASSWORD }
let records: { event: string }[] = []
let cases = 0

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  records = recordLogs()
})
afterEach(() => {
  cases += 1
  vi.useRealTimers()
  vi.restoreAllMocks()
})
afterAll(() => console.log(`Authenticator apps: ${cases} cases ran`))
const WRONG = fieldError('#/code', 'Incorrect code.')
const wrong = { status: 422, text: expect.stringContaining(JSON.stringify(WRONG)) }
const accepted = { status: 200, text: expect.stringContaining('"authToken"') }

describe('an authenticator app', () => {
  test('is set up, confirmed, and completes a sign-in with two factors', async () => {
    const user = await addTotpUser(stores, functions, { email: 'a@example.org', emailVerified: true })
    expect(user.secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(user.uri).toBe(
      `otpauth://totp/Test:${user.username}?secret=${user.secret}&issuer=Test&algorithm=SHA1&digits=6&period=30`,
    )
    expect(user.recoveryCodes).toHaveLength(10)
    expect(await storedFactors(stores, user.username)).toEqual(['totp'])

    expect(await beginSignIn(functions, user.username)).toEqual({
      next: 'second-factor',
      factors: ['totp', 'recovery-code'],
      loginToken: expect.stringMatching(/^[\w-]{22}\.[\w-]{43}$/),
    })
    at(30)
    const tokens = tokensOf(await sendCode(functions, user, user.code(new Date())))
    expect(claimsOf(tokens.authToken)).toMatchObject({
      amr: ['pwd', 'otp', 'mfa'],
      acr: 'aal2',
      auth_time: START.getTime() / 1000 + 30,
    })
    const me = await functions.ask('me', { token: tokens.authToken })
    expect(JSON.parse(me.text)).toMatchObject({ factors: ['totp'], recoveryCodesLeft: 10 })
    expect(eventsOf(user.username)).toEqual(['new-source', 'totp-added'])
    expect(named('factor.added')).toEqual([{ event: 'factor.added', userId: user.id, factor: 'totp' }])
  })

  test('ends the other sessions and revokes all tokens when it is the first second factor', async () => {
    const username = await stores.add()
    const other = await begin(stores, functions, username)
    const own = await begin(stores, functions, username)
    const token = own.authToken
    const started = await functions.ask('POST /factors/totp', { token, body })
    expect(await functions.opens(token)).toBe(true)
    const { secret } = JSON.parse(started.text)
    const code = authenticator(secret)(new Date())
    expect(await functions.ask('confirm-totp', { token, body: { code } })).toMatchObject({
      status: 200,
    })
    expect(await functions.opens(token)).toBe(false)
    expect((await refresh(functions, other.refreshToken)).status).toBe(401)
    expect((await refresh(functions, own.refreshToken)).status).toBe(200)
  })

  test('is no factor before a code confirmed it', async () => {
    const username = await stores.add()
    const { authToken: token } = await begin(stores, functions, username)
    const { secret } = JSON.parse((await functions.ask('POST /factors/totp', { token, body })).text)
    const code = wrongCodeFor(authenticator(secret), new Date())
    expect(await functions.ask('confirm-totp', { token, body: { code } })).toMatchObject(wrong)
    expect(await storedFactors(stores, username)).toEqual([])
    expect(tokensOf(await functions.ask('login', { body: { username, password: PASSWORD } }))).toBeTruthy()
  })

  test('is removed with its recovery codes, after which the password alone signs in', async () => {
    const user = await addTotpUser(stores, functions)
    const { authToken: token } = await signInWithTotp(functions, user)
    expect(await functions.ask('DELETE /factors/totp', { token, body })).toMatchObject({ status: 204 })
    expect(await functions.opens(token)).toBe(false)
    expect(await storedFactors(stores, user.username)).toEqual([])
    const items = Object.keys(await stores.itemsOf(user.username))
    expect(items.filter((sk) => /^(totp|recovery-codes|factor-reset)$/.test(sk))).toEqual([])
    const login = await functions.ask('login', { body: { username: user.username, password: PASSWORD } })
    expect(claimsOf(tokensOf(login).authToken)).toMatchObject({ amr: ['pwd'], acr: 'aal1' })
    expect(named('factor.removed')).toHaveLength(1)
  })

  test('replaces an earlier one, whose codes are no longer accepted', async () => {
    const user = await addTotpUser(stores, functions)
    const { authToken: token, refreshToken } = await signInWithTotp(functions, user)
    const other = await begin(stores, functions, user.username)
    at(60)
    const { secret } = JSON.parse((await functions.ask('POST /factors/totp', { token, body })).text)
    const code = authenticator(secret)
    const confirmation = { token, body: { code: code(new Date()) } }
    expect(await functions.ask('confirm-totp', confirmation)).toMatchObject({
      status: 200,
      text: '{}',
    })
    expect((await refresh(functions, other.refreshToken)).status).toBe(401)
    expect((await refresh(functions, refreshToken)).status).toBe(200)
    at(90)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject(wrong)
    expect(await sendCode(functions, user, code(new Date()))).toMatchObject(accepted)
  })

  test('cannot be removed as the last factor under a policy that demands one', async () => {
    const strict = await stores.load({ REQUIRE_SECOND_FACTOR: 'all', LIMIT_USER_AND_SOURCE: '999/900' })
    const user = await addTotpUser(stores, functions)
    const { authToken: token } = await signInWithTotp(strict, user)
    const response = await strict.ask('DELETE /factors/totp', { token, body })
    expect(response).toMatchObject({ status: 409, text: expect.stringContaining('"error":"last_factor"') })
    expect(await storedFactors(stores, user.username)).toEqual(['totp'])
    expect(await strict.opens(token)).toBe(true)
  })
})

describe('a setup', () => {
  const start = async () => {
    const username = await stores.add()
    const { authToken: token } = await begin(stores, functions, username)
    const setUp = async () => {
      const { secret } = JSON.parse((await functions.ask('POST /factors/totp', { token, body })).text)
      return authenticator(secret)
    }
    const confirm = (code: string) => functions.ask('confirm-totp', { token, body: { code } })
    return { username, token, setUp, confirm }
  }
  const expired = { status: 409, text: expect.stringContaining('"error":"setup_expired"') }

  test('expires after ten minutes', async () => {
    const { setUp, confirm } = await start()
    const code = await setUp()
    at(600)
    expect(await confirm(code(new Date()))).toMatchObject(expired)
    at(599)
    expect(await confirm(code(new Date()))).toMatchObject({ status: 200 })
  })

  test('is replaced by a newer one', async () => {
    const { setUp, confirm } = await start()
    const [older, newer] = [await setUp(), await setUp()]
    expect(await confirm(older(new Date()))).toMatchObject(wrong)
    expect(await confirm(newer(new Date()))).toMatchObject({ status: 200 })
    expect(await confirm(newer(new Date(), 1))).toMatchObject({ status: 401 })
  })

  test('is void after a change of the user', async () => {
    const { username, setUp } = await start()
    const code = await setUp()
    await stores.change(username, {})
    const { authToken: token } = await begin(stores, functions, username)
    const confirmation = { token, body: { code: code(new Date()) } }
    expect(await functions.ask('confirm-totp', confirmation)).toMatchObject(expired)
  })

  test('takes ten tries, and a new one takes ten more', async () => {
    const { setUp, confirm } = await start()
    let code = await setUp()
    for (let count = 0; count < 10; count += 1) {
      expect(await confirm(wrongCodeFor(code, new Date()))).toMatchObject(wrong)
    }
    expect(await confirm(code(new Date()))).toMatchObject({ status: 429, headers: { 'Retry-After': '600' } })
    at(1)
    code = await setUp()
    expect(await confirm(code(new Date()))).toMatchObject({ status: 200 })
  })

  test('needs the current password, and of a user with a factor a recent sign-in with two', async () => {
    const user = await addTotpUser(stores, functions)
    const { authToken: token } = await signInWithTotp(functions, user)
    const asked = (asking: object) => functions.ask('POST /factors/totp', { token, ...asking })
    expect(await asked({ body: { currentPassword: 'another password' } })).toMatchObject({ status: 422 })
    expect(await asked({ body })).toMatchObject({ status: 200 })
    at(300)
    expect(await asked({ body })).toMatchObject({ status: 200 })
    at(301)
    expect(await asked({ body })).toMatchObject({
      status: 401,
      text: expect.stringContaining('"error":"insufficient_user_authentication"'),
    })
    const old = tokensOf(await refresh(functions, user.refreshToken))
    for (const route of [
      'POST /factors/totp',
      'DELETE /factors/totp',
      'POST /factors/recovery-codes',
    ] as const) {
      expect(await functions.ask(route, { token: old.authToken, body })).toMatchObject({ status: 401 })
    }
  })
})

describe('a code', () => {
  test('is accepted once, also by another login token, nor is one of an earlier step', async () => {
    const user = await addTotpUser(stores, functions)
    at(90)
    const now = new Date()
    expect(await sendCode(functions, user, user.code(now))).toMatchObject(accepted)
    expect(await sendCode(functions, user, user.code(now))).toMatchObject(wrong)
    expect(await sendCode(functions, user, user.code(now, -1))).toMatchObject(wrong)
    expect(await sendCode(functions, user, user.code(now, 1))).toMatchObject(accepted)
  })

  test('that confirmed the app does not sign in', async () => {
    const user = await addTotpUser(stores, functions)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject(wrong)
  })

  test.each([
    ['of five digits', '12345'],
    ['of seven digits', '1234567'],
    ['with a blank', '123 456'],
    ['with a sign', '-12345'],
    ['that is empty', ''],
    ['with a line break', '123456\n'],
    ['that is a number', 123456],
    ['that is a list', ['123456']],
  ])('%s is rejected, and costs no try', async (_what, code) => {
    const user = await addTotpUser(stores, functions)
    at(60)
    const { loginToken } = await beginSignIn(functions, user.username)
    for (let count = 0; count < 6; count += 1) {
      const response = await functions.ask('POST /login/totp', { body: { loginToken, code } })
      expect(response).toMatchObject({ status: 422, text: expect.not.stringContaining('Incorrect') })
    }
    expect(await countedCodes(user)).toBe(0)
    expect(await sendCode(functions, user, user.code(new Date()), loginToken)).toMatchObject(accepted)
  })

  test('of a removed app does not complete a sign-in that has begun', async () => {
    const user = await addTotpUser(stores, functions)
    const { loginToken } = await beginSignIn(functions, user.username)
    const { authToken: token } = await signInWithTotp(functions, user)
    expect(await functions.ask('DELETE /factors/totp', { token, body })).toMatchObject({ status: 204 })
    at(60)
    const response = await sendCode(functions, user, user.code(new Date()), loginToken)
    expect(response).toMatchObject({ status: 401, text: expect.stringContaining('login_expired') })
  })
})

describe('wrong codes of a user', () => {
  /** Sends wrong codes with a new login token for each. */
  async function sendWrongCodes(user: TotpUser, count: number) {
    for (let sent = 0; sent < count; sent += 1) {
      const code = wrongCodeFor(user.code, new Date())
      expect(await sendCode(functions, user, code)).toMatchObject(wrong)
    }
  }

  test('are limited to 20 in 24 hours over all login tokens, and the user gets one mail', async () => {
    const user = await addTotpUser(stores, functions, { email: 'b@example.org', emailVerified: true })
    at(60)
    await sendWrongCodes(user, 19)
    expect(eventsOf(user.username)).not.toContain('totp-limited')
    await sendWrongCodes(user, 1)
    const limited = await sendCode(functions, user, user.code(new Date()))
    expect(limited).toMatchObject({ status: 429, headers: { 'Retry-After': String(14 * 3_600 - 60) } })
    expect(named('factor.limited')).toHaveLength(1)
    expect(eventsOf(user.username).filter((kind) => kind === 'totp-limited')).toHaveLength(1)

    // A recovery code still signs in, and empties the counter.
    const { loginToken } = await beginSignIn(functions, user.username)
    const recovery = { body: { loginToken, code: user.recoveryCodes[0] } }
    expect(await functions.ask('POST /login/recovery-code', recovery)).toMatchObject(accepted)
    expect(await countedCodes(user)).toBe(0)
    at(120)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject(accepted)

    // The same window is full again: the event has the same id, for which the mailer sends no second mail.
    await sendWrongCodes(user, 20)
    const ids = events.filter(({ kind }) => kind === 'totp-limited').map((event) => 'id' in event && event.id)
    expect(ids).toEqual([ids[0], ids[0]])
  })

  proof('are counted in windows of 24 hours', async () => {
    const user = await addTotpUser(stores, functions)
    await sendWrongCodes(user, 20)
    at(14 * 3_600 - 1)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject({ status: 429 })
    at(14 * 3_600)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject(accepted)
  })

  test('stay counted after a correct password, and a complete sign-in empties them', async () => {
    const user = await addTotpUser(stores, functions)
    at(60)
    await sendWrongCodes(user, 3)
    await beginSignIn(functions, user.username)
    expect(await countedCodes(user)).toBe(3)
    expect(await sendCode(functions, user, user.code(new Date()))).toMatchObject(accepted)
    expect(await countedCodes(user)).toBe(0)
  })
})

const eventsOf = (username: string) =>
  events.flatMap((event) => ('username' in event && event.username === username ? [event.kind] : []))

const named = (event: string) => records.filter((record) => record.event === event)

const countedCodes = ({ id }: TotpUser) => stores.attempts(`user#${id}`, 'attempts#totp')
