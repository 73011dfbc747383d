import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Functions } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, useService } from '../support/service.ts'
import { addPasskey, addTotp, beginLogin, bodyOf, signInWith, totpCode } from '../support/users/factors.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { createPasskey, type SoftPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

const NOW = new Date('2027-01-15T12:00:00.000Z')

recordLogs()
vi.useFakeTimers({ toFake: ['Date'], now: NOW })
const service = await useService({ settings: { MAILER: '' } })
const underPolicy = await service.load({ REQUIRE_SECOND_FACTOR: 'all' })
beforeEach(() => void vi.setSystemTime(NOW))

const REFUSED = [401, 'passkey_refused']
const ACCEPTED = [200, undefined]

describe('the challenge of a sign-in', () => {
  test('without a name is refused as that of a second factor, and the other way round', async () => {
    const { username, passkey } = await owner()
    const loginToken = await beginLogin({ ask }, username)
    const [anonymous, second] = [await challengeFor(), await challengeFor(loginToken)]
    expect(await signIn(passkey, anonymous, loginToken)).toEqual(REFUSED)
    expect(await signIn(passkey, second)).toEqual(REFUSED)
    expect(await signIn(passkey, second, loginToken)).toEqual(ACCEPTED)
    expect(await signIn(passkey, anonymous)).toEqual(ACCEPTED)
  })

  test('is refused with another login token of the user, and of another user', async () => {
    const [user, other] = [await owner(), await owner()]
    const [first, second] = [
      await beginLogin({ ask }, user.username),
      await beginLogin({ ask }, user.username),
    ]
    const foreign = await beginLogin({ ask }, other.username)
    const challenge = await challengeFor(first)
    expect(await signIn(user.passkey, challenge, second)).toEqual(REFUSED)
    expect(await signIn(other.passkey, challenge, foreign)).toEqual(REFUSED)
    expect(await signIn(user.passkey, challenge, first)).toEqual(ACCEPTED)
  })

  test('is valid for 300 seconds', async () => {
    const { passkey } = await owner()
    const [early, late] = [await challengeFor(), await challengeFor()]
    later(299)
    expect(await signIn(passkey, early)).toEqual(ACCEPTED)
    later(1)
    expect(await signIn(passkey, late)).toEqual(REFUSED)
  })

  test('is refused after it was spent', async () => {
    const { passkey } = await owner()
    const challenge = await challengeFor()
    expect(await signIn(passkey, challenge)).toEqual(ACCEPTED)
    expect(await signIn(passkey, challenge)).toEqual(REFUSED)
  })
})

describe('the challenge of a registration', () => {
  type Options = Parameters<typeof createPasskey>[0]

  /** Adds a user with a session. */
  async function newcomer() {
    const { username } = await service.addUser()
    const { authToken: token } = await signInWith({ ask }, { username, recoveryCodes: [] })
    return { username, token }
  }
  const optionsOf = async (token: string) =>
    bodyOf<Options>(await ask('POST /passkeys/options', { token, body: { currentPassword: PASSWORD } }))

  async function register(token: string, options: Options) {
    const { response } = createPasskey(options, ORIGIN)
    const { status, text } = await ask('POST /passkeys', { token, body: { response } })
    return [status, JSON.parse(text).error]
  }

  test('is refused for another user', async () => {
    const [user, other] = [await newcomer(), await newcomer()]
    const options = await optionsOf(user.token)
    expect(await register(other.token, options)).toEqual(REFUSED)
    expect(await register(user.token, options)).toEqual(ACCEPTED)
  })

  test('is refused after the user changed', async () => {
    const { username, token } = await newcomer()
    const options = await optionsOf(token)
    const { secret, recoveryCodes = [] } = await addTotp({ ask }, token)
    later(60)
    const { authToken } = await signInWith({ ask }, { username, secret, recoveryCodes })
    expect(await register(authToken, options)).toEqual(REFUSED)
    expect(await register(authToken, await optionsOf(authToken))).toEqual(ACCEPTED)
  })

  test('is refused in a sign-in, and that of a sign-in at a registration', async () => {
    const { username, passkey } = await owner()
    const { authToken } = await signInWith({ ask }, { username, passkey, recoveryCodes: [] })
    const options = await optionsOf(authToken)
    expect(await signIn(passkey, options.challenge)).toEqual(REFUSED)
    const challenge = await challengeFor()
    expect(await register(authToken, { ...options, challenge })).toEqual(REFUSED)
    expect(await register(authToken, options)).toEqual(ACCEPTED)
  })

  test('is refused in another enrolment of the user', async () => {
    const { username } = await service.addUser()
    const [first, second] = [await beginLogin(underPolicy, username), await beginLogin(underPolicy, username)]
    await service.proveEnrolments(username, [first, second])
    const body = { enrolmentToken: first }
    const options = bodyOf<Options>(await underPolicy.ask('POST /enrolment/passkey/options', { body }))
    const { response } = createPasskey(options, ORIGIN)
    const enrol = async (enrolmentToken: string) => {
      const sent = await underPolicy.ask('POST /enrolment/passkey', { body: { enrolmentToken, response } })
      return [sent.status, JSON.parse(sent.text).error]
    }
    expect(await enrol(second)).toEqual(REFUSED)
    expect(await enrol(first)).toEqual(ACCEPTED)
  })
})

