import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addTotp, bodyOf, enterPassword } from '../support/factors/client.ts'
import { type FactorService, startFactorService } from '../support/factors/service.ts'
import { PASSWORD } from '../support/sessions.ts'

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

test.each([['POST /factors/totp'], ['POST /passkeys/options']])(
  '%s refuses a token of one factor from before the policy',
  async (route) => {
    const { username } = await service.addUser()
    const { authToken: token } = bodyOf(await enterPassword(service.functions, username))
    const change = { token: String(token), body: { currentPassword: PASSWORD } }
    const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
    const { status, text } = await underPolicy.ask(route, change)
    expect([status, JSON.parse(text)]).toMatchObject([401, stepUp])
    expect((await service.functions.ask(route, change)).status).toBe(200)
  },
)

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
