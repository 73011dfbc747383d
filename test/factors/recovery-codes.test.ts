import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { recordLogs } from '../support/logs.ts'
import { useService } from '../support/service.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { PASSWORD, tokensOf } from '../support/users/sessions.ts'
import { addTotpUser, beginSignIn, signInWithTotp, type TotpUser } from './totp-users.ts'

const stores = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900' } })
const { functions, events } = stores
let cases = 0
afterAll(() => console.log(`Recovery codes: ${cases} cases ran`))

beforeEach(() => {
  cases += 1
  recordLogs()
})

const body = { currentPassword: PASSWORD }
let added = 0
const accepted = { status: 200, text: expect.stringContaining('"authToken"') }
const wrong = {
  status: 422,
  text: expect.stringContaining('{"pointer":"#/code","detail":"Incorrect code.","rule":"incorrect"}'),
}

describe('a recovery code', () => {
  test('completes a sign-in with two factors once, and the user gets a mail', async () => {
    const user = await add()
    const [code = ''] = user.recoveryCodes
    const { authToken } = tokensOf(await use(user, code))
    const claims = JSON.parse(Buffer.from(authToken.split('.')[1] ?? '', 'base64url').toString())
    expect(claims).toMatchObject({ amr: ['pwd', 'recovery', 'mfa'], acr: 'aal2' })
    expect(JSON.parse((await functions.ask('me', { token: authToken })).text)).toMatchObject({
      factors: ['totp'],
      recoveryCodesLeft: 9,
    })
    expect(kindsOf(user.username)).toContain('recovery-code-used')
    expect(await use(user, code)).toMatchObject(wrong)
  })

  test.each([
    ['over 64 characters', 'A'.repeat(65)],
    ['that is a number', 7],
    ['that is missing', undefined],
  ])('%s is invalid', async (_what, code) => {
    const user = await add()
    expect(await use(user, code)).toMatchObject({
      status: 422,
      text: expect.not.stringContaining('Incorrect'),
    })
  })

  test('of another user is a wrong code, and so is an empty one', async () => {
    const [user, other] = [await add(), await add()]
    for (const code of [other.recoveryCodes[0], '']) expect(await use(user, code)).toMatchObject(wrong)
    expect([await left(user), await left(other)]).toEqual([10, 10])
  })

  test('is tried five times for one login token', async () => {
    const user = await add()
    const { loginToken } = await beginSignIn(functions, user.username)
    for (let count = 0; count < 5; count += 1) {
      expect(await use(user, '0000-0000-0000-0000', loginToken)).toMatchObject(wrong)
    }
    const response = await use(user, user.recoveryCodes[0], loginToken)
    expect(response).toMatchObject({ status: 401, text: expect.stringContaining('login_expired') })
    expect(await left(user)).toBe(10)
  })

  test('is not stored, only its hash', async () => {
    const user = await add()
    const text = JSON.stringify(await stores.itemsOf(user.username))
    for (const code of user.recoveryCodes) {
      expect(text).not.toContain(code)
      expect(text).not.toContain(code.replaceAll('-', ''))
    }
    expect(text).not.toContain(user.secret)
  })
})

describe('new recovery codes', () => {
  test('replace the earlier ones, and the user gets a mail', async () => {
    const user = await add()
    const { authToken: token } = await signInWithTotp(functions, user)
    const response = await functions.ask('POST /factors/recovery-codes', { token, body })
    const { recoveryCodes } = JSON.parse(response.text)
    expect(recoveryCodes).toHaveLength(10)
    expect(kindsOf(user.username)).toContain('recovery-codes-replaced')
    // They end no session: the caller has proved both factors.
    expect(await functions.opens(token)).toBe(true)
    expect(await use(user, user.recoveryCodes[0])).toMatchObject(wrong)
    expect(await use(user, recoveryCodes[0])).toMatchObject(accepted)
  })

  test('come with a new app when none are left, and not before', async () => {
    const user = await add()
    for (const code of user.recoveryCodes) expect(await use(user, code)).toMatchObject(accepted)
    expect(await left(user)).toBe(0)
    expect((await beginSignIn(functions, user.username)).factors).toEqual(['totp'])
    const { authToken: token } = await signInWithTotp(functions, user)
    expect(JSON.parse((await functions.ask('me', { token })).text)).toMatchObject({ recoveryCodesLeft: 0 })
    const { secret } = JSON.parse((await functions.ask('POST /factors/totp', { token, body })).text)
    const confirmation = { token, body: { code: authenticator(secret)(new Date()) } }
    const { text } = await functions.ask('confirm-totp', confirmation)
    expect(JSON.parse(text).recoveryCodes).toHaveLength(10)
    cases += 10
  })

  test('need a second factor', async () => {
    const username = await stores.add()
    const { authToken: token } = tokensOf(
      await functions.ask('login', { body: { username, password: PASSWORD } }),
    )
    expect(await functions.ask('POST /factors/recovery-codes', { token, body })).toMatchObject({
      status: 409,
      text: expect.stringContaining('"error":"no_factor"'),
    })
  })
})

const kindsOf = (username: string) =>
  events.flatMap((event) => ('username' in event && event.username === username ? [event.kind] : []))

const add = () => {
  added += 1
  const email = `r${added}@example.org`
  return addTotpUser(stores, functions, { email, emailVerified: true })
}

const use = async ({ username }: TotpUser, code: unknown, loginToken?: string) =>
  functions.ask('POST /login/recovery-code', {
    body: { loginToken: loginToken ?? (await beginSignIn(functions, username)).loginToken, code },
  })

const left = async ({ username }: TotpUser) => {
  const codes = (await stores.itemsOf(username))['recovery-codes']?.codes
  return (Object(codes).SS ?? []).length
}
