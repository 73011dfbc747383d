import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { type Item, text } from '../../lib/aws/dynamodb.ts'
import { storeEnrolmentCode } from '../../lib/enrolment/code.ts'
import { CODE_RANDOM_BYTES } from '../../lib/factors/recovery-codes/recovery-codes.ts'
import { withSecret } from '../../lib/sessions/refresh-token.ts'
import { stopTime } from '../support/at-once.ts'
import { type Call, nameOf, OUTAGES, startWire, strike, targetsOf } from '../support/aws/wire.ts'
import type { ApiResponse, Functions } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { firstOfClass } from '../support/rows.ts'
import { ORIGIN, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
  totpCode,
} from '../support/users/factors.ts'
import { codeIn } from '../support/users/mails.ts'
import type { Tokens } from '../support/users/sessions.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { testAct } from '../support/users/users.ts'
import { createPasskey, usePasskey } from '../support/users/webauthn/authenticator.ts'

// Every way to sign in × every call of its last step × every fault of that call. The one write decides: before it, nothing is stored and
// nothing is spent; after it, the sign-in is complete, or its session has ended because no client has a token of it.

const BEGIN_MS = Date.parse('2026-11-26T10:07:00Z')
const REMAINING_MS = 2_000

/** The last request of a sign-in. */
interface Last {
  route: string
  body: object
  /** Signs in after the mail of a sign-in or a registration was spent, and the response lost. */
  recover?: () => Promise<void>
}
let cases = 0
const isFirst = firstOfClass()

recordLogs()
// No pause between attempts.
vi.spyOn(Math, 'random').mockReturnValue(0)
vi.useFakeTimers({ toFake: ['Date'], now: BEGIN_MS })
const service = await useService({
  settings: {
    REQUIRE_SECOND_FACTOR: 'administrators',
    LIMIT_MAIL_RECIPIENT: '999/3600',
    LIMIT_MAIL_SIGN_INS: '999/3600',
  },
})
const wire = await startWire(service.aws)
const wired = await service.load({}, { url: wire.url, remainingMs: REMAINING_MS })
const empty = await service.restorer()
stopTime(BEGIN_MS)
afterAll(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  console.log(`Completions of sign-ins with a fault: ${cases} cases ran`)
})

