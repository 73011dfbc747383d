import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { authenticator } from '../support/authenticator.ts'
import { restorerOf } from '../support/restore.ts'
import { firstOfClass, rowsOf } from '../support/rows.ts'
import {
  type ApiResponse,
  begin,
  countLiveSessions,
  type Functions,
  PASSWORD,
  startFunctions,
  startStores,
  tokensOf,
} from '../support/sessions.ts'
import { type Fate, nameOf, startWire } from '../support/wire.ts'
import { addTotpUser, beginSignIn, sendCode, signInWithTotp } from './totp-users.ts'

const stores = await startStores({
  functionNames: ['mailer'],
  pausesMs: [],
  invoke: async () => ({ isReturned: true, payload: 'null' }),
})
const SETTINGS = { MAILER: 'mailer', LIMIT_USER_AND_SOURCE: '999/900', LIMIT_SOURCE: '9999/900' }
const clean = await stores.functions(SETTINGS)
const wire = await startWire(stores.aws)
/** Their calls of AWS pass the wire. */
const wired = await startFunctions(wire.url, SETTINGS)
/** Removes all users. */
const empty = await restorerOf(stores.table)

let clockMs = Date.parse('2026-11-26T10:00:00Z')
/** Lets some steps of the authenticator apps pass. */
const pass = () => {
  clockMs += 120_000
  vi.setSystemTime(clockMs)
}
let ran = 0
const isFirst = firstOfClass()

beforeAll(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: clockMs })
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
})
beforeEach(() => wire.intercept(() => 'pass'))
afterAll(() => {
  vi.restoreAllMocks()
  console.log(`Faults of codes: ${ran} cases ran`)
  wire.stop()
  stores.aws.stop()
})

/** A request of a user, and what must be true of the user afterwards, whether or not it succeeded. */
interface Scene {
  username: string
  send: (functions: Functions) => Promise<ApiResponse>
  /** Status of a success. */
  status: number
  /** Secret of the app that the user has, or is setting up. */
  code: ReturnType<typeof authenticator>
  /** What else must hold. */
  check?: (response: ApiResponse, fate: Fate, name: string) => Promise<void>
}

const body = { currentPassword: PASSWORD }

const SCENES: Record<string, () => Promise<Scene>> = {
  'POST /factors/totp': async () => {
    const username = await stores.add()
    const { authToken: token } = await begin(stores, clean, username)
    const { context: authorization } = await clean.authorize(token)
    const send = (functions: Functions) => functions.ask('POST /factors/totp', { authorization, body })
    return { username, send, status: 200, code: () => '000000' }
  },
  'POST /factors/totp/confirm': async () => {
    const username = await stores.add()
    const { authToken: token } = await begin(stores, clean, username)
    const { context: authorization } = await clean.authorize(token)
    const { text } = await clean.ask('POST /factors/totp', { authorization, body })
    const code = authenticator(JSON.parse(text).secret)
    const confirmation = { authorization, body: { code: code(new Date()) } }
    const send = (functions: Functions) => functions.ask('confirm-totp', confirmation)
    return { username, send, status: 200, code }
  },
  'DELETE /factors/totp': async () => {
    const user = await addTotpUser(stores, clean)
    const { authToken } = await signInWithTotp(clean, user)
    const { context: authorization } = await clean.authorize(authToken)
    const send = (functions: Functions) => functions.ask('DELETE /factors/totp', { authorization, body })
    return { ...user, send, status: 204 }
  },
  'POST /factors/recovery-codes': async () => {
    const user = await addTotpUser(stores, clean)
    const { authToken } = await signInWithTotp(clean, user)
    const { context: authorization } = await clean.authorize(authToken)
    const send = (functions: Functions) =>
      functions.ask('POST /factors/recovery-codes', { authorization, body })
    return { ...user, send, status: 200 }
  },
  'POST /login/totp': async () => {
    const user = await addTotpUser(stores, clean)
    pass()
    const { loginToken } = await beginSignIn(clean, user.username)
    const code = user.code(new Date())
    const before = await countLiveSessions(stores, user.username)
    const send = (functions: Functions) => sendCode(functions, user, code, loginToken)
    const check = unspent(user.username, before, () => send(clean))
    return {
      ...user,
      send,
      status: 200,
      async check(response, fate, name) {
        // A correct code is given back, unless that is what failed.
        const counted = await stores.attempts(`user#${user.id}`, 'attempts#totp')
        if (!name.startsWith('UpdateItem')) expect({ name, counted }).toEqual({ name, counted: 0 })
        await check(response, fate, name)
      },
    }
  },
  'POST /login/recovery-code': async () => {
    const user = await addTotpUser(stores, clean)
    const { loginToken } = await beginSignIn(clean, user.username)
    const before = await countLiveSessions(stores, user.username)
    const asking = { body: { loginToken, code: user.recoveryCodes[0] } }
    const send = (functions: Functions) => functions.ask('POST /login/recovery-code', asking)
    return { ...user, send, status: 200, check: unspent(user.username, before, () => send(clean)) }
  },
}

