import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newName, openAccount, PASSWORD, post, register, serviceUrl } from './accounts.ts'
import { type AppServer, startAppServer } from './app-server.ts'
import {
  type Ability,
  addAuthenticator,
  judgeRecorded,
  recordResponse,
  recordResponses,
  withAutofill,
} from './authenticator.ts'
import { alert, expectFocus, heading, inspect, LOOKS, open, press, signIn, useBrowser } from './browser.ts'
import { addPasskey, confirmPassword, dialog, fillIn, pressIn, saveCodes } from './factors.ts'

useBrowser()

const REFUSED = 'The passkey was not accepted.'
const CANCELLED = 'No passkey was used: the request was cancelled or took too long. Try again.'

const NOT_CREATED =
  'No passkey was created. The request was cancelled or took too long, or this device cannot create one.'

describe('a passkey', () => {
  test.each([
    { isSynced: true, isInternal: true, badge: 'Synced' },
    { isSynced: false, isInternal: false, badge: 'This device only' },
  ])('is added, renamed, used and removed: $badge', async ({ badge, ...ability }) => {
    const { name, page, recoveryCodes, authenticator } = await openWithPasskey(ability)
    expect(recoveryCodes).toHaveLength(10)
    expect(await passkeys(page)).toEqual([
      expect.stringMatching(new RegExp(`^Laptop\\s*${badge}\\s*Added .*, not used yet$`)),
    ])
    await press(page, 'Rename the passkey Laptop')
    expect(await dialog(page).getByLabel('Name of the passkey').inputValue()).toBe('Laptop')
    await fillIn(page, 'Name of the passkey', '<b>Phone</b>', 'Rename')
    await alert(page, 'The passkey was renamed.')
    await leave(page)

    await press(page, 'Sign in with a passkey', `Signed in as ${name}`)
    expect(await claim(page, 'amr')).toMatch(/^pop,user,mfa/)
    expect(await claim(page, 'acr')).toMatch(/^aal2/)
    await expectFocus(page, 'who')
    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByText('last used').first().waitFor()
    expect(await passkeys(page)).toEqual([expect.stringMatching(/^<b>Phone<\/b>.*, last used .*2/)])

    await press(page, 'Remove the passkey <b>Phone</b>')
    await confirmPassword(page, 'Remove')
    await alert(page, 'The passkey was removed.')
    expect(await passkeys(page)).toEqual([])
    expect((await post('login', { username: name, password: PASSWORD })).status).toBe(200)
    await leave(page)
    // The authenticator learned of the removal, and does not offer the passkey again.
    expect(await authenticator.credentials()).toEqual([])
    await press(page, 'Sign in with a passkey')
    await alert(page, CANCELLED)
  })

  test('is the second factor after the password', async () => {
    const { name, page } = await openWithPasskey({ isSynced: false })
    await leave(page)
    await signIn(page, name, PASSWORD)
    await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
    expect(await dialog(page).getByRole('button').filter({ visible: true }).allInnerTexts()).toEqual([
      'Use a passkey',
      'Use a recovery code instead',
      'Cancel',
    ])
    await page.keyboard.press('Enter')
    await heading(page, `Signed in as ${name}`).waitFor()
    expect(await claim(page, 'amr')).toMatch(/^pwd,pop,mfa/)
  })

  test('signs in by the autofill of the username', async () => {
    const { name, page } = await openWithPasskey()
    await withAutofill(page)
    await press(page, 'Sign out')
    const [options] = await Promise.all([
      page.waitForRequest('**/login/passkey/options'),
      page.getByRole('link', { name: 'Sign in' }).click(),
    ])
    // It leads back to the page /account.
    await heading(page, 'Your account').waitFor()
    await page.getByText(name).first().waitFor()
    expect(options.postDataJSON()).toEqual({})
    expect(await page.getByText('last used').count()).toBeGreaterThan(0)
  })

  test('steps up for a change, and another device then adds a second one', async () => {
    const { page, authenticator } = await openWithPasskey({ isInternal: false })
    await press(page, 'Get new codes')
    await confirmPassword(page, 'Get new codes')
    await pressIn(page, 'Use a passkey')
    expect(await saveCodes(page)).toHaveLength(10)
    await authenticator.remove()
    await addAuthenticator(page, { isSynced: false })
    await addPasskey(page)
    await alert(page, 'The passkey was added.')
    expect(await passkeys(page)).toHaveLength(2)
  })

  test('needs the current password, and an authenticator without it already', async () => {
    const { page } = await openWithAuthenticator()
    await addPasskey(page, 'Laptop', 'wrong')
    await dialog(page)
      .getByRole('textbox', { name: 'Current password', description: 'Incorrect password.' })
      .waitFor()
    await confirmPassword(page, 'Create the passkey')
    await saveCodes(page)
    await addPasskey(page, 'Again')
    await pressIn(page, 'Use a passkey')
    await alert(dialog(page), 'This device already has a passkey')
    await pressIn(page, 'Cancel')
    expect(await passkeys(page)).toHaveLength(1)
  })
})

