import { afterAll, describe, expect, test, vi } from 'vitest'
import { type Item, text } from '../../lib/aws/dynamodb.ts'
import { DECOY_HASH } from '../../lib/passwords/hash.ts'
import type { User } from '../../lib/users/user.ts'
import { stopTime } from '../support/at-once.ts'
import { FAULTS, strikeAttempts } from '../support/aws/faults.ts'
import { type Call, nameOf, targetsOf } from '../support/aws/wire.ts'
import { cookieOf, OWN_PAGE, tokensInCookie } from '../support/http/cookies.ts'
import type { ApiResponse, Asking } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { ORIGIN, useWiredService } from '../support/service.ts'
import { addTotp, totpCode } from '../support/users/factors.ts'
import { codeIn, newAddress, tokenIn } from '../support/users/mails.ts'
import { begin, refresh } from '../support/users/sessions.ts'
import { giveFactors } from '../support/users/users.ts'
import { usePasskey } from '../support/users/webauthn/authenticator.ts'
import { addOwner, changeWith, mailFor, type Owner, SETTINGS, tokenOf } from './world.ts'

// Every request of a sign-in by a mail and of a proof of a change × every call of AWS × every fault of that call, once or at all attempts.

vi.mock('node:timers/promises', async (original) =>
  (await import('../support/aws/gate.ts')).withoutPauses(await original()),
)

const START = 'POST /login/mail'
const CONFIRM = 'POST /login/mail/confirm'
const PROVE = 'POST /proof/confirm'

recordLogs()
const { service, wire, wired } = await useWiredService({
  ...SETTINGS,
  COOKIE_SESSIONS: 'on',
  REGISTRATION: 'open',
})
const NOW_MS = Date.parse('2026-11-26T10:07:00Z')
stopTime(NOW_MS)
const empty = await service.restorer()
const counts: Record<string, number> = {}
afterAll(() => {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  console.log(`Faults of sign-ins by a mail and of proofs: ${total} cases. ${JSON.stringify(counts)}`)
})

/** A request, and what must be true after it. */
interface Scene {
  route: string
  asking: Asking
  /** Status of a success. */
  status?: 200 | 202
  /** Completes what a success has begun. */
  proceed: (response: ApiResponse) => Promise<void>
  /** Status of a repeated request, if the first one spent its proof and its response was lost. Default: that of a success. */
  spentStatus?: number
  /** Begins again after such a loss, from the first step. */
  beginAgain?: () => Promise<void>
}

