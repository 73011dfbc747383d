import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { stopTime } from '../support/at-once.ts'
import { type Fate, nameOf, startWire } from '../support/aws/wire.ts'
import type { Asking } from '../support/http/functions.ts'
import { recordLogs } from '../support/logs.ts'
import { firstOfClass, rowsOf } from '../support/rows.ts'
import { ORIGIN, useService } from '../support/service.ts'
import {
  addPasskey,
  addTotp,
  bodyOf,
  enterPassword,
  type Factors,
  signInByPasskey,
  signInWith,
  totpCode,
} from '../support/users/factors.ts'
import type { Tokens } from '../support/users/sessions.ts'
import { PASSWORD } from '../support/users/sessions.ts'
import { createPasskey } from '../support/users/webauthn/authenticator.ts'

// Every route that changes second factors × every call × every fate of that call. completions.test.ts does the same for sign-ins.

const service = await useService({ settings: { LIMIT_USER_AND_SOURCE: '999/900', LIMIT_SOURCE: '9999/900' } })
const { functions: clean } = service
const wire = await startWire(service.aws)
/** Their calls of AWS pass the wire. */
const wired = await service.load({}, { url: wire.url })
/** Removes all users. */
const empty = await service.restorer()

let clockMs = Date.parse('2026-11-26T10:00:00Z')
let ran = 0
const isFirst = firstOfClass()

beforeAll(() => {
  stopTime(clockMs)
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  recordLogs()
})
beforeEach(() => wire.intercept(() => 'pass'))
afterAll(() => {
  vi.restoreAllMocks()
  console.log(`Faults of changes of factors: ${ran} cases ran`)
})

/** A request of a user, with the app or the passkey that may be stored after it. */
interface Scene extends Factors {
  asking: Asking
  /** Status of a success. */
  status: number
}

const body = { currentPassword: PASSWORD }

const SCENES: Record<string, () => Promise<Scene>> = {
  'POST /factors/totp': async () => {
    const { username, token } = await newUser()
    return { username, asking: { token, body }, status: 200, recoveryCodes: [] }
  },
  'POST /factors/totp/confirm': async () => {
    const { username, token } = await newUser()
    const { secret = '' } = bodyOf(await clean.ask('POST /factors/totp', { token, body }))
    const asking = { token, body: { code: totpCode(secret) } }
    return { username, asking, status: 200, secret, recoveryCodes: [] }
  },
  'DELETE /factors/totp': async () => {
    const { token, ...user } = await userWith(addTotp)
    return { ...user, asking: { token, body }, status: 204 }
  },
  'POST /factors/recovery-codes': async () => {
    const { token, ...user } = await userWith(addTotp)
    return { ...user, asking: { token, body }, status: 200 }
  },
  'POST /passkeys/options': async () => {
    const { username, token } = await newUser()
    return { username, asking: { token, body }, status: 200, recoveryCodes: [] }
  },
  'POST /passkeys': async () => {
    const { username, token } = await newUser()
    const options = JSON.parse((await clean.ask('POST /passkeys/options', { token, body })).text)
    const { passkey, response } = createPasskey(options, ORIGIN)
    return { username, asking: { token, body: { response } }, status: 200, passkey, recoveryCodes: [] }
  },
  'DELETE /passkeys/{id}': async () => {
    const { token, id, ...user } = await userWith(addPasskey)
    return { ...user, asking: { token, body, id }, status: 204 }
  },
}

const FATES: Fate[] = ['refuse', 'throttle', 'cut before', 'cut after']

/** Calls after the change: a failure of one is logged, and changes no response. */
const AFTERWARDS = /^(UpdateItem DELETE attempts|UpdateItem SET known|invocations)/

describe.each(Object.entries(SCENES))('%s', async (route, begun) => {
  let scene: Scene
  let begunAtMs: number
  let restore: () => Promise<void>
  let names: string[] = []

  beforeAll(async () => {
    await empty()
    scene = await begun()
    begunAtMs = Date.now()
    restore = await service.restorer()
  })

  test('makes calls of AWS, which each fail once below', async () => {
    expect((await wired.ask(route, scene.asking)).status).toBe(scene.status)
    names = [...new Set(wire.calls().map(nameOf))].filter((name) => name !== 'GetPublicKey')
    expect(names.length).toBeGreaterThan(3)
    await expectNotLockedOut(scene)
  })

  test.each(rowsOf(FATES, (fate) => fate === 'cut after'))(
    'leaves a user who can sign in, and nothing half done: %s',
    async (fate) => {
      for (const name of names.filter((name) => isFirst(`${fate} ${name}`))) {
        ran += 1
        await service.settled()
        await restore()
        clockMs = begunAtMs
        vi.setSystemTime(clockMs)
        wire.intercept((call) => (nameOf(call) === name ? fate : 'pass'))
        const response = await wired.ask(route, scene.asking)
        await wire.settle()
        wire.intercept(() => 'pass')
        const expected = AFTERWARDS.test(name) ? scene.status : 503
        expect({ name, status: response.status }).toEqual({ name, status: expected })
        await expectNotLockedOut(scene)
      }
    },
  )
})

/** Lets some steps of the authenticator apps pass. */
const pass = () => {
  clockMs += 120_000
  vi.setSystemTime(clockMs)
}

async function newUser(): Promise<{ username: string; token: string }> {
  const { username } = await service.addUser()
  const { authToken } = bodyOf<Tokens>(await enterPassword(clean, username))
  return { username, token: authToken }
}

/** Adds a user with a factor, who has signed in with it. */
async function userWith(add: typeof addTotp | typeof addPasskey) {
  const { username, token } = await newUser()
  const added = { username, id: '', recoveryCodes: [], ...(await add(clean, token)) }
  pass()
  return { ...added, token: (await signInWith(clean, added)).authToken }
}

/** Expects that a user's factors are stored as a whole or not at all, and that no other user's passkey is. */
async function expectWhole(username: string) {
  const { id, factors } = await service.user(username)
  const items = Object.keys(await service.items(`user#${id}`))
  const passkeys = items.filter((sk) => sk.startsWith('passkey#'))
  expect({
    totp: items.includes('totp'),
    passkeys: passkeys.length,
    codes: items.includes('recovery-codes'),
  }).toEqual({
    totp: factors === 'totp',
    passkeys: factors === 'passkey' ? 1 : 0,
    codes: factors !== undefined,
  })
  const claims = (await service.scan()).filter(({ sk }) => Object(sk).S === 'credential')
  expect(claims.map(({ pk }) => Object(pk).S.replace('credential#', 'passkey#'))).toEqual(passkeys)
  return factors
}

/** Expects that a user signs in with what is stored, and with nothing less. */
async function expectNotLockedOut({ username, secret = '', passkey }: Scene) {
  const factors = await expectWhole(username)
  pass()
  const { next, loginToken = '' } = bodyOf(await enterPassword(clean, username))
  expect(next).toBe(factors && 'second-factor')
  if (factors === 'totp') {
    bodyOf(await clean.ask('POST /login/totp', { body: { loginToken, code: totpCode(secret) } }))
  } else if (passkey !== undefined) {
    const status = factors === undefined ? 401 : 200
    if (factors) expect((await signInByPasskey(clean, passkey, loginToken)).status).toBe(status)
    expect((await signInByPasskey(clean, passkey)).status).toBe(status)
  }
}
