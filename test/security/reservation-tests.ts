import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Item, text } from '../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { stopTime } from '../support/at-once.ts'
import { type Call, OUTAGES, startWire, strike, targetsOf, type Wire } from '../support/aws/wire.ts'
import type { ApiResponse, Asking, Functions } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, type TestService, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
  totpCode,
  wrongTotpCode,
} from '../support/users/factors.ts'
import { codeIn } from '../support/users/mails.ts'
import type { Tokens } from '../support/users/sessions.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { type SoftPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

/** A request that reserves attempts. */
interface Scene {
  route: string
  asking: Asking
  /** Status of the response, if no call fails. */
  status: number
  /** A call after the verdict, whose failure is no outage for the attempt. */
  judgedBefore?: string
}

const NEW_PASSWORD = 'another password for tests'
/** In the middle of all windows. */
const BEGIN_MS = Date.parse('2026-11-26T10:07:00Z')
/** Time of the function: 500 ms are for the response, and 500 ms before that for giving back. */
const REMAINING_MS = 2_000

let service: TestService
let wire: Wire
/** Their calls of AWS pass the wire. */
let wired: Functions
let empty: () => Promise<void>
let cases = 0
let users = 0

const address = () => `Grace.${++users}@example.org`
const ask = async (route: string, asking: Asking) => {
  const response = await service.functions.ask(route, asking)
  await service.settled()
  return response
}
const newMailTo = (to: string) => {
  const mail = service.aws.mailbox.list().find((each) => each.to === to)
  if (mail === undefined) throw new Error(`there is no mail to ${to}`)
  return mail
}

async function signedIn() {
  const { id, username, email = '' } = await service.addUser()
  const { authToken: token } = bodyOf<Tokens>(await enterPassword(service.functions, username))
  return { id, username, email, token }
}

async function totpUser() {
  const user = await signedIn()
  const { secret, recoveryCodes = [] } = await addTotp(service.functions, user.token)
  // The code of this step is spent.
  vi.setSystemTime(Date.now() + 60_000)
  return { ...user, secret, recoveryCodes }
}

/** Adds a user with an app. Returns the access token of a sign-in with it. */
async function strongUser() {
  const user = await totpUser()
  const loginToken = await beginLogin(service.functions, user.username)
  const body = { loginToken, code: totpCode(user.secret) }
  const { authToken: token } = bodyOf<Tokens>(await ask('POST /login/totp', { body }))
  return { ...user, token }
}

async function passkeyUser() {
  const user = await signedIn()
  return { ...user, ...(await addPasskey(service.functions, user.token)) }
}

/** Begins an enrolment of an administrator; `all` is the policy of its functions. */
async function enrolling() {
  const user = await service.addUser({ role: 'admin' })
  return {
    ...user,
    to: String(user.email),
    enrolmentToken: await beginLogin(service.functions, user.username),
  }
}

async function operatorCodeOf(user: { username: string }): Promise<string> {
  const stored = await service.user(user.username)
  return storeEnrolmentCode(service.table, stored, randomBytes(CODE_RANDOM_BYTES), testAct(new Date()))
}

async function provedEnrolment() {
  const user = await enrolling()
  const { enrolmentToken } = user
  const body = { enrolmentToken, operatorCode: await operatorCodeOf(user) }
  bodyOf(await ask('POST /enrolment/proof', { body }), 204)
  return user
}

async function mailed(route: string, asking: Asking, to: string) {
  const { mailId } = bodyOf(await ask(route, asking), 202)
  return { mailId, code: codeIn(newMailTo(to)) }
}

const register = (email: string) => mailed('POST /register', { body: { email } }, email)

async function forgot() {
  const { username, email = '' } = await service.addUser()
  return mailed('POST /password/forgot', { body: { login: username } }, email)
}

const other = (code: string) => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10))
const currentPassword = PASSWORD

/** Adds a user with a passkey. Returns the access token of a sign-in with it. */
async function strongPasskeyUser() {
  const user = await passkeyUser()
  const loginToken = await beginLogin(service.functions, user.username)
  const signedIn = await signInByPasskey(service.functions, user.passkey, loginToken)
  await service.settled()
  return { ...user, token: bodyOf<Tokens>(signedIn).authToken }
}