const WAYS: Record<string, () => Promise<Last>> = {
  'a password': async () => {
    const { username } = await service.addUser()
    return { route: 'POST /login', body: { username, password: PASSWORD } }
  },
  'a password, in place of a session': async () => {
    const { username, refreshToken: replaces } = await signedIn()
    return { route: 'POST /login', body: { username, password: PASSWORD, replaces } }
  },
  'a password, with an older token of a session': async () => {
    const { username, refreshToken } = await signedIn()
    const replaces = withSecret(refreshToken, 'A'.repeat(43))
    return { route: 'POST /login', body: { username, password: PASSWORD, replaces } }
  },
  'a code of an app': async () => {
    const { secret, loginToken } = (await begun(addTotp)) as { secret: string; loginToken: string }
    return { route: 'POST /login/totp', body: { loginToken, code: totpCode(secret) } }
  },
  'a recovery code': async () => {
    const { recoveryCodes = [], loginToken } = await begun(addTotp)
    return { route: 'POST /login/recovery-code', body: { loginToken, code: recoveryCodes[0] } }
  },
  'a passkey': async () => {
    const { passkey } = (await begun(addPasskey)) as Awaited<ReturnType<typeof addPasskey>>
    return assertion(passkey)
  },
  'a passkey as second factor': async () => {
    const { passkey, loginToken } = (await begun(addPasskey)) as Awaited<ReturnType<typeof addPasskey>> & {
      loginToken: string
    }
    return assertion(passkey, loginToken)
  },
  'the enrolment of an app': async () => {
    const enrolmentToken = await provedEnrolment()
    const { secret = '' } = bodyOf(await ask('POST /enrolment/totp', { body: { enrolmentToken } }))
    return { route: 'POST /enrolment/totp/confirm', body: { enrolmentToken, code: totpCode(secret) } }
  },
  'the enrolment of a passkey': async () => {
    const enrolmentToken = await provedEnrolment()
    const options = bodyOf<Parameters<typeof createPasskey>[0]>(
      await ask('POST /enrolment/passkey/options', { body: { enrolmentToken } }),
    )
    const { response } = createPasskey(options, ORIGIN)
    return { route: 'POST /enrolment/passkey', body: { enrolmentToken, response } }
  },
  'a registration': async () => {
    const email = 'Grace@example.org'
    const { mailId } = bodyOf(await ask('POST /register', { body: { email } }), 202)
    const mail = service.aws.mailbox.list().findLast(({ to }) => to === email)
    if (mail === undefined) throw new Error('there is no mail')
    const body = { mailId, code: codeIn(mail), password: PASSWORD }
    const login = { username: 'grace@example.org', password: PASSWORD }
    const recover = async () => void bodyOf(await ask('POST /login', { body: login }))
    return { route: 'POST /register/confirm', body, recover }
  },
  'a registration with a passkey': async () => {
    const email = 'Hopper@example.org'
    const { mailId } = bodyOf(await ask('POST /register', { body: { email } }), 202)
    const mail = service.aws.mailbox.list().findLast(({ to }) => to === email)
    if (mail === undefined) throw new Error('there is no mail')
    const proof = { mailId, code: codeIn(mail) }
    const options = bodyOf<Parameters<typeof createPasskey>[0]>(
      await ask('POST /register/passkey', { body: proof }),
    )
    const { passkey, response } = createPasskey(options, ORIGIN)
    const recover = async () => void bodyOf(await signInByPasskey({ ask }, passkey))
    return { route: 'POST /register/confirm', body: { ...proof, response }, recover }
  },
  'a mail': async () => {
    const email = 'hedy@example.org'
    await service.addUser({ email, emailAsWritten: email, emailVerified: true })
    const recover = async () => void bodyOf(await ask('POST /login/mail/confirm', { body: await mailed() }))
    const mailed = async () => {
      const { mailId, browserKey } = bodyOf<{ mailId: string; browserKey: string }>(
        await ask('POST /login/mail', { body: { email } }),
        202,
      )
      return { mailId, browserKey, code: codeIn(service.mailTo(email)) }
    }
    return { route: 'POST /login/mail/confirm', body: await mailed(), recover }
  },
}

/** Calls without which a sign-in is complete: a failure of one is logged, and changes no response. */
const AFTERWARDS = /^(UpdateItem DELETE|UpdateItem SET known|invocations)/

