import { expect, test, vi } from 'vitest'
import type { User } from '../../lib/users/user.ts'
import type { Mail } from '../../local/mail/mailbox.ts'
import { ORIGIN, useService } from '../support/service.ts'
import { addTotp, beginLogin, bodyOf, enterPassword, totpCode } from '../support/users/factors.ts'
import { codeIn, newAddress, tokenIn } from '../support/users/mails.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

// Access tokens and requests that are older than requireSecondFactor.

const service = await useService()
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })

const stepUp = {
  error: 'insufficient_user_authentication',
  acr_values: 'aal2',
  max_age: 300,
}

test.each([
  ['POST /factors/totp', {}],
  ['POST /passkeys/options', {}],
  ['PUT /email', { email: 'thief@example.org' }],
  ['PUT /password', { newPassword: 'the password of a thief' }],
  ['PUT /me/locale', { locale: 'en' }],
  ['DELETE /me', {}],
])('%s refuses a token of one factor from before the policy', async (route, more) => {
  const { username } = await service.addUser()
  const { authToken: token } = bodyOf(await enterPassword(service.functions, username))
  const change = { token: String(token), body: { ...more, currentPassword: PASSWORD } }
  const { status, text } = await underPolicy.ask(route, change)
  expect([status, JSON.parse(text)]).toMatchObject([401, stepUp])
  expect((await service.functions.ask(route, change)).status).toBeLessThan(300)
})

test('an app that was set up before the policy is not confirmed after it', async () => {
  const { username } = await service.addUser()
  const token = String(bodyOf(await enterPassword(service.functions, username)).authToken)
  const setup = { token, body: { currentPassword: PASSWORD } }
  const { secret } = JSON.parse((await service.functions.ask('POST /factors/totp', setup)).text)
  const confirmation = { token, body: { code: totpCode(secret) } }
  const { status, text } = await underPolicy.ask('POST /factors/totp/confirm', confirmation)
  expect([status, JSON.parse(text)]).toMatchObject([401, stepUp])
  expect((await service.functions.ask('POST /factors/totp/confirm', confirmation)).status).toBe(200)
})

test('a passkey that was begun before the policy is not added after it', async () => {
  const { username } = await service.addUser()
  const token = String(bodyOf(await enterPassword(service.functions, username)).authToken)
  const begun = { token, body: { currentPassword: PASSWORD } }
  const options = JSON.parse((await service.functions.ask('POST /passkeys/options', begun)).text)
  const { response } = createPasskey(options, ORIGIN)
  const { status, text } = await underPolicy.ask('POST /passkeys', { token, body: { response } })
  expect([status, JSON.parse(text)]).toMatchObject([401, stepUp])
  expect((await service.functions.ask('POST /passkeys', { token, body: { response } })).status).toBe(200)
})

test('a user of the policy who signed in with two factors may change them', async () => {
  const { username } = await service.addUser()
  const { authToken } = bodyOf(await enterPassword(service.functions, username))
  const { recoveryCodes = [] } = await addTotp(service.functions, String(authToken))
  const { loginToken } = bodyOf(await enterPassword(service.functions, username))
  const body = { loginToken, code: recoveryCodes[0] }
  const { authToken: token } = bodyOf(await service.functions.ask('POST /login/recovery-code', { body }))
  const change = { token: String(token), body: { currentPassword: PASSWORD } }
  expect((await underPolicy.ask('POST /factors/totp', change)).status).toBe(200)
})

/** Returns the mail to an address, once it is sent. */
async function mailTo(address: string): Promise<Mail> {
  await service.settled()
  const mail = service.aws.mailbox.list().find(({ to }) => to === address)
  if (mail === undefined) throw new Error('there is no mail')
  return mail
}

/** Asks for a new address with a token of one factor. Returns the address, and the two proofs in its mail. */
async function askForAddress(values: Partial<User> = {}) {
  const user = await service.addUser(values)
  const token = String(bodyOf(await enterPassword(service.functions, user.username)).authToken)
  const email = newAddress()
  const change = { token, body: { email, currentPassword: PASSWORD } }
  const { mailId } = bodyOf(await service.functions.ask('PUT /email', change), 202)
  const mail = await mailTo(email)
  return {
    ...user,
    token,
    newEmail: email.toLowerCase(),
    byCode: { mailId, code: codeIn(mail) },
    byLink: { token: tokenIn(mail) },
  }
}

test.each(['byLink', 'byCode'] as const)(
  'an address from before the policy is not confirmed %s',
  async (by) => {
    const { username, email, token, [by]: body } = await askForAddress()
    const info = vi.spyOn(console, 'info').mockReturnValue()
    const { status, text } = await underPolicy.ask('POST /email/confirm', { token, body })
    expect([status, JSON.parse(text)]).toEqual([
      400,
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'The link or code is invalid or expired.',
        code: 'invalid_link',
      },
    ])
    expect(info.mock.calls).toMatchObject([
      [{ event: 'link.refused', reason: 'the user must have a factor now' }],
    ])
    info.mockRestore()
    expect((await service.user(username)).email).toBe(email)
    expect((await service.functions.ask('POST /email/confirm', { token, body })).status).toBe(204)
  },
)

test('a new address is confirmed for a user whom the policy does not cover', async () => {
  const { username, newEmail, token, byLink: body } = await askForAddress({ role: 'user' })
  const others = await service.load({ REQUIRE_SECOND_FACTOR: 'administrators' })
  expect((await others.ask('POST /email/confirm', { token, body })).status).toBe(204)
  expect((await service.user(username)).email).toBe(newEmail)
})

test('an address from before the policy is not confirmed after the enrolment', async () => {
  const { username, email, byLink: body } = await askForAddress()
  const enrolmentToken = await beginLogin(underPolicy, username)
  await service.proveEnrolments(username, [enrolmentToken])
  const setup = await underPolicy.ask('POST /enrolment/totp', { body: { enrolmentToken } })
  const code = totpCode(String(bodyOf(setup).secret))
  const enrolled = await underPolicy.ask('POST /enrolment/totp/confirm', { body: { enrolmentToken, code } })
  const token = String(bodyOf(enrolled).authToken)
  expect(await service.user(username)).toMatchObject({ factors: 'totp', email })
  expect((await underPolicy.ask('POST /email/confirm', { token, body })).status).toBe(400)
  expect((await service.user(username)).email).toBe(email)
})

test('a user of the policy with a factor changes the address', async () => {
  const { username } = await service.addUser()
  const { authToken } = bodyOf(await enterPassword(service.functions, username))
  const { secret } = await addTotp(service.functions, String(authToken))
  const loginToken = await beginLogin(underPolicy, username)
  const signIn = { body: { loginToken, code: totpCode(secret, 1) } }
  const token = String(bodyOf(await underPolicy.ask('POST /login/totp', signIn)).authToken)
  const email = newAddress()
  const change = { token, body: { email, currentPassword: PASSWORD } }
  expect((await underPolicy.ask('PUT /email', change)).status).toBe(202)
  const body = { token: tokenIn(await mailTo(email)) }
  expect((await underPolicy.ask('POST /email/confirm', { token, body })).status).toBe(204)
  expect((await service.user(username)).email).toBe(email.toLowerCase())
})