/** The first step of a sign-in of a new user. */
const login =
  (add: () => Promise<{ username: string }>, status = 200, password = PASSWORD) =>
  async (): Promise<Scene> => {
    const { username } = await add()
    return { route: 'POST /login', asking: { body: { username, password } }, status }
  }

/** A request of a new user, with the current password. */
const change =
  (
    route: string,
    status: number,
    more: () => object = () => ({}),
    signIn: () => Promise<{ token: string; id: string }> = signedIn,
  ) =>
  async (): Promise<Scene> => {
    const { token, id } = await signIn()
    return { route, asking: { token, id, body: { currentPassword, ...more() } }, status }
  }

/** The second step of a sign-in of a new user. */
const second =
  <T extends { username: string }>(
    route: string,
    status: number,
    add: () => Promise<T>,
    proofOf: (user: T, loginToken: string) => object | Promise<object>,
  ) =>
  async (): Promise<Scene> => {
    const user = await add()
    const loginToken = await beginLogin(service.functions, user.username)
    return { route, asking: { body: { loginToken, ...(await proofOf(user, loginToken)) } }, status }
  }

async function assertion({ passkey }: { passkey: SoftPasskey }, loginToken: string) {
  const options = JSON.parse((await ask('POST /login/passkey/options', { body: { loginToken } })).text)
  return { response: usePasskey(passkey, options, ORIGIN) }
}

/** The code of an app that a signed-in user sets up. */
const confirm = (status: number, codeOf: (secret: string) => string) => async (): Promise<Scene> => {
  const { token } = await signedIn()
  const { secret = '' } = bodyOf(await ask('POST /factors/totp', { token, body: { currentPassword } }))
  return {
    route: 'POST /factors/totp/confirm',
    asking: { token, body: { code: codeOf(secret) } },
    status,
  }
}

/** The code of an app that an enrolment sets up. */
const enrol = (status: number, codeOf: (secret: string) => string) => async (): Promise<Scene> => {
  const { enrolmentToken } = await provedEnrolment()
  const { secret = '' } = bodyOf(await ask('POST /enrolment/totp', { body: { enrolmentToken } }))
  const body = { enrolmentToken, code: codeOf(secret) }
  return { route: 'POST /enrolment/totp/confirm', asking: { body }, status }
}