const SCENES: Record<string, () => Promise<Scene>> = {
  'POST /login/mail, of a user': async () => started(await addUser()),
  'POST /login/mail, of an address without an account': async () => {
    const email = newAddress()
    return started({ email }, async (response) => {
      expect(JSON.parse(response.text)).toMatchObject({ next: 'registration', email })
      const { mailId } = JSON.parse(response.text)
      const body = { mailId, code: codeIn(service.mailTo(email)) }
      expect((await service.ask('new-account', { body })).status).toBe(200)
    })
  },
  'POST /login/mail/confirm, with a code': async () => confirmed(await addUser(), 'code'),
  'POST /login/mail/confirm, with a link': async () => confirmed(await addUser(), 'token'),
  'POST /login/mail/confirm, in place of a session': async () => {
    const user = await addUser()
    const first = await confirmed(user, 'code')
    const { refreshToken } = tokensInCookie(await service.functions.ask(CONFIRM, first.asking))
    return confirmed(user, 'code', cookieOf(refreshToken).Cookie)
  },
  'POST /login/mail/confirm, after an elapsed reset': async () => {
    const user = await addUser()
    await giveFactors(service.table, await service.user(user.username))
    await service.storeReset(user.id, NOW_MS / 1_000 - 86_401)
    return confirmed(user, 'code')
  },
  'POST /login/mail/confirm, before a second factor': async () => {
    const { username } = await service.addUser()
    const { authToken } = await begin(service, service.functions, username)
    const { secret } = await addTotp(service.functions, authToken)
    await service.setHash(username, DECOY_HASH)
    const user = { email: String((await service.user(username)).email) }
    return confirmed(user, 'code', '', async (response) => {
      const { next, loginToken } = JSON.parse(response.text)
      expect(next).toBe('second-factor')
      const body = { loginToken, code: totpCode(secret, 1) }
      expect((await service.ask('POST /login/totp', { body, headers: OWN_PAGE })).status).toBe(200)
    })
  },
  'POST /login/mail/confirm, before an enrolment': async () =>
    confirmed(await addUser({ mustEnrol: true }), 'token', '', async (response) => {
      const { next, enrolmentToken } = JSON.parse(response.text)
      expect(next).toBe('enrolment')
      const setup = await service.ask('POST /enrolment/totp', { body: { enrolmentToken } })
      const body = { enrolmentToken, code: totpCode(setup.body.secret) }
      expect((await service.ask('enrol-totp', { body, headers: OWN_PAGE })).status).toBe(200)
    }),
  'POST /login/mail/confirm, of an address without an account': async () => {
    const address = newAddress()
    return confirmed({ email: address }, 'code', '', async (response) => {
      const { next, mailId } = JSON.parse(response.text)
      expect(next).toBe('registration')
      const body = { mailId, code: codeIn(service.mailTo(address)) }
      expect((await service.ask('new-account', { body })).status).toBe(200)
    })
  },
  'POST /proof/mail': async () => {
    const { owner, token } = await addProver()
    const email = String(owner.user.email)
    return {
      route: 'POST /proof/mail',
      asking: { token, body: { change: 'recovery-codes' } },
      status: 202,
      async proceed(response) {
        const body = {
          ...JSON.parse(response.text),
          change: 'recovery-codes',
          code: codeIn(service.mailTo(email)),
        }
        await change(owner, token, await service.functions.ask(PROVE, { token, body }))
      },
    }
  },
  'POST /proof/passkey': async () => {
    const { owner, token } = await addProver()
    return {
      route: 'POST /proof/passkey',
      asking: { token, body: { change: 'recovery-codes' } },
      async proceed({ text: options }) {
        const response = usePasskey(owner.passkey, JSON.parse(options), ORIGIN)
        const body = { change: 'recovery-codes', response }
        await change(owner, token, await service.functions.ask(PROVE, { token, body }))
      },
    }
  },
  'POST /proof/confirm, with the code of a mail': async () => {
    const { owner, token } = await addProver()
    const prove = async () => ({
      change: 'recovery-codes',
      ...(await mailFor(service, owner, token, 'recovery-codes')),
    })
    return proved(owner, token, { prove, spentStatus: 400 })
  },
  'POST /proof/confirm, with a passkey': async () => {
    const { owner, token } = await addProver()
    const prove = async () => {
      const body = { change: 'recovery-codes' }
      const { text: options } = await service.functions.ask('POST /proof/passkey', { token, body })
      return { ...body, response: usePasskey(owner.passkey, JSON.parse(options), ORIGIN) }
    }
    return proved(owner, token, { prove, spentStatus: 401 })
  },
}

/** Calls whose failure is logged, and changes no response. Where a mail is the result, its request is not one of them. */
const AFTERWARDS = { 200: /^(UpdateItem DELETE|UpdateItem SET known|invocations)/, 202: /^UpdateItem DELETE/ }

describe.each(Object.entries(SCENES))('%s', (name, begun) => {
  test('has lost nothing, and half done nothing, at a fault of any call', async () => {
    await empty()
    const scene = await begun()
    const { status = 200, spentStatus = status } = scene
    const restore = await service.restorer()
    const [before, liveBefore] = [await stored(), await liveSessions()]
    wire.intercept(() => 'pass')
    const example = await run(wired, scene)
    expect(example.status, example.text).toBe(status)
    // Functions read the public key once.
    const targets = targetsOf(wire.calls()).filter(({ label }) => label !== 'GetPublicKey')
    const liveAfter = await liveSessions()
    await scene.proceed(example)

    for (const target of targets) {
      for (const fault of FAULTS) {
        counts[name] = (counts[name] ?? 0) + 1
        await restore()
        const mailsBefore = service.aws.mailbox.list().length
        const struck = strikeAttempts(wire, target, fault)
        const response = await run(wired, scene)
        wire.intercept(() => 'pass')
        const which = `${name}: ${target.label} ${target.index} ${fault.what}`
        const [call] = struck()
        expect(call, which).toBeDefined()
        const isTolerated = fault.attempts === 1 || AFTERWARDS[status].test(nameOf(call as Call))
        expect(response.status, which).toBe(isTolerated ? status : 503)
        // An event that was handed over twice is one mail.
        expect(service.aws.mailbox.list().length - mailsBefore, which).toBeLessThanOrEqual(1)
        if (response.status === status) {
          expect(await liveSessions(), which).toBe(liveAfter)
          await complete(scene, response, which)
          continue
        }
        expect(response.text, which).not.toMatch(/Token|mailId|challenge/)
        expect(response.headers['Set-Cookie'], which).toBeUndefined()
        // A reset of the factors ends mails from before it, like all that revokes tokens.
        const isLost = fault.fate === 'cut after' || /elapsed/.test(name)
        // A client has no token of a session that began.
        const isRenewed = liveBefore === liveAfter
        expect(await liveSessions(), which).toBe(isRenewed ? liveAfter : liveBefore)
        if (!isLost) expect(await stored(), which).toEqual(before)
        const again = await run(service.functions, scene)
        const isSpent = isLost && again.status !== status
        expect(again.status, which).toBe(isSpent ? spentStatus : status)
        if (isSpent) await scene.beginAgain?.()
        else await complete(scene, again, which)
      }
    }
  })
})