/** A code is spent together with a session. A failed sign-in leaves no session, and its code is as good as before. */
const unspent =
  (username: string, before: number, again: () => Promise<ApiResponse>) =>
  async (response: ApiResponse, fate: Fate, name: string) => {
    const live = await countLiveSessions(stores, username)
    if (response.status === 200) {
      expect(live).toBe(before + 1)
      return
    }
    expect(live).toBe(before)
    expect(response.text).not.toContain('authToken')
    // The transaction was made, and no client knows its outcome.
    const isLost = fate === 'cut after' && name.startsWith('TransactWriteItems')
    const repeated = await again()
    expect(repeated.status).toBe(isLost ? 401 : 200)
  }

const FATES: Fate[] = ['refuse', 'throttle', 'cut before', 'cut after']

/** Calls after the change: a failure of one is logged, and changes no response. */
const AFTERWARDS = /^(UpdateItem DELETE attempts|UpdateItem SET known|invocations)/

/** Whether a user's factors are stored as a whole or not at all. */
async function expectWhole(username: string) {
  const { factors } = await stores.user(username)
  const items = await stores.itemsOf(username)
  const isEnrolled = factors === 'totp'
  expect({ totp: 'totp' in items, codes: 'recovery-codes' in items }).toEqual({
    totp: isEnrolled,
    codes: isEnrolled,
  })
  return isEnrolled
}

/** Expects that a user can sign in: with the app if it is stored, else with the password alone, and never without the app. */
async function expectNotLockedOut({ username, code }: Scene) {
  const isEnrolled = await expectWhole(username)
  pass()
  const login = await clean.ask('login', { body: { username, password: PASSWORD } })
  if (!isEnrolled) {
    tokensOf(login)
    return
  }
  const { next, loginToken } = JSON.parse(login.text)
  expect(next).toBe('second-factor')
  tokensOf(await sendCode(clean, { username }, code(new Date()), loginToken))
}

describe.each(Object.entries(SCENES))('%s', async (_route, begun) => {
  let scene: Scene
  let begunAtMs: number
  let restore: () => Promise<void>
  let names: string[] = []

  beforeAll(async () => {
    await empty()
    scene = await begun()
    begunAtMs = Date.now()
    restore = await restorerOf(stores.table)
  })

  test('makes calls of AWS, which each fail once below', async () => {
    const response = await scene.send(wired)
    expect(response.status).toBe(scene.status)
    names = [...new Set(wire.calls().map(nameOf))].filter((name) => name !== 'GetPublicKey')
    expect(names.length).toBeGreaterThan(4)
    await scene.check?.(response, 'pass', '')
    await expectNotLockedOut(scene)
  })

  test.each(rowsOf(FATES, (fate) => fate === 'cut after'))(
    'leaves a user who can sign in, and no code spent for nothing: %s',
    async (fate) => {
      for (const name of names.filter((name) => isFirst(`${fate} ${name}`))) {
        ran += 1
        await restore()
        clockMs = begunAtMs
        vi.setSystemTime(clockMs)
        wire.intercept((call) => (nameOf(call) === name ? fate : 'pass'))
        const response = await scene.send(wired)
        await wire.settle()
        wire.intercept(() => 'pass')
        const expected = AFTERWARDS.test(name) ? scene.status : 503
        expect({ name, status: response.status }).toEqual({ name, status: expected })
        await scene.check?.(response, fate, name)
        await expectNotLockedOut(scene)
      }
    },
  )
})