test('a passkey that another tab has removed leaves the list when it is renamed or removed', async () => {
  const { name, page } = await openWithAuthenticator()
  const list = [{ id: 'A'.repeat(22), name: 'Gone', createdAt: new Date().toISOString(), synced: false }]
  await page.route('**/passkeys', (route) => route.fulfill({ json: { passkeys: list } }), { times: 1 })
  await page.reload()
  await press(page, 'Rename the passkey Gone')
  await pressIn(page, 'Rename')
  await alert(page, 'This passkey was removed.')
  expect(await passkeys(page)).toEqual([])
  expect(await page.locator('#username').textContent()).toBe(name)
})

describe('user verification', () => {
  test('that a page does not ask for is refused by the service', async () => {
    const { page, authenticator } = await openWithPasskey()
    await leave(page)
    await authenticator.setVerified(false)
    await page.route('**/login/passkey/options', async (route) => {
      const json = await (await route.fetch()).json()
      await route.fulfill({ json: { ...json, userVerification: 'discouraged' } })
    })
    await press(page, 'Sign in with a passkey')
    await alert(page, REFUSED)
  })

  test('is needed for a whole sign-in, and not for a second factor', async () => {
    const { name, page } = await openWithPasskey({ isVerifying: false, isSynced: false })
    await leave(page)
    await press(page, 'Sign in with a passkey')
    await alert(page, CANCELLED)
    await signIn(page, name, PASSWORD)
    await pressIn(page, 'Use a passkey')
    await heading(page, `Signed in as ${name}`).waitFor()
    expect(await claim(page, 'amr')).toMatch(/^pwd,pop,mfa/)
  })

  test('that the user does not pass ends the sign-in', async () => {
    const { page, authenticator } = await openWithPasskey()
    await leave(page)
    await authenticator.setVerified(false)
    await press(page, 'Sign in with a passkey')
    await alert(page, CANCELLED)
  })

  test('is missing on a security key without a PIN: the browser makes no passkey', async () => {
    const { page } = await openWithAuthenticator({ isVerifying: false, isInternal: false })
    await addPasskey(page)
    await alert(dialog(page), NOT_CREATED)
  })
})

test('an authenticator that stores no passkeys is refused by the browser', async () => {
  const { page } = await openWithAuthenticator({ isResident: false })
  await addPasskey(page)
  await alert(dialog(page), NOT_CREATED)
  await pressIn(page, 'Cancel')
  expect(await passkeys(page)).toEqual([])
})

test('a passkey of a deleted user signs in no longer, and the authenticator learns it', async () => {
  const { page, authenticator } = await openWithPasskey()
  await page.getByText('Delete account').first().click()
  await page.locator('#delete-password').fill(PASSWORD)
  await press(page, 'Delete account')
  await pressIn(page, 'Use a passkey')
  await heading(page, 'Your account was deleted').waitFor()
  // It was made five minutes ago or longer.
  await page.evaluate(() => localStorage.removeItem('passkey-made-at'))
  await page.getByRole('link', { name: 'Sign in' }).click()
  await press(page, 'Sign in with a passkey')
  await alert(page, 'This passkey is not registered here.')
  await expect.poll(() => authenticator.credentials()).toEqual([])
})

