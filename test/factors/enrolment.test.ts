import { randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { changeUser } from '../../lib/users/store.ts'
import type { User } from '../../lib/users/user.ts'
import type { Route } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { NO_LIMITS, ORIGIN, useService } from '../support/service.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { beginLogin } from '../support/users/fake-factor.ts'
import { codeIn, newAddress, tokenIn } from '../support/users/mails.ts'
import { NEW_PASSWORD, PASSWORD } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

const SOME_PASSKEY = createPasskey(
  {
    challenge: 'A'.repeat(43),
    rp: { id: 'localhost', name: 'Test' },
    user: { id: 'A'.repeat(22), name: 'ada', displayName: 'ada' },
  },
  ORIGIN,
).response

recordLogs()
const service = await useService({ settings: { ...NO_LIMITS, REQUIRE_SECOND_FACTOR: 'administrators' } })

let username: string
let to: string
const user = (): Promise<User> => service.user(username)

beforeEach(async () => {
  to = newAddress()
  username = await service.add({
    role: 'admin',
    email: to.toLowerCase(),
    emailAsWritten: to,
    emailVerified: true,
  })
})

/** Revokes nothing, so that the state itself is what counts. */
async function disable() {
  const { generation, ...before } = await user()
  await changeUser(
    service.table,
    { ...before, generation },
    { changes: { disabled: true, generation }, changeId: 'a change' },
    testAct(),
  )
}
const expired = { status: 401, body: { error: 'login_expired' } }
const invalidLink = { status: 400, body: { detail: 'The link or code is invalid or expired.' } }

describe('an administrator without a second factor, under the policy', () => {
  test('enrols by the link of a mail, is signed in, and signs in with the factor', async () => {
    const first = await login()
    expect(first).toMatchObject({
      status: 200,
      body: { next: 'enrolment', proofs: ['mail', 'code'], enrolmentToken: expect.any(String) },
    })
    expect(Object.keys(first.body)).toEqual(['next', 'proofs', 'enrolmentToken'])
    const { enrolmentToken } = first.body
    await prove(enrolmentToken)
    const { response, code } = await enrol(enrolmentToken)
    expect(response).toMatchObject({
      status: 200,
      body: { authToken: expect.any(String), refreshToken: expect.any(String) },
    })
    expect(response.body.recoveryCodes).toHaveLength(10)
    expect(await service.functions.opens(response.body.authToken)).toBe(true)
    const refreshed = await ask('refresh', { refreshToken: response.body.refreshToken })
    expect(refreshed.status).toBe(200)
    expect((await user()).factors).toBe('totp')
    expect(service.mailTo(to).subject).toBe('An authenticator app was added at Test')

    const next = await login()
    expect(next.body).toMatchObject({ next: 'second-factor', factors: ['totp', 'recovery-code'] })
    const late = code(new Date(), 1)
    const signedIn = await ask('POST /login/totp', { loginToken: next.body.loginToken, code: late })
    expect(signedIn.status).toBe(200)
    const again = await login()
    const recovered = await ask('POST /login/recovery-code', {
      loginToken: again.body.loginToken,
      code: response.body.recoveryCodes[0],
    })
    expect(recovered.status).toBe(200)
  })

  test('enrols a passkey, and signs in with it as the second factor', async () => {
    const enrolmentToken = await begin()
    await prove(enrolmentToken)
    const options = await ask('POST /enrolment/passkey/options', { enrolmentToken })
    expect(options).toMatchObject({ status: 200, body: { rp: { id: 'localhost' } } })
    const { response } = createPasskey(options.body, ORIGIN)
    const enrolled = await ask('POST /enrolment/passkey', { enrolmentToken, response, name: 'Phone' })
    expect(enrolled.status).toBe(200)
    expect(enrolled.body.recoveryCodes).toHaveLength(10)
    expect(await service.functions.opens(enrolled.body.authToken)).toBe(true)
    expect((await user()).factors).toBe('passkey')
    expect(service.mailTo(to).subject).toBe('A passkey was added at Test')
    const next = await login()
    expect(next.body).toMatchObject({ next: 'second-factor', factors: ['passkey', 'recovery-code'] })
    // The challenge is spent with the enrolment.
    expect(await ask('POST /enrolment/passkey', { enrolmentToken, response })).toMatchObject(expired)
  })

  test('enrols by the code of a mail', async () => {
    const enrolmentToken = await begin()
    const { body } = await ask('POST /enrolment/mail', { enrolmentToken })
    const proof = { enrolmentToken, mailId: body.mailId, code: codeIn(service.mailTo(to)) }
    expect((await ask('POST /enrolment/proof', proof)).status).toBe(204)
    expect((await enrol(enrolmentToken)).response.status).toBe(200)
  })

  test('enrols by the code of an operator, who has no address to send to', async () => {
    username = await service.add({ role: 'admin' })
    const first = await login()
    expect(first.body.proofs).toEqual(['code'])
    const operatorCode = await storeEnrolmentCode(
      service.table,
      await user(),
      randomBytes(CODE_RANDOM_BYTES),
      testAct(new Date()),
    )
    const { enrolmentToken } = first.body
    expect((await ask('POST /enrolment/proof', { enrolmentToken, operatorCode })).status).toBe(204)
    expect((await enrol(enrolmentToken)).response.status).toBe(200)
  })

  test('gets the mail, although strangers have used up the mails of the address', async () => {
    const limited = await useService({
      settings: {
        REQUIRE_SECOND_FACTOR: 'administrators',
        LIMIT_MAIL_RECIPIENT: '3/3600',
      },
    })
    const address = newAddress()
    const name = await limited.add({
      role: 'admin',
      email: address.toLowerCase(),
      emailAsWritten: address,
      emailVerified: true,
    })
    for (let asked = 0; asked < 4; asked += 1) await limited.ask('forgot', { body: { login: name } })
    expect(limited.mailsTo(address)).toHaveLength(3)
    const { body } = await limited.ask('login', { body: { username: name, password: PASSWORD } })
    await limited.ask('POST /enrolment/mail', { body: { enrolmentToken: body.enrolmentToken } })
    expect(limited.mailTo(address).subject).toBe('Add a second factor to your account at Test')
    limited.aws.stop()
  })

  test('gets the notices, although an attacker with the password used up the mails', async () => {
    const enrolmentToken = await begin()
    for (const source of [1, 2, 3, 4, 5]) {
      const asking = { body: { enrolmentToken }, sourceIp: `198.51.100.${source}` }
      for (let asked = 0; asked < 5; asked += 1) {
        expect((await service.ask('POST /enrolment/mail', asking)).status).toBe(202)
      }
    }
    expect(service.mailsTo(to)).toHaveLength(10)
    const random = randomBytes(CODE_RANDOM_BYTES)
    const operatorCode = await storeEnrolmentCode(service.table, await user(), random, testAct(new Date()))
    await ask('POST /enrolment/proof', { enrolmentToken, operatorCode })
    expect((await enrol(enrolmentToken)).response.status).toBe(200)
    expect(service.mailTo(to).subject).toBe('An authenticator app was added at Test')
  })

  test('gets the mail, although the notices are used up', async () => {
    const at = new Date().toISOString()
    const notice = { kind: 'new-source', to, username, locale: undefined, at } as const
    for (let index = 0; index < 21; index += 1) {
      await service.functions.mail({ ...notice, id: `${username} ${index}` })
    }
    expect(service.mailsTo(to)).toHaveLength(20)
    await prove(await begin())
  })

  test('gets no mail to an address that is not verified', async () => {
    const address = newAddress()
    username = await service.add({ role: 'admin', email: address.toLowerCase(), emailAsWritten: address })
    const { body } = await login()
    expect(body.proofs).toEqual(['code'])
    const asked = await ask('POST /enrolment/mail', { enrolmentToken: body.enrolmentToken })
    expect(asked.status).toBe(202)
    expect(service.mailsTo(address)).toEqual([])
  })

  test('gets the mail to an address that a reset of the password has verified', async () => {
    const address = newAddress()
    const email = address.toLowerCase()
    username = await service.add({ role: 'admin', email, emailAsWritten: address })
    await ask('forgot', { login: username })
    const reset = { token: tokenIn(service.mailTo(address)), password: NEW_PASSWORD }
    expect((await ask('reset', reset)).status).toBe(204)
    const { body } = await login(username, NEW_PASSWORD)
    expect(body.proofs).toEqual(['mail', 'code'])
    const { enrolmentToken } = body
    await ask('POST /enrolment/mail', { enrolmentToken })
    const proof = { enrolmentToken, token: tokenIn(service.mailTo(address)) }
    expect((await ask('POST /enrolment/proof', proof)).status).toBe(204)
  })

  test('whose role changes is signed in without a factor', async () => {
    await service.change(username, { role: 'user' })
    expect((await login()).body).toMatchObject({ authToken: expect.any(String) })
  })
})

describe('an enrolment token', () => {
  test.each<[string, Route, object]>([
    ['set up an app', 'POST /enrolment/totp', {}],
    ['confirm one', 'enrol-totp', { code: '123456' }],
    ['start a passkey', 'POST /enrolment/passkey/options', {}],
    ['add one', 'POST /enrolment/passkey', { response: SOME_PASSKEY }],
  ])('that is not proved cannot %s', async (_what, route, more) => {
    const response = await ask(route, { enrolmentToken: await begin(), ...more })
    expect(response).toMatchObject({ status: 403, body: { error: 'proof_required' } })
    expect((await user()).factors).toBeUndefined()
  })

  test('is no access token, refresh token or login token of a second factor', async () => {
    const enrolmentToken = await begin()
    await prove(enrolmentToken)
    expect(await service.functions.opens(enrolmentToken)).toBe(false)
    expect((await ask('refresh', { refreshToken: enrolmentToken })).status).toBe(401)
    const steps: [Route, object][] = [
      ['POST /login/totp', { code: '123456' }],
      ['POST /login/recovery-code', { code: '0123-4567-89AB-CDEF' }],
    ]
    for (const [route, more] of steps) {
      expect(await ask(route, { loginToken: enrolmentToken, ...more })).toMatchObject(expired)
    }
    expect((await service.ask('me', { token: enrolmentToken })).status).toBe(401)
  })

  test('of another purpose enrols nothing', async () => {
    const { token } = await beginLogin(service.table, await user(), new Date())
    for (const route of ['POST /enrolment/mail', 'POST /enrolment/totp'] as const) {
      expect(await ask(route, { enrolmentToken: token })).toMatchObject(expired)
    }
  })

  test.each<[string, () => Promise<unknown>]>([
    ['the password is reset', () => service.change(username, { passwordHash: 'x' })],
    ['the role changes', () => service.change(username, { role: 'user' })],
    ['the user is disabled', disable],
    ['the user is removed', () => service.remove(username)],
  ])('is void when %s', async (_what, change) => {
    const enrolmentToken = await begin()
    await prove(enrolmentToken)
    await change()
    expect(await ask('POST /enrolment/totp', { enrolmentToken })).toMatchObject(expired)
  })

  test('is spent by its completion, and by another enrolment of the user', async () => {
    const [first, second] = [await begin(), await begin()]
    await prove(first)
    await prove(second)
    expect((await enrol(first)).response.status).toBe(200)
    for (const enrolmentToken of [first, second]) {
      expect(await ask('POST /enrolment/totp', { enrolmentToken })).toMatchObject(expired)
    }
  })

  test('lasts 30 minutes', async () => {
    const enrolmentToken = await begin()
    await prove(enrolmentToken)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 1_801_000 })
    const late = await ask('POST /enrolment/totp', { enrolmentToken }).finally(() => vi.useRealTimers())
    expect(late).toMatchObject(expired)
  })

  test('completed ten times at once enrols once', async () => {
    const enrolmentToken = await begin()
    await prove(enrolmentToken)
    const { body } = await ask('POST /enrolment/totp', { enrolmentToken })
    const code = authenticator(body.secret)(new Date())
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => ask('enrol-totp', { enrolmentToken, code })),
    )
    const statuses = responses.map(({ status }) => status).sort()
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(new Set(statuses.slice(1))).toEqual(new Set([401, 409].filter((one) => statuses.includes(one))))
  })
})