test('one user cannot use up the challenges of the neighbours after the password', async () => {
  const sourceIp = '198.51.100.7'
  const [user, neighbour] = [await owner(), await owner()]
  const route = 'POST /login/passkey/options'
  const body = { loginToken: await beginLogin({ ask }, user.username) }
  const burst = await Promise.all(Array.from({ length: 60 }, () => ask(route, { sourceIp, body })))
  const refused = burst.filter(({ status }) => status !== 200)
  expect(refused).toHaveLength(30)
  for (const response of refused) {
    expect(response).toMatchObject({ status: 429, headers: { 'Retry-After': '900' } })
  }
  const stored = await service.items(`source#${sourceIp}`)
  expect(Object.keys(stored)).toEqual([expect.stringMatching(/^challenges#verified#\d+$/)])
  expect(Object(Object.values(stored)[0]?.ids).SS).toHaveLength(30)

  // Each route at which a user who has shown a password gets a challenge.
  const enroller = (await service.addUser()).username
  const enrolmentToken = await beginLogin(underPolicy, enroller)
  await service.proveEnrolments(enroller, [enrolmentToken])
  const { authToken: token } = await signInWith({ ask }, { ...neighbour, recoveryCodes: [] })
  const loginToken = await beginLogin({ ask }, neighbour.username)
  const asked = [
    await ask(route, { sourceIp, body: { loginToken } }),
    await ask('POST /passkeys/options', { sourceIp, token, body: { currentPassword: PASSWORD } }),
    await underPolicy.ask('POST /enrolment/passkey/options', { sourceIp, body: { enrolmentToken } }),
  ]
  expect(asked.map(({ status }) => status)).toEqual([200, 200, 200])
  // The user elsewhere, and in the next window.
  expect((await ask(route, { sourceIp: '198.51.100.8', body })).status).toBe(200)
  later(900)
  const again = { loginToken: await beginLogin({ ask }, user.username) }
  expect((await ask(route, { sourceIp, body: again })).status).toBe(200)
})

test('an app that one enrolment sets up is refused in another one', async () => {
  const { username } = await service.addUser()
  const [first, second] = [await beginLogin(underPolicy, username), await beginLogin(underPolicy, username)]
  await service.proveEnrolments(username, [first, second])
  const { secret = '' } = bodyOf(
    await underPolicy.ask('POST /enrolment/totp', { body: { enrolmentToken: first } }),
  )
  const confirm = async (enrolmentToken: string) =>
    (
      await underPolicy.ask('POST /enrolment/totp/confirm', {
        body: { enrolmentToken, code: totpCode(secret) },
      })
    ).status
  expect(await confirm(second)).toBe(409)
  expect(await confirm(first)).toBe(200)
})

const later = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * 1_000)

const ask: Functions['ask'] = (...parameters) => service.functions.ask(...parameters)

/** Adds a user with a passkey. */
async function owner() {
  const { username } = await service.addUser()
  const { authToken } = await signInWith({ ask }, { username, recoveryCodes: [] })
  const { passkey } = await addPasskey({ ask }, authToken)
  return { username, passkey }
}

/** Returns the challenge of options. */
async function challengeFor(loginToken?: string): Promise<string> {
  const body = loginToken === undefined ? {} : { loginToken }
  return bodyOf(await ask('POST /login/passkey/options', { body })).challenge ?? ''
}

/** Signs in with a response to a challenge. Returns the status, and the member `error`. */
async function signIn(passkey: SoftPasskey, challenge: string, loginToken?: string) {
  const response = usePasskey(passkey, { challenge }, ORIGIN)
  const body = { response, ...(loginToken !== undefined && { loginToken }) }
  const { status, text } = await ask('POST /login/passkey', { body })
  return [status, JSON.parse(text).error]
}