/** Every route that reserves attempts, with a guess that is correct and, where there is one, with a wrong one. */
const SCENES: Record<string, () => Promise<Scene>> = {
  'a sign-in': login(() => service.addUser()),
  'a sign-in with a wrong password': login(() => service.addUser(), 401, 'wrong'),
  'the first step of a sign-in': login(totpUser),
  'the first step of an enrolment': login(() => service.addUser({ role: 'admin' })),
  'a password change': change('PUT /password', 204, () => ({ newPassword: NEW_PASSWORD })),
  'a password change with a wrong password': change('PUT /password', 422, () => ({
    currentPassword: 'wrong',
    newPassword: NEW_PASSWORD,
  })),
  'a change of the address': change('PUT /email', 202, () => ({ email: address() })),
  'a change of the language': change('PUT /me/locale', 204, () => ({ locale: 'en' })),
  'the deletion of an account': change('DELETE /me', 204),
  'the setup of an app': change('POST /factors/totp', 200),
  'the confirmation of an app': confirm(200, totpCode),
  'the confirmation of an app with a wrong code': confirm(422, wrongTotpCode),
  'the removal of an app': change('DELETE /factors/totp', 204, undefined, strongUser),
  'new recovery codes': change('POST /factors/recovery-codes', 200, undefined, strongUser),
  'the options of a new passkey': change('POST /passkeys/options', 200),
  'the removal of a passkey': change('DELETE /passkeys/{id}', 204, undefined, strongPasskeyUser),
  'a code of an app': second('POST /login/totp', 200, totpUser, ({ secret }) => ({ code: totpCode(secret) })),
  'a wrong code of an app': second('POST /login/totp', 422, totpUser, ({ secret }) => ({
    code: wrongTotpCode(secret),
  })),
  'a recovery code': second('POST /login/recovery-code', 200, totpUser, ({ recoveryCodes: [code] }) => ({
    code,
  })),
  'a wrong recovery code': second('POST /login/recovery-code', 422, totpUser, () => ({
    code: '0000-0000-0000-0000',
  })),
  'a passkey as second factor': second('POST /login/passkey', 200, passkeyUser, assertion),
  'another passkey as second factor': second('POST /login/passkey', 401, passkeyUser, async (_, loginToken) =>
    assertion(await passkeyUser(), loginToken),
  ),
  'the options of a passkey': async () => ({
    route: 'POST /login/passkey/options',
    asking: { body: {} },
    status: 200,
  }),
  'the options of a passkey as second factor': second(
    'POST /login/passkey/options',
    200,
    passkeyUser,
    () => ({}),
  ),
  'a mail of an enrolment': async () => {
    const { enrolmentToken } = await enrolling()
    return { route: 'POST /enrolment/mail', asking: { body: { enrolmentToken } }, status: 202 }
  },
  'the proof of an enrolment by mail': async () => {
    const { enrolmentToken, to } = await enrolling()
    const proof = await mailed('POST /enrolment/mail', { body: { enrolmentToken } }, to)
    return { route: 'POST /enrolment/proof', asking: { body: { enrolmentToken, ...proof } }, status: 204 }
  },
  'the proof of an enrolment by an operator': async () => {
    const user = await enrolling()
    const body = { enrolmentToken: user.enrolmentToken, operatorCode: await operatorCodeOf(user) }
    return { route: 'POST /enrolment/proof', asking: { body }, status: 204 }
  },
  'a wrong proof of an enrolment by an operator': async () => {
    const { enrolmentToken } = await enrolling()
    const body = { enrolmentToken, operatorCode: '0000-0000-0000-0000' }
    return { route: 'POST /enrolment/proof', asking: { body }, status: 422 }
  },
  'an enrolment of an app': enrol(200, totpCode),
  'an enrolment of an app with a wrong code': enrol(422, wrongTotpCode),
  'the options of a passkey of an enrolment': async () => {
    const { enrolmentToken } = await provedEnrolment()
    return { route: 'POST /enrolment/passkey/options', asking: { body: { enrolmentToken } }, status: 200 }
  },
  'a registration': async () => ({
    route: 'POST /register',
    asking: { body: { email: address() } },
    status: 202,
  }),
  'the confirmation of a registration': async () => {
    const proof = await register(address())
    const body = { ...proof, password: NEW_PASSWORD }
    return { route: 'POST /register/confirm', asking: { body }, status: 200 }
  },
  'the confirmation of a registration with a wrong code': async () => {
    const { mailId, code } = await register(address())
    const body = { mailId, code: other(code), password: NEW_PASSWORD }
    return { route: 'POST /register/confirm', asking: { body }, status: 400 }
  },
  'the confirmation of a registration with a taken username': async () => {
    const { username } = await service.addUser()
    const body = { ...(await register(address())), username, password: NEW_PASSWORD }
    const judgedBefore = 'BatchGetItem no. 2'
    return { route: 'POST /register/confirm', asking: { body }, status: 422, judgedBefore }
  },
  'a forgotten password': async () => {
    const { username } = await service.addUser()
    return { route: 'POST /password/forgot', asking: { body: { login: username } }, status: 202 }
  },
  'a reset of a password': async () => {
    const body = { ...(await forgot()), password: NEW_PASSWORD }
    return { route: 'POST /password/reset', asking: { body }, status: 204 }
  },
  'a reset of a password with a wrong code': async () => {
    const { mailId, code } = await forgot()
    const body = { mailId, code: other(code), password: NEW_PASSWORD }
    return { route: 'POST /password/reset', asking: { body }, status: 400 }
  },
  'the confirmation of an address': async () => {
    const { token } = await signedIn()
    const email = address()
    const proof = await mailed('PUT /email', { token, body: { currentPassword, email } }, email)
    return { route: 'POST /email/confirm', asking: { token, body: proof }, status: 204 }
  },
}

