import type { Page, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  askForMail,
  code,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  post,
  register,
  serviceUrl,
} from './accounts.ts'
import { type Ability, addAuthenticator, judgeRecorded, recordResponses } from './authenticator.ts'
import { alert, heading, open, press, useBrowser } from './browser.ts'
import { addPasskey, confirmPassword, dialog, pressIn, saveCodes } from './factors.ts'

useBrowser()

// Accounts with a passkey only, and what the password manager of the browser then has: over CDP, by `WebAuthn.getCredentials`.

const CREATED = 'Your account was created'
const REMOVED = 'The passkey was removed.'
const TAKEN = 'This username is taken.'

/** Fails if a page signals a list of passkeys. */
const WITHOUT_LISTS = `
  globalThis.lists = 0
  if (globalThis.PublicKeyCredential) {
    PublicKeyCredential.signalAllAcceptedCredentials = async () => { globalThis.lists += 1 }
  }`

describe('an account with a passkey only', () => {
  test('is created on /register, shows recovery codes once, and signs in by the passkey', async () => {
    const { name, address } = newName()
    const { page, authenticator } = await askOnRegister(address)
    await recordResponses(page)
    await page.getByLabel('Username or e-mail address').fill(name)
    await press(page, 'Create a passkey')
    expect(await saveCodes(page)).toHaveLength(10)
    await heading(page, CREATED).waitFor()
    await expect.poll(() => page.locator('#codes li').count()).toBe(0)
    const [credential, ...others] = await authenticator.credentials()
    expect([others, credential?.userName]).toEqual([[], name])
    await page.getByRole('link', { name: 'Go to your account' }).click()
    await heading(page, 'Your account').waitFor()
    expect(await passkeys(page)).toHaveLength(1)
    expect(await hasExactly(page, authenticator)).toBe(true)

    await press(page, 'Sign out', 'You are signed out')
    await page.goto(`${serviceUrl()}/signin`)
    await press(page, 'Sign in with a passkey', `Signed in as ${name}`)
  })

  test('is created on /confirm, from the link of the mail', async () => {
    const { address } = newName()
    expect((await post('register', { email: address })).status).toBe(202)
    const { link } = await nextMail(address)
    const page = await open(link)
    const authenticator = await addAuthenticator(page)
    await press(page, 'Create a passkey')
    expect(await saveCodes(page)).toHaveLength(10)
    await page.getByText(`You are signed in as ${address}.`).waitFor()
    expect((await authenticator.credentials()).map(({ userName }) => userName)).toEqual([address])
  })

  test('is created on /signin, after the code of a mail to an address without an account', async () => {
    const { name, address } = newName()
    const page = await open(`${serviceUrl()}/signin?next=account`)
    await page.reload()
    const authenticator = await addAuthenticator(page)
    await press(page, 'Continue with e-mail')
    await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(address)
    await page.keyboard.press('Enter')
    await code(page)
      .filter({ visible: true })
      .fill((await nextMail(address)).code)
    await page.keyboard.press('Enter')
    await heading(page, 'Create your account').waitFor()
    await page.locator('#mail-username').fill(name)
    await press(page, 'Create a passkey')
    expect(await saveCodes(page)).toHaveLength(10)
    // Only then the page leads on.
    await heading(page, 'Your account').waitFor()
    expect(await passkeys(page)).toHaveLength(1)
    expect((await authenticator.credentials()).map(({ userName }) => userName)).toEqual([name])
  })

  test('takes another username with the same passkey, whose name the password manager then has', async () => {
    const { name: taken } = await register()
    const { name, address } = newName()
    const { page, authenticator } = await askOnRegister(address)
    const field = page.getByLabel('Username or e-mail address')
    await field.fill(taken)
    await press(page, 'Create a passkey')
    await page.getByText(TAKEN).first().waitFor()
    expect(await authenticator.credentials()).toHaveLength(1)
    await field.fill(name)
    await press(page, 'Create a passkey')
    await saveCodes(page)
    await heading(page, CREATED).waitFor()
    expect((await authenticator.credentials()).map(({ userName }) => userName)).toEqual([name])
  })

  test('needs an authenticator with a PIN, fingerprint or face: the service refuses another one by a text', async () => {
    const { address } = newName()
    const { page } = await askOnRegister(address, { isVerifying: false, isSynced: false })
    await page.route('**/register/passkey', async (route) => {
      const json = await (await route.fetch()).json()
      json.authenticatorSelection.userVerification = 'discouraged'
      await route.fulfill({ json })
    })
    await press(page, 'Create a passkey')
    await alert(page, 'Use a passkey with a PIN, fingerprint or face.')
    expect((await post('login', { username: address, password: PASSWORD })).status).toBe(401)
    // Without a passkey, the same mail still creates an account.
    await press(page, 'Create account')
    await heading(page, CREATED).waitFor()
  })
})

