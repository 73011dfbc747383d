import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { AuthError } from './client.js'

const RESPONSE = { id: 'AQID', type: 'public-key' }
const OPTIONS = { challenge: 'BBBB', rpId: 'auth.example.com' }

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

test('a passkey signs in with the options of the service', async () => {
  const browser = installBrowser()
  const auth = clientThat(() => ({ username: 'ada' }))
  const { signInWithPasskey } = await load()
  const { signal } = new AbortController()
  const options = { loginToken: 'id.secret', mediation: 'conditional', signal } as const
  expect(await signInWithPasskey(auth, options)).toEqual({ username: 'ada' })
  expect(auth.post.mock.calls).toEqual([['login/passkey/options', { loginToken: 'id.secret' }]])
  expect(browser.get.mock.calls).toEqual([
    [{ publicKey: { parsed: OPTIONS }, mediation: 'conditional', signal }],
  ])
  expect(auth.signIn.mock.calls).toEqual([[{ loginToken: 'id.secret', response: RESPONSE }, 'login/passkey']])
})

test.each([
  ['unknown_passkey', {}, [[{ rpId: OPTIONS.rpId, credentialId: RESPONSE.id }]]],
  ['unknown_passkey', { loginToken: 'id.secret' }, []],
  ['passkey_refused', {}, []],
  ['login_expired', {}, []],
])('after %s and %o, the authenticator learns of unknown passkeys only', async (...row) => {
  const [error, options, signals] = row
  const browser = installBrowser()
  const { signInWithPasskey } = await load()
  await expect(signInWithPasskey(clientThat(refuse(error)), options)).rejects.toMatchObject({ status: 401 })
  expect(browser.signal.mock.calls).toEqual(signals)
})

test('after a new passkey, the authenticator learns of no unknown one for five minutes, but after them', async () => {
  const browser = installBrowser()
  const items = new Map<string, string>()
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => items.set(name, value),
  })
  vi.useFakeTimers({ toFake: ['Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const { createPasskey, signInWithPasskey } = await load()
  await createPasskey({ challenge: 'AAAA' } as never)
  expect([...items.keys()]).toEqual(['passkey-made-at'])
  const signIn = () => signInWithPasskey(clientThat(refuse('unknown_passkey')))
  await expect(signIn()).rejects.toMatchObject({ status: 401 })
  expect(browser.signal).not.toHaveBeenCalled()
  vi.setSystemTime(Date.now() + 300_000)
  await expect(signIn()).rejects.toMatchObject({ status: 401 })
  expect(browser.signal).toHaveBeenCalledOnce()
})

test.each([
  ['lacks', { signals: false }],
  ['refuses', {}],
])('the reason reaches the caller if the browser %s the signal', async (_name, options) => {
  const browser = installBrowser(options)
  browser.signal.mockRejectedValue(new Error('not now'))
  const { signInWithPasskey } = await load()
  const signedIn = signInWithPasskey(clientThat(refuse('unknown_passkey')))
  await expect(signedIn).rejects.toMatchObject({ message: 'Refused.' })
})

test('a new passkey is returned as JSON', async () => {
  const browser = installBrowser()
  const { createPasskey } = await load()
  const options = { challenge: 'AAAA' }
  expect(await createPasskey(options as never)).toBe(RESPONSE)
  expect(browser.create.mock.calls).toEqual([[{ publicKey: { parsed: options } }]])
})

test('a browser without the JSON methods has no passkeys here', async () => {
  expect(await (await load()).hasAutofill()).toBe(false)
  expect((await load()).hasPasskeys).toBe(false)
  vi.resetModules()
  installBrowser()
  expect([(await load()).hasPasskeys, await (await load()).hasAutofill()]).toEqual([true, true])
})

test.each([undefined, async () => false])(
  'a browser with %s has no autofill of passkeys',
  async (autofill) => {
    installBrowser({ autofill })
    expect(await (await load()).hasAutofill()).toBe(false)
  },
)

test('a sign-in without a response of the service fails as it does', async () => {
  installBrowser()
  const { signInWithPasskey } = await load()
  const signedIn = signInWithPasskey(
    clientThat(() => {
      throw new AuthError(0)
    }),
  )
  await expect(signedIn).rejects.toMatchObject({ name: 'AuthError', status: 0 })
})

/** A browser that has passkeys. Its calls are recorded. */
function installBrowser(
  options: { signals?: boolean; autofill?: (() => Promise<boolean>) | undefined } = {},
) {
  const { signals = true, autofill } = { autofill: async () => true, ...options }
  const credential = { id: RESPONSE.id, toJSON: () => RESPONSE }
  const browser = {
    get: vi.fn(async (_options: object) => credential),
    create: vi.fn(async (_options: object) => credential),
    signal: vi.fn(async (_unknown: object) => undefined),
  }
  vi.stubGlobal('navigator', { credentials: browser })
  vi.stubGlobal('PublicKeyCredential', {
    parseRequestOptionsFromJSON: (options: object) => ({ parsed: options }),
    parseCreationOptionsFromJSON: (options: object) => ({ parsed: options }),
    isConditionalMediationAvailable: autofill,
    ...(signals && { signalUnknownCredential: browser.signal }),
  })
  return browser
}

/** A client whose sign-in ends as given. */
const clientThat = (end: () => object) => ({
  post: vi.fn(async (_route: string, _body: object) => OPTIONS as never),
  signIn: vi.fn(async (_body: object, _route?: string) => end() as never),
})

const refuse = (error: string) => () => {
  throw new AuthError(401, { type: 'about:blank', title: '', status: 401, detail: 'Refused.', error })
}

/** Imports the module as a page does, after the browser is known. */
const load = () => import('./passkeys.js')
