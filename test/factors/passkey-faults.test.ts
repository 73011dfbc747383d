import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  addPasskey,
  beginLogin,
  bodyOf,
  enterPassword,
  signInByPasskey,
  signInWith,
} from '../support/factors/client.ts'
import { type FactorFunctions, ORIGIN, PASSWORD, startFactorService } from '../support/factors/service.ts'
import { firstOfClass, proof, rowsOf } from '../support/rows.ts'
import type { ApiResponse, Tokens } from '../support/sessions.ts'
import { createPasskey, type SoftPasskey, usePasskey } from '../support/webauthn/authenticator.ts'
import { type Fate, nameOf, startWire } from '../support/wire.ts'

const service = await startFactorService({ LIMIT_USER_AND_SOURCE: '999/900', LIMIT_SOURCE: '9999/900' })
const { functions: clean } = service
const wire = await startWire(service.aws)
/** Their calls of AWS pass the wire. */
const wired = await service.load({}, wire.url)
/** Removes all users. */
const empty = await service.restorer()
let ran = 0
const isFirst = firstOfClass()

beforeAll(() => {
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue()
})
beforeEach(() => wire.intercept(() => 'pass'))
afterAll(() => {
  vi.restoreAllMocks()
  console.log(`Faults of passkeys: ${ran} cases ran`)
  wire.stop()
  service.aws.stop()
})

/** A request of a user, and the passkeys that may be stored after it. */
interface Scene {
  username: string
  send: (functions: FactorFunctions) => Promise<ApiResponse>
  /** Status of a success. */
  status: number
  /** Passkeys of the user, of which those that are stored sign in. */
  passkeys: SoftPasskey[]
  /** Whether a success completes a sign-in. */
  signsIn?: boolean
}

const body = { currentPassword: PASSWORD }
const sourceOf = () => ({ sourceIp: `2001:db8:0:${(sources++).toString(16)}::1` })
let sources = 1

async function newUser(): Promise<{ username: string; token: string }> {
  const { username } = await service.addUser()
  const { authToken } = bodyOf<Tokens>(await enterPassword(clean, username, sourceOf()))
  return { username, token: authToken }
}

/** Adds a user with a passkey, who has signed in with it. */
async function passkeyUser() {
  const { username, token } = await newUser()
  const { passkey } = await addPasskey(clean, token)
  const { authToken } = await signInWith(clean, { username, passkey, recoveryCodes: [] }, sourceOf())
  return { username, passkey, token: authToken }
}

const SCENES: Record<string, () => Promise<Scene>> = {
  'POST /passkeys/options': async () => {
    const { username, token } = await newUser()
    const send = (functions: FactorFunctions) => functions.ask('POST /passkeys/options', { token, body })
    return { username, send, status: 200, passkeys: [] }
  },
  'POST /passkeys': async () => {
    const { username, token } = await newUser()
    const options = JSON.parse((await clean.ask('POST /passkeys/options', { token, body })).text)
    const { passkey, response } = createPasskey(options, ORIGIN)
    const send = (functions: FactorFunctions) =>
      functions.ask('POST /passkeys', { token, body: { response } })
    return { username, send, status: 200, passkeys: [passkey] }
  },
  'DELETE /passkeys/{id}': async () => {
    const { username, passkey, token } = await passkeyUser()
    const listed = JSON.parse((await clean.ask('GET /passkeys', { token })).text)
    const asking = { token, body, id: listed.passkeys[0].id }
    const send = (functions: FactorFunctions) => functions.ask('DELETE /passkeys/{id}', asking)
    return { username, send, status: 204, passkeys: [passkey] }
  },
  'POST /login/passkey, alone': async () => {
    const { username, passkey } = await passkeyUser()
    const source = sourceOf()
    const options = JSON.parse((await clean.ask('POST /login/passkey/options', { ...source, body: {} })).text)
    const asking = { ...source, body: { response: usePasskey(passkey, options, ORIGIN) } }
    const send = (functions: FactorFunctions) => functions.ask('POST /login/passkey', asking)
    return { username, send, status: 200, passkeys: [passkey], signsIn: true }
  },
  'POST /login/passkey, after the password': async () => {
    const { username, passkey } = await passkeyUser()
    const source = sourceOf()
    const loginToken = await beginLogin(clean, username, source)
    const begun = { ...source, body: { loginToken } }
    const options = JSON.parse((await clean.ask('POST /login/passkey/options', begun)).text)
    const asking = { ...source, body: { loginToken, response: usePasskey(passkey, options, ORIGIN) } }
    const send = (functions: FactorFunctions) => functions.ask('POST /login/passkey', asking)
    return { username, send, status: 200, passkeys: [passkey], signsIn: true }
  },
}