describe('the password manager has what the service has', () => {
  test('after a removal on /account, of two passkeys the other one', async () => {
    const { page, first, second } = await withTwoPasskeys()
    await press(page, 'Remove the passkey Laptop')
    await confirmPassword(page, 'Remove')
    await stepUp(page)
    await alert(page, REMOVED)
    expect([await first.credentials(), await second.credentials()].map(({ length }) => length)).toEqual([
      0, 1,
    ])
    expect(await passkeys(page)).toHaveLength(1)
  })

  test.each([
    ['a 503', (route: Route) => route.fulfill({ status: 503, json: { detail: 'Try again shortly.' } })],
    ['a 429', (route: Route) => route.fulfill({ status: 429, json: { detail: 'Try again later.' } })],
    ['a request that is lost', (route: Route) => route.abort()],
  ])('after %s in place of the removal: all', async (_what, fault) => {
    const { page, authenticator } = await withPasskey()
    await page.route('**/passkeys/*', (route) =>
      route.request().method() === 'DELETE' ? fault(route) : route.continue(),
    )
    await press(page, 'Remove the passkey Laptop')
    await confirmPassword(page, 'Remove')
    await dialog(page).getByRole('alert').filter({ hasText: /./ }).first().waitFor()
    await pressIn(page, 'Cancel')
    expect(await hasExactly(page, authenticator)).toBe(true)
  })

  test('after a lost response of the removal: not less, and its next use heals it', async () => {
    const { page, authenticator } = await withPasskey()
    await page.route('**/passkeys/*', async (route) => {
      if (route.request().method() !== 'DELETE') return route.continue()
      const response = await route.fetch()
      return response.status() === 204 ? route.abort() : route.fulfill({ response })
    })
    await press(page, 'Remove the passkey Laptop')
    await confirmPassword(page, 'Remove')
    await stepUp(page)
    await dialog(page).getByRole('alert').filter({ hasText: /./ }).first().waitFor()
    expect(await authenticator.credentials()).toHaveLength(1)
    await page.context().clearCookies()
    await page.goto(`${serviceUrl()}/signin`)
    const tryIt = async () => {
      await press(page, 'Sign in with a passkey')
      await alert(page, 'This passkey is not registered here.')
    }
    // For five minutes after a creation, an account may still get a passkey that the service does not know.
    await tryIt()
    expect(await authenticator.credentials()).toHaveLength(1)
    await page.evaluate(() => localStorage.removeItem('passkey-made-at'))
    await page.reload()
    await tryIt()
    await expect.poll(() => authenticator.credentials()).toEqual([])
  })

  test('while another tab adds one: both', async () => {
    const { page, authenticator: first } = await withPasskey()
    await signInAgain(page)
    const adding = await page.context().newPage()
    await adding.goto(`${serviceUrl()}/account`)
    await heading(adding, 'Your account').waitFor()
    const second = await addAuthenticator(adding)
    const { promise, resolve } = Promise.withResolvers<void>()
    await adding.route('**/passkeys', async (route) => {
      if (route.request().method() === 'POST') await promise
      await route.continue()
    })
    await addPasskey(adding, 'Phone')
    // It is made, and the service does not have it yet.
    await expect.poll(async () => (await second.credentials()).length).toBe(1)
    await page.reload()
    await heading(page, 'Your account').waitFor()
    expect(await passkeys(page)).toHaveLength(1)
    resolve()
    await alert(adding, 'The passkey was added.')
    expect([(await first.credentials()).length, (await second.credentials()).length]).toEqual([1, 1])
    expect(await passkeys(adding)).toHaveLength(2)
  })

  test('when another user signs in before the list comes: that of both', async () => {
    const { page, authenticator } = await withPasskey()
    const other = await register()
    await page.route('**/passkeys', async (route) => {
      const headers = { 'Content-Type': 'application/json' }
      const body = { username: other.name, password: PASSWORD, session: 'cookie' }
      await page.evaluate(([url, init]) => fetch(String(url), init as RequestInit).then(() => {}), [
        `${serviceUrl()}/login`,
        { method: 'POST', headers, body: JSON.stringify(body) },
      ] as const)
      await page.unroute('**/passkeys')
      await route.continue()
    })
    const before = await authenticator.credentials()
    await page.reload()
    await heading(page, 'Your account').waitFor()
    expect(await authenticator.credentials()).toEqual(before)
  })

  test('after a change of the username, by the code of a mail on /account', async () => {
    const { address } = newName()
    expect((await post('register', { email: address })).status).toBe(202)
    const { link } = await nextMail(address)
    const body = { token: link.replace(/.*=/, ''), password: PASSWORD }
    expect((await post('register/confirm', body)).status).toBe(200)
    const { page, authenticator } = await withPasskey(address)
    expect((await authenticator.credentials()).map(({ userName }) => userName)).toEqual([address])
    const { address: moved } = newName()
    await signInAgain(page)
    const token = await page.evaluate<string>(`(async () => {
      const { createAuth } = await import('${serviceUrl()}/client.js')
      return createAuth({ url: '.' }).getAccessToken()
    })()`)
    expect((await post('email', { email: moved, currentPassword: PASSWORD }, token, 'PUT')).status).toBe(202)
    await page.goto((await nextMail(moved)).link)
    await page.getByRole('button', { name: 'Confirm' }).first().click()
    await heading(page, 'Your address was confirmed').waitFor()
    await expect
      .poll(async () => (await authenticator.credentials()).map(({ userName }) => userName))
      .toEqual([moved])
  })
})