describe('a proof', () => {
  test('of a mail to another user proves nothing', async () => {
    const other = await begin()
    await ask('POST /enrolment/mail', { enrolmentToken: other })
    const token = tokenIn(service.mailTo(to))
    username = await service.add({ role: 'admin' })
    const enrolmentToken = await begin()
    expect(await ask('POST /enrolment/proof', { enrolmentToken, token })).toMatchObject(invalidLink)
  })

  test('of a mail of another kind proves nothing', async () => {
    await ask('forgot', { login: username })
    const token = tokenIn(service.mailTo(to))
    const enrolmentToken = await begin()
    expect(await ask('POST /enrolment/proof', { enrolmentToken, token })).toMatchObject(invalidLink)
  })

  test('by a link works once', async () => {
    const [first, second] = [await begin(), await begin()]
    await ask('POST /enrolment/mail', { enrolmentToken: first })
    const token = tokenIn(service.mailTo(to))
    expect((await ask('POST /enrolment/proof', { enrolmentToken: first, token })).status).toBe(204)
    expect(await ask('POST /enrolment/proof', { enrolmentToken: second, token })).toMatchObject(invalidLink)
  })

  test('by a guessed code of a mail is void after five tries, and the link is not', async () => {
    const enrolmentToken = await begin()
    const { mailId } = (await ask('POST /enrolment/mail', { enrolmentToken })).body
    const mail = service.mailTo(to)
    const correct = codeIn(mail)
    const wrong = String((Number(correct) + 1) % 1e8).padStart(8, '0')
    for (let tries = 0; tries < 5; tries += 1) {
      const guess = { enrolmentToken, mailId, code: wrong }
      expect(await ask('POST /enrolment/proof', guess)).toMatchObject(invalidLink)
    }
    const late = { enrolmentToken, mailId, code: correct }
    expect(await ask('POST /enrolment/proof', late)).toMatchObject(invalidLink)
    const byLink = { enrolmentToken, token: tokenIn(mail) }
    expect((await ask('POST /enrolment/proof', byLink)).status).toBe(204)
  })

  test('by a guessed code of an operator voids the token after five tries', async () => {
    const now = new Date()
    const random = randomBytes(CODE_RANDOM_BYTES)
    const operatorCode = await storeEnrolmentCode(service.table, await user(), random, testAct(now))
    const enrolmentToken = await begin()
    for (let tries = 0; tries < 5; tries += 1) {
      const guess = { enrolmentToken, operatorCode: 'ZZZZ-ZZZZ-ZZZZ-ZZZZ' }
      expect(await ask('POST /enrolment/proof', guess)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '#/operatorCode', detail: 'Incorrect code.' }] },
      })
    }
    expect(await ask('POST /enrolment/proof', { enrolmentToken, operatorCode })).toMatchObject(expired)
    // The code itself is not used up.
    const next = { enrolmentToken: await begin(), operatorCode }
    expect((await ask('POST /enrolment/proof', next)).status).toBe(204)
    const again = { enrolmentToken: await begin(), operatorCode }
    expect((await ask('POST /enrolment/proof', again)).status).toBe(422)
  })

  test.each<[string, object]>([
    ['nothing', {}],
    ['a code without its request', { code: '12345678' }],
    ['two proofs', { token: 't', operatorCode: 'c' }],
    ['an unknown member', { operatorCode: 'c', password: 'p' }],
  ])('of %s is rejected', async (_what, proof) => {
    const response = await ask('POST /enrolment/proof', { enrolmentToken: await begin(), ...proof })
    expect(response.status).toBe(422)
  })
})

