import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { rangeWith, startBreaches } from '../support/http/fake-breaches.ts'
import { fieldError } from '../support/http/problems.ts'
import { recordLogs } from '../support/logs.ts'
import { type TestService, useService } from '../support/service.ts'
import { newAddress, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD, PASSWORD, signIn } from '../support/users/sessions.ts'

const BREACHED = 'a password that others had'
const WRONG_TOKEN = `${'A'.repeat(22)}.${'A'.repeat(43)}`

beforeAll(() => {
  recordLogs()
})

interface Scene {
  address: string
  /** Sends a new password with the correct proof. */
  send: (password: string) => ReturnType<TestService['ask']>
  /** Sends a new password without it. */
  guess: (password: string) => ReturnType<TestService['ask']>
}

describe.each<[string, string, (service: TestService) => Promise<Scene>]>([
  [
    'registration',
    '#/password',
    async (service) => {
      const address = newAddress()
      await service.ask('register', { body: { email: address } })
      const token = tokenIn(service.mailTo(address))
      const ask = (proof: string, password: string) =>
        service.ask('new-account', { body: { token: proof, password, username: 'ada' } })
      return { address, send: (one) => ask(token, one), guess: (one) => ask(WRONG_TOKEN, one) }
    },
  ],
  [
    'reset',
    '#/password',
    async (service) => {
      const { address, username } = await addUser(service)
      await service.ask('forgot', { body: { login: username } })
      const token = tokenIn(service.mailTo(address))
      const ask = (proof: string, password: string) =>
        service.ask('reset', { body: { token: proof, password } })
      return { address, send: (one) => ask(token, one), guess: (one) => ask(WRONG_TOKEN, one) }
    },
  ],
  [
    'change of the password',
    '#/newPassword',
    async (service) => {
      const { address, username } = await addUser(service)
      const { authToken: token } = await signIn(service.functions, username)
      const ask = (currentPassword: string, newPassword: string) =>
        service.ask('password', { token, body: { currentPassword, newPassword } })
      return { address, send: (one) => ask(PASSWORD, one), guess: (one) => ask('a guess', one) }
    },
  ],
])('a %s refuses', (_what, pointer, prepare) => {
  const refusal = (detail: string) => ({
    status: 422,
    body: expect.objectContaining({ errors: [fieldError(pointer, detail)] }),
  })

  test('the address as the password, in any case, and accepts another one', async () => {
    const { service } = await start()
    const { address, send } = await prepare(service)
    for (const password of [address, address.toLowerCase()]) {
      expect(await send(password)).toMatchObject(refusal('Must not be the e-mail address.'))
    }
    expect((await send(NEW_PASSWORD)).status).toBeLessThan(300)
  })

  test('a breached password, about which it asks after the proof only', async () => {
    const { service, received } = await start()
    const { send, guess } = await prepare(service)
    expect((await guess(BREACHED)).status).toBeGreaterThanOrEqual(400)
    expect(received).toEqual([])
    expect(await send(BREACHED)).toMatchObject(refusal('Must not be a password from a known data breach.'))
    expect(received).toHaveLength(1)
  })
})

/** Starts a service that knows {@link BREACHED}. */
async function start() {
  const { api, received } = await startBreaches(rangeWith(BREACHED, 3))
  const service = await useService({ settings: { BREACHED_PASSWORDS: api.href } })
  onTestFinished(() => service.aws.stop())
  return { service, received }
}

/** Adds a user whose username is not the address. */
async function addUser(service: TestService) {
  const address = newAddress()
  const username = await service.add({ email: address.toLowerCase(), emailAsWritten: address })
  return { address, username }
}