/** Sends the request of a scene, and waits for all that it has begun. */
async function run(functions: typeof wired, { route, asking }: Scene): Promise<ApiResponse> {
  const response = await functions.ask(route, asking)
  await wire.settle()
  await service.settled()
  return response
}

async function complete({ proceed }: Scene, response: ApiResponse, which: string): Promise<void> {
  await proceed(response).catch((error) => {
    throw new Error(`${which}: ${(error as Error).message}`, { cause: error })
  })
}

/** Adds a user without a password. */
async function addUser(values: Partial<User> = {}) {
  const { username } = await service.addUser(values)
  await service.setHash(username, DECOY_HASH)
  const user = await service.user(username)
  return { ...user, email: String(user.email) }
}

const keyIn = (headers: ApiResponse['headers']) =>
  /^__Host-try=([^;]+)/.exec(String(headers['Set-Cookie']))?.[1] ?? ''

/** The begin of a sign-in. Its mail signs in the browser that asked. */
function started({ email }: { email: string }, proceed = isSignedIn): Scene {
  return {
    route: START,
    asking: { body: { email, session: 'cookie' }, headers: OWN_PAGE },
    status: 202,
    async proceed({ text: body, headers }) {
      const proof = { mailId: JSON.parse(body).mailId, code: codeIn(service.mailTo(email)) }
      await proceed(await service.functions.ask(CONFIRM, confirmation(proof, keyIn(headers))))
    },
  }
}

const confirmation = (proof: object, key: string, cookie = ''): Asking => ({
  body: { ...proof, session: 'cookie' },
  headers: { ...OWN_PAGE, Cookie: `__Host-try=${key}; ${cookie}` },
})

/** The end of a sign-in, after its mail. */
async function confirmed(
  { email }: { email: string },
  kind: 'code' | 'token',
  cookie = '',
  proceed = isSignedIn,
): Promise<Scene> {
  const ask = async () => {
    const { route, asking } = started({ email })
    const { headers, body } = await service.ask(route, asking)
    const mail = service.mailTo(email)
    const proof = kind === 'code' ? { mailId: body.mailId, code: codeIn(mail) } : { token: tokenIn(mail) }
    return confirmation(proof, keyIn(headers), cookie)
  }
  return {
    route: CONFIRM,
    asking: await ask(),
    proceed,
    spentStatus: 400,
    beginAgain: async () => proceed(await service.functions.ask(CONFIRM, await ask())),
  }
}

/** Expects that a response gives the client a session. */
async function isSignedIn(response: ApiResponse): Promise<void> {
  const { refreshToken } = tokensInCookie(response)
  expect((await refresh(service.functions, refreshToken)).status).toBe(200)
}

/** Adds a user without a password, with a session. */
async function addProver() {
  const owner = await addOwner(service, false)
  return { owner, token: await tokenOf(service, owner.user) }
}

/** The end of a proof. */
async function proved(
  owner: Owner,
  token: string,
  { prove, spentStatus }: { prove: () => Promise<object>; spentStatus: number },
): Promise<Scene> {
  const ask = async () => service.functions.ask(PROVE, { token, body: await prove() })
  return {
    route: PROVE,
    asking: { token, body: await prove() },
    proceed: (response) => change(owner, token, response),
    spentStatus,
    beginAgain: async () => change(owner, token, await ask()),
  }
}

/** Makes the change that a response proves. */
async function change(owner: Owner, token: string, response: ApiResponse): Promise<void> {
  expect(response.status, response.text).toBe(200)
  const { changeToken } = JSON.parse(response.text)
  const request = { route: 'POST /factors/recovery-codes', token, proof: { changeToken } }
  expect((await changeWith(service, owner, request)).status).toBe(200)
}

/** Whether an item counts or marks something, or is a session that no client has. */
const isAside = (item: Item): boolean =>
  Object.keys(item).every((name) => ['pk', 'sk', 'expiresAt', 'ids', 'ownerId'].includes(name)) ||
  (text(item, 'sk').startsWith('session#') && 'endedAt' in item)

/** Returns all that is stored, apart from counters and marks. */
const stored = async () =>
  (await service.scan())
    .filter((item) => !isAside(item))
    .map((item) => JSON.stringify(Object.entries(item).sort()))
    .sort()

const liveSessions = async () =>
  (await service.scan()).filter((item) => text(item, 'sk').startsWith('session#') && !item.endedAt).length