describe('the autofill', () => {
  test('waits for the user, ends with the form, and is offered again after a wrong password', async () => {
    const requests: object[] = []
    const page = await open(`${serviceUrl()}/docs`)
    await withAutofill(page)
    page.on('request', (request) => {
      if (request.url().endsWith('/login/passkey/options')) requests.push(request.postDataJSON())
    })
    await page.goto(`${serviceUrl()}/signin`)
    await heading(page, 'Sign in').waitFor()
    await expect.poll(() => requests).toEqual([{}])
    await signIn(page, newName().name, 'wrong')
    await alert(page, 'Incorrect username or password.')
    await expect.poll(() => requests).toEqual([{}, {}])
    // Its challenge would expire after 5 minutes.
    await page.clock.fastForward('04:01')
    await expect.poll(() => requests).toEqual([{}, {}, {}])
    await signIn(page, 'user')
    await heading(page, 'Signed in as user').waitFor()
    await page.clock.fastForward('04:01')
    expect(requests).toHaveLength(3)
  })

  test('ends when the button is pressed, and begins again when that request is cancelled', async () => {
    const page = await open(`${serviceUrl()}/docs`)
    await withAutofill(page)
    // Browsers refuse a second request while one waits. The user cancels each request of the button.
    await page.addInitScript(`
      globalThis.calls = []
      navigator.credentials.get = ({ mediation = 'button', signal }) => new Promise((_, reject) => {
        const isPending = calls.some((call) => !call.isOver)
        const call = { mediation, isPending, isOver: mediation === 'button' }
        calls.push(call)
        if (call.isOver) return reject(new DOMException('', 'NotAllowedError'))
        signal.onabort = () => {
          call.isOver = true
          reject(signal.reason)
        }
      })`)
    await page.goto(`${serviceUrl()}/signin`)
    const calls = () =>
      page.evaluate<string[]>('calls.map(({ mediation, isPending }) => mediation + isPending)')
    await expect.poll(calls).toEqual(['conditionalfalse'])
    await press(page, 'Sign in with a passkey')
    await alert(page, CANCELLED)
    await expect.poll(calls).toEqual(['conditionalfalse', 'buttonfalse', 'conditionalfalse'])
  })

  test('says that a chosen passkey could not be verified, and is offered again', async () => {
    // Without recording: the service does not see the first response.
    const { name } = await register()
    const page = await openAccount(name)
    await addAuthenticator(page)
    await addPasskey(page, 'Laptop')
    await saveCodes(page)
    const again = Promise.withResolvers<void>()
    let requests = 0
    await page.route('**/login/passkey', async (route) => {
      requests += 1
      if (requests === 1) return route.fulfill({ status: 503, json: { detail: 'Try again shortly.' } })
      await again.promise
      return route.continue()
    })
    await withAutofill(page)
    await press(page, 'Sign out', 'You are signed out')
    // Chromium's virtual user chooses the passkey whenever it is offered.
    await page.goto(`${serviceUrl()}/signin`)
    await alert(page, 'Try again shortly.')
    again.resolve()
    await heading(page, `Signed in as ${name}`).waitFor()
    expect(requests).toBe(2)
  })

  test('says nothing if the service has no options now, and the form still works', async () => {
    const page = await open(`${serviceUrl()}/docs`)
    await withAutofill(page)
    await page.route('**/login/passkey/options', (route) => route.fulfill({ status: 429, json: {} }))
    await page.goto(`${serviceUrl()}/signin`)
    await heading(page, 'Sign in').waitFor()
    await press(page, 'Sign in with a passkey')
    await alert(page, 'The request was rejected without a reason.')
    await signIn(page, 'user')
    await heading(page, 'Signed in as user').waitFor()
  })
})

describe('another origin', () => {
  let app: AppServer
  beforeAll(async () => {
    app = await startAppServer(() => '<title>App</title>')
  })
  afterAll(() => app.stop())

  test('of the same host gets a response of the passkey, which the service refuses', async () => {
    const { page } = await openWithPasskey({}, { origins: [`http://localhost:${app.port}`] })
    const { status, body } = await post('login/passkey/options', {})
    expect(status).toBe(200)
    await page.goto(`http://localhost:${app.port}/`)
    const response = await page.evaluate<AuthenticationResponseJSON>(`(async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${body})
      return (await navigator.credentials.get({ publicKey })).toJSON()
    })()`)
    const refused = await post('login/passkey', { response })
    await recordResponse(response, serviceUrl(), { isAccepted: false, requireUserVerification: true })
    expect([refused.status, JSON.parse(refused.body)]).toEqual([
      401,
      expect.objectContaining({ detail: REFUSED, error: 'passkey_refused' }),
    ])
  })
})

test.each(LOOKS)(
  'the list of passkeys fits and is accessible at $width pixels, $colorScheme',
  async (look) => {
    const { width, colorScheme } = look
    const { page } = await openWithPasskey({}, look)
    await press(page, 'Rename the passkey Laptop')
    await inspect(page, `passkeys-rename-${width}-${colorScheme}`)
    await fillIn(page, 'Name of the passkey', 'x'.repeat(64), 'Rename')
    await alert(page, 'The passkey was renamed.')
    await inspect(page, `passkeys-account-${width}-${colorScheme}`)
  },
)

test('other implementations agree with the service on each response of Chromium', async () => {
  const { registrations, accepted, refused } = await judgeRecorded()
  expect([registrations, accepted, refused].map((count) => count > 0)).toEqual([true, true, true])
})

/** Opens /account of a new user, with a virtual authenticator. */
async function openWithAuthenticator(ability: Ability = {}, options: Parameters<typeof open>[1] = {}) {
  const { name } = await register()
  const page = await openAccount(name, options)
  const authenticator = await addAuthenticator(page, ability)
  await recordResponses(page)
  return { name, page, authenticator }
}

/** Opens /account of a new user, who has a passkey. */
async function openWithPasskey(...options: Parameters<typeof openWithAuthenticator>) {
  const opened = await openWithAuthenticator(...options)
  await addPasskey(opened.page, 'Laptop')
  const recoveryCodes = await saveCodes(opened.page)
  await alert(opened.page, 'The passkey was added.')
  return { ...opened, recoveryCodes }
}

const passkeys = async (page: Page) =>
  (await page.locator('#passkeys > li > div').allInnerTexts()).map((text) => text.replaceAll('\n', ' '))

const claim = (page: Page, name: string) => page.locator(`#claims dt:text-is("${name}") + dd`).textContent()

/** Signs out on /account, and opens /signin. */
async function leave(page: Page): Promise<void> {
  await press(page, 'Sign out', 'You are signed out')
  await page.goto(`${serviceUrl()}/signin`)
  await heading(page, 'Sign in').waitFor()
}