test('other implementations agree with the service on each registration', async () => {
  expect((await judgeRecorded()).registrations).toBeGreaterThan(0)
})

/** Opens /register with an authenticator, and types the code of the mail. */
async function askOnRegister(address: string, ability: Ability = {}) {
  const page = await open(`${serviceUrl()}/register`)
  await page.addInitScript(WITHOUT_LISTS)
  const authenticator = await addAuthenticator(page, ability)
  await askForMail(page, 'E-mail address', address)
  await code(page).fill((await nextMail(address)).code)
  return { page, authenticator }
}

/** Opens /account of a user with a password and a passkey. */
async function withPasskey(username?: string) {
  const name = username ?? (await register()).name
  const page = await openAccount(name, { known: /ERR_FAILED/ })
  await page.addInitScript(WITHOUT_LISTS)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, 'Laptop')
  await saveCodes(page)
  await alert(page, 'The passkey was added.')
  return { name, page, authenticator }
}

/** And with a second one, on another device. */
async function withTwoPasskeys() {
  const { page, name, authenticator: first } = await withPasskey()
  const second = await addAuthenticator(page, { isInternal: false })
  await addPasskey(page, 'Phone')
  await stepUp(page)
  await alert(page, 'The passkey was added.')
  return { page, name, first, second }
}

/** Signs in again with the passkey, which a change needs that is not begun here. */
async function signInAgain(page: Page): Promise<void> {
  await press(page, 'Get new codes')
  await confirmPassword(page, 'Get new codes')
  await stepUp(page)
  await saveCodes(page)
}

/** Signs in again with the passkey, if the service asks for that. */
async function stepUp(page: Page): Promise<void> {
  const button = dialog(page).getByRole('button', { name: 'Use a passkey', exact: true })
  if (
    await button.waitFor({ timeout: 3_000 }).then(
      () => true,
      () => false,
    )
  )
    await button.click()
}

async function passkeys(page: Page): Promise<string[]> {
  await page.locator('#passkeys > li').first().waitFor()
  return page.locator('#passkeys > li').allInnerTexts()
}

/** Whether an authenticator has as many passkeys as the page lists. No page has signalled a list. */
async function hasExactly(page: Page, authenticator: Awaited<ReturnType<typeof addAuthenticator>>) {
  const [listed, stored] = [await passkeys(page), await authenticator.credentials()]
  const lists = await page.evaluate<number>('globalThis.lists ?? 0')
  return lists === 0 && listed.length === stored.length && stored.length > 0
}