const FATES: Fate[] = ['refuse', 'throttle', 'cut before', 'cut after']

/** Calls after the change: a failure of one is logged, and changes no response. */
const AFTERWARDS = /^(UpdateItem DELETE attempts|UpdateItem SET known|invocations)/

async function liveSessions(userId: string): Promise<number> {
  const items = await service.items(`user#${userId}`)
  return Object.entries(items).filter(([sk, item]) => sk.startsWith('session#') && !item.endedAt).length
}

/** Expects that factors, passkeys and claims agree, and that the user signs in with what is stored, and with nothing less. */
async function expectNotLockedOut({ username, passkeys }: Scene) {
  const { id, factors } = await service.user(username)
  const stored = Object.keys(await service.items(`user#${id}`)).filter((sk) => sk.startsWith('passkey#'))
  expect(stored).toHaveLength(factors === 'passkey' ? 1 : 0)
  const claims = (await service.scan()).filter(({ sk }) => Object(sk).S === 'credential')
  expect(claims.map(({ pk }) => Object(pk).S.replace('credential#', 'passkey#'))).toEqual(stored)

  const source = sourceOf()
  const login = bodyOf<{ next?: string; loginToken?: string }>(await enterPassword(clean, username, source))
  if (factors === undefined) {
    expect(login.next).toBeUndefined()
    for (const passkey of passkeys)
      expect((await signInByPasskey(clean, passkey, undefined, source)).status).toBe(401)
    return
  }
  expect(login.next).toBe('second-factor')
  for (const passkey of passkeys) {
    expect((await signInByPasskey(clean, passkey, login.loginToken, source)).status).toBe(200)
    expect((await signInByPasskey(clean, passkey, undefined, source)).status).toBe(200)
  }
}

describe.each(Object.entries(SCENES))('%s', async (_route, begun) => {
  let scene: Scene
  let restore: () => Promise<void>
  let names: string[] = []

  beforeAll(async () => {
    await empty()
    scene = await begun()
    restore = await service.restorer()
  })

  test('makes calls of AWS, which each fail once below', async () => {
    expect((await scene.send(wired)).status).toBe(scene.status)
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
        const { id } = await service.user(scene.username)
        const before = await liveSessions(id)
        wire.intercept((call) => (nameOf(call) === name ? fate : 'pass'))
        const response = await scene.send(wired)
        await wire.settle()
        const expected = AFTERWARDS.test(name) ? scene.status : 503
        expect({ name, status: response.status }).toEqual({ name, status: expected })
        if (response.status === 503) expect(response.text).not.toContain('authToken')
        if (scene.signsIn) {
          expect(await liveSessions(id), name).toBe(before + (response.status === 200 ? 1 : 0))
          // Only a transaction whose outcome no client knows has spent the challenge.
          const isLost = fate === 'cut after' && name.startsWith('TransactWriteItems')
          const again = await scene.send(clean)
          expect({ name, status: again.status }).toEqual({
            name,
            status: isLost || response.status === 200 ? 401 : 200,
          })
        }
        await expectNotLockedOut(scene)
      }
    },
  )
})

proof('one neighbour who uses up the challenges keeps no user from the second step', async () => {
  const { username, passkey } = await passkeyUser()
  const source = sourceOf()
  const loginToken = await beginLogin(clean, username, source)
  const begin = () => clean.ask('POST /login/passkey/options', { ...source, body: {} })
  const responses: ApiResponse[] = []
  for (let count = 0; count < 6; count += 1) {
    responses.push(...(await Promise.all(Array.from({ length: 50 }, begin))))
  }
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]))
  const refused = await begin()
  expect(refused).toMatchObject({ status: 429, headers: { 'Retry-After': expect.any(String) } })
  expect((await signInByPasskey(clean, passkey, loginToken, source)).status).toBe(200)
})

test('the passkey of another user is no second factor, and is not called unknown', async () => {
  const [ada, eve] = [await passkeyUser(), await passkeyUser()]
  const source = sourceOf()
  const loginToken = await beginLogin(clean, ada.username, source)
  const { status, text } = await signInByPasskey(clean, eve.passkey, loginToken, source)
  expect({ status, ...JSON.parse(text) }).toMatchObject({ status: 401, error: 'passkey_refused' })
})