describe.each(Object.keys(WAYS))('a sign-in by %s', (name) => {
  test('stores all or nothing, at a fault of any call of its last step', async () => {
    vi.setSystemTime(BEGIN_MS)
    await empty()
    const { route, body, recover } = await (WAYS[name] as () => Promise<Last>)()
    const begunAtMs = Date.now()
    const restore = await service.restorer()
    const [before, liveBefore] = [await stored(), await liveSessions()]
    const run = async (functions: Functions): Promise<ApiResponse> => {
      const response = await functions.ask(route, { body })
      await wire.settle()
      await service.settled()
      return response
    }
    wire.intercept(() => 'pass')
    bodyOf(await run(wired))
    // Functions read the public key once.
    const calls = targetsOf(wire.calls()).filter(({ label }) => label !== 'GetPublicKey')
    const signature = calls.findIndex(({ label }) => label === 'Sign')
    expect(signature).toBeGreaterThan(0)
    const after = await liveSessions()

    for (const target of calls) {
      const isDecisive =
        ['Sign', 'TransactWriteItems'].includes(target.label) || /PutItem.*session/.test(target.label)
      for (const what of Object.keys(OUTAGES)) {
        if (
          !isFirst(
            // A throttled write spends nothing, and a lost response needs the tombstone, however the user signs in.
            isDecisive && ['is throttled', 'loses its response'].includes(what)
              ? `${name} ${target.label} ${what}`
              : `${target.label} ${what}`,
          )
        )
          continue
        cases += 1
        await restore()
        vi.setSystemTime(begunAtMs)
        const struck = strike(wire, target, what)
        const response = await run(wired)
        wire.intercept(() => 'pass')
        const which = `${name}: ${target.label} no. ${target.index + 1} ${what}`
        const isNeeded = !AFTERWARDS.test(nameOf(struck() as Call))
        // A call that hangs at the same time as the signature takes its time away.
        if (isNeeded || what !== 'hangs') expect(response.status, which).toBe(isNeeded ? 503 : 200)
        expect([200, 503], which).toContain(response.status)
        if (response.status === 200) {
          expect(await liveSessions(), which).toBe(after)
          const { refreshToken } = bodyOf(response)
          expect((await ask('POST /refresh', { body: { refreshToken } })).status, which).toBe(200)
          continue
        }
        // No client has a token of a new session.
        expect(response.text, which).not.toContain('authToken')
        const isSpent = what === 'loses its response' && target.label === 'TransactWriteItems'
        // A renewed session stays, because no client need lose it if the write was not made.
        const isRenewed = after === liveBefore && !name.endsWith('older token of a session')
        expect(await liveSessions(), which).toBe(isSpent && !isRenewed ? after - 1 : liveBefore)
        if (target.label === 'Sign' && !name.startsWith('a registration'))
          expect(await stored(), which).toEqual(before)
        // Unless the transaction was made, nothing was spent: the same request succeeds. Once the account has been created, its user
        // signs in.
        vi.setSystemTime(begunAtMs)
        const again = await run(service.functions)
        if (recover && again.status === 400) await recover()
        else expect(again.status, which).toBe(isSpent && !name.startsWith('a password') ? 401 : 200)
      }
    }
  })
})

const ask = async (route: string, asking: object) => {
  const response = await service.functions.ask(route, asking)
  await service.settled()
  return response
}

async function signedIn() {
  const { username } = await service.addUser()
  const tokens = bodyOf<Tokens>(await enterPassword(service.functions, username))
  return { username, ...tokens }
}

/** Adds a user with a factor, who has entered the password. The step of the app's code has passed since. */
async function begun(add: typeof addTotp | typeof addPasskey) {
  const { username, authToken, refreshToken } = await signedIn()
  const added = await add(service.functions, authToken)
  vi.setSystemTime(Date.now() + 60_000)
  const loginToken = await beginLogin(service.functions, username, { body: { replaces: refreshToken } })
  return { ...added, loginToken }
}

async function assertion(passkey: Parameters<typeof usePasskey>[0], loginToken?: string) {
  const body = loginToken === undefined ? {} : { loginToken }
  const options = bodyOf<Parameters<typeof usePasskey>[1]>(await ask('POST /login/passkey/options', { body }))
  return { route: 'POST /login/passkey', body: { ...body, response: usePasskey(passkey, options, ORIGIN) } }
}

async function provedEnrolment(): Promise<string> {
  const user = await service.addUser({ role: 'admin' })
  const enrolmentToken = await beginLogin(service.functions, user.username)
  const operatorCode = await storeEnrolmentCode(
    service.table,
    user,
    randomBytes(CODE_RANDOM_BYTES),
    testAct(new Date()),
  )
  bodyOf(await ask('POST /enrolment/proof', { body: { enrolmentToken, operatorCode } }), 204)
  return enrolmentToken
}

/** Whether an item is of what a sign-in stores or spends, not of a counter or a mark. */
const isOfSignIn = (item: Item): boolean =>
  /^(session#|passkey#|totp$|totp-pending$|recovery-codes$|profile$)/.test(text(item, 'sk'))

const stored = async () =>
  (await service.scan())
    .filter(isOfSignIn)
    .map((item) => JSON.stringify(Object.entries(item).sort()))
    .sort()

const liveSessions = async () =>
  (await service.scan()).filter((item) => text(item, 'sk').startsWith('session#') && !item.endedAt).length