/** One of each class: a password, a code of a mail, a code of an app, a login token's try, and a request for a mail. */
const REPRESENTATIVES = [
  'a sign-in',
  'a code of an app',
  'the confirmation of a registration',
  'a change of the address',
]

/** Returns the number of attempts in each counter but those of recipients, which the mailer fills. */
async function counted(): Promise<Record<string, number>> {
  const counters = (await service.scan()).flatMap((item: Item) => {
    const attempts: unknown[] | undefined = Object(item.ids).SS
    const key = `${text(item, 'pk')} ${text(item, 'sk')}`
    // A counter of requests may hold 10,000 of them.
    if (/ (mails|challenges)#/.test(key)) expect(String(attempts?.[0] ?? '')).toMatch(/^([\w-]{11})?$/)
    return attempts === undefined || key.startsWith('recipient#') ? [] : [[key, attempts.length] as const]
  })
  return Object.fromEntries(counters)
}

const isGivingBack = (call: Call | undefined): boolean => call?.body.includes('DELETE ids') ?? false

/**
 * Tests that an outage costs no attempt, at each call of a request.
 *
 * @param mass - Whether each call of every request fails in every way, or each call of one request of each class in one way.
 */
export function testReservations(mass: 'representatives' | 'all'): void {
  const faults = Object.entries(OUTAGES).filter(([what]) => mass === 'all' || what === 'is throttled')
  const scenes = Object.keys(SCENES).filter((name) => mass === 'all' || REPRESENTATIVES.includes(name))
  const kept: unknown[] = []

  beforeAll(async () => {
    recordLogs([], ['info', 'error'])
    vi.spyOn(console, 'warn').mockImplementation((record) => void kept.push(record))
    // No pause between attempts.
    vi.spyOn(Math, 'random').mockReturnValue(0)
    vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
    const settings = { REQUIRE_SECOND_FACTOR: 'administrators', LIMIT_MAIL_RECIPIENT: '999/3600' }
    service = await useService({ settings: settings })
    wire = await startWire(service.aws)
    wired = await service.load({}, { url: wire.url, remainingMs: REMAINING_MS })
    empty = await service.restorer()
    stopTime(BEGIN_MS)
  })
  afterAll(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
    wire.stop()
    service.aws.stop()
    console.log(`${cases} faults after reservations: each call of ${scenes.length} requests`)
  })

  test.each(scenes)('%s costs no attempt if AWS fails before its verdict', async (name) => {
    vi.setSystemTime(BEGIN_MS)
    await empty()
    const { route, asking, status, judgedBefore } = await (SCENES[name] as () => Promise<Scene>)()
    const begunAtMs = Date.now()
    const restore = await service.restorer()
    const before = await counted()
    const run = async (): Promise<ApiResponse> => {
      const response = await wired.ask(route, asking)
      await wire.settle()
      await service.settled()
      return response
    }
    wire.intercept(() => 'pass')
    expect((await run()).status, name).toBe(status)
    // Functions read the public key once.
    const calls = targetsOf(wire.calls()).filter(({ label }) => label !== 'GetPublicKey')
    const judged = await counted()
    for (const target of calls) {
      for (const [what, fate] of faults) {
        cases += 1
        await restore()
        vi.setSystemTime(begunAtMs)
        kept.length = 0
        const struck = strike(wire, target, what)
        const response = await run()
        const call = `${target.label} no. ${target.index + 1}`
        const which = `${name}: ${call} ${what}`
        expect(struck(), which).toBeDefined()
        expect([status, 503], which).toContain(response.status)
        const isJudged = response.status === status || call === judgedBefore
        const now = await counted()
        if (!isGivingBack(struck()) || fate === 'cut after') {
          expect(now, which).toEqual(isJudged ? judged : before)
        }
        if (isGivingBack(struck())) {
          expect(kept, which).toContainEqual(expect.objectContaining({ event: 'attempt.kept' }))
        }
      }
    }
  })
}
