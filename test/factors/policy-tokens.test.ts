import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addTotp, bodyOf, enterPassword, totpCode } from '../support/factors/client.ts'
import { type FactorService, ORIGIN, startFactorService } from '../support/factors/service.ts'
import { PASSWORD } from '../support/sessions.ts'
import { createPasskey } from '../support/webauthn/authenticator.ts'

// Access tokens that are older than requireSecondFactor.

vi.mock('node:crypto', async (original) =>
  (await import('../support/cheap-argon2.ts')).cheapArgon2(await original()),
)

let service: FactorService
beforeAll(async () => {
  service = await startFactorService()
})
afterAll(() => service.aws.stop())

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
  ['DELETE /me', {}],
])('%s refuses a token of one factor from before the policy', async (route, more) => {
  const { username } = await service.addUser()
  const { authToken: token } = bodyOf(await enterPassword(service.functions, username))
  const change = { token: String(token), body: { ...more, currentPassword: PASSWORD } }
  const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
  const { status, text } = await underPolicy.ask(route, change)
  expect([status, JSON.parse(text)]).toMatchObject([401, stepUp])
  expect((await service.functions.ask(route, change)).status).toBeLessThan(300)
})

test('an app that was set up before the policy is not confirmed after it', async () => {
  const { username } = await service.addUser()
  const token = String(bodyOf(await enterPassword(service.functions, username)).authToken)
  const setup = { token, body: { currentPassword: PASSWORD } }
  const { secret } = JSON.parse((await service.functions.ask('POST /factors/totp', setup)).text)
  const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
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
  const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
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
  const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
  const change = { token: String(token), body: { currentPassword: PASSWORD } }
  expect((await underPolicy.ask('POST /factors/totp', change)).status).toBe(200)
})