test('a registration under the policy leads to an enrolment that is proved already', async () => {
  const all = await useService({ settings: { ...NO_LIMITS, REQUIRE_SECOND_FACTOR: 'all' } })
  const address = newAddress()
  await all.ask('register', { body: { email: address } })
  const body = { token: tokenIn(all.mailTo(address)), password: NEW_PASSWORD }
  const created = await all.ask('new-account', { body })
  expect(created).toMatchObject({
    status: 200,
    body: { next: 'enrolment', proofs: [], enrolmentToken: expect.any(String) },
  })
  const { enrolmentToken } = created.body
  const setup = await all.ask('POST /enrolment/totp', { body: { enrolmentToken } })
  const code = authenticator(setup.body.secret)(new Date())
  const enrolled = await all.ask('enrol-totp', { body: { enrolmentToken, code } })
  expect(enrolled.status).toBe(200)
  expect(enrolled.body.recoveryCodes).toHaveLength(10)
  // The registration made its source known. No notice of a new one is sent.
  const subjects = all.mailsTo(address).map(({ subject }) => subject)
  expect(subjects).toEqual(['An authenticator app was added at Test', 'Confirm your address for Test'])
  all.aws.stop()
})

const ask = (route: Route, body: object) => service.ask(route, { body })

const login = (name = username, password = PASSWORD) => ask('login', { username: name, password })

const begin = async (): Promise<string> => (await login()).body.enrolmentToken

/** Proves an enrolment by the link of a mail. */
async function prove(enrolmentToken: string): Promise<void> {
  await ask('POST /enrolment/mail', { enrolmentToken })
  const proof = { enrolmentToken, token: tokenIn(service.mailTo(to)) }
  expect((await ask('POST /enrolment/proof', proof)).status).toBe(204)
}

const enrol = async (enrolmentToken: string) => {
  const { body } = await ask('POST /enrolment/totp', { enrolmentToken })
  const code = authenticator(body.secret)
  return {
    code,
    response: await ask('enrol-totp', { enrolmentToken, code: code(new Date()) }),
  }
}
