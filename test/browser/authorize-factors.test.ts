import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Service, startService } from '../support/process/service.ts'
import { tableAt } from '../support/users/sessions.ts'
import {
  askForMail,
  choosePassword,
  code,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  register,
} from './accounts.ts'
import { addAuthenticator, withAutofill } from './authenticator.ts'
import { alert, heading, press, signIn, useBrowser } from './browser.ts'
import { addApp, addPasskey, dialog, fillIn, pressIn, saveCodes } from './factors.ts'
import { agree, expectCode, nextSecond, screen, startShop } from './shop.ts'

useBrowser()
const shop = await startShop()
const TITLE = 'Sign in to continue to Shop'

describe('a request for another sign-in is met', () => {
  test('by password and second factor', async () => {
    const { name, page } = await openOwn()
    const { nextCode } = await addApp(page)
    await ask(page)
    await signIn(page, name, PASSWORD)
    await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
    await screen(page, name)
    await agree(page)
    await expectCode(page)
  })

  test('not by a factor that the user cancels', async () => {
    const { name, page } = await openOwn()
    await addApp(page)
    await ask(page)
    await signIn(page, name, PASSWORD)
    await pressIn(page, 'Cancel')
    await alert(page, 'You are not signed in: the second factor is missing.')
    expect(await heading(page, TITLE).isVisible()).toBe(true)
  })

  test('by a passkey', async () => {
    const { name, page } = await openOwn(async (own) => {
      await addAuthenticator(own)
    })
    await addPasskey(page, 'Laptop')
    await saveCodes(page)
    await ask(page)
    await press(page, 'Sign in with a passkey')
    await screen(page, name)
    await agree(page)
    await expectCode(page)
  })

  test('by a passkey that the browser offers in the field', async () => {
    const { name, page } = await openOwn(addAuthenticator)
    await addPasskey(page, 'Laptop')
    await saveCodes(page)
    await nextSecond()
    // The authenticator of the test accepts the offer at once.
    await withAutofill(page)
    await shop.click(page, shop.requestOf(await shop.register(), { prompt: 'login' }))
    await screen(page, name)
    await agree(page)
    await expectCode(page)
  })
})

describe('under a policy', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ requireSecondFactor: 'all' })
  })
  afterAll(() => service.stop())

  test('a new account sets up its factor, and is led to the app', async () => {
    const { name, address } = newName()
    const other = await startShopAt(service)
    const page = await shop.open({ origins: [service.url] })
    await shop.click(page, other)
    await heading(page, TITLE).waitFor()
    await page.getByRole('link', { name: 'Create an account' }).click()
    await askForMail(page, 'E-mail address', address)
    await code(page).fill((await nextMail(address, service.url)).code)
    await page.getByLabel('Username').fill(name)
    await choosePassword(page, PASSWORD, 'Create account', 'Your account was created')
    await addAuthenticator(page)
    await press(page, 'Set up a second factor')
    await dialog(page).getByRole('button', { name: 'Create a passkey' }).waitFor()
    await pressIn(page, 'Create a passkey')
    await saveCodes(page)
    await screen(page, name)
    await agree(page)
    await expectCode(page)
  })
})

/** Stores a client at another service. @returns The URL of its request. */
async function startShopAt({ url, dynamoDbUrl }: Service): Promise<string> {
  const id = await shop.register({}, tableAt(dynamoDbUrl))
  return shop.requestOf(id).replace(/^http:\/\/[^/]+/, url)
}

/** Opens /account of a new user. */
async function openOwn(prepare: (page: Page) => Promise<unknown> = async () => {}) {
  const { name } = await register()
  const page = await openAccount(name, { origins: [shop.origin] })
  await prepare(page)
  return { name, page }
}

/** Clicks the link of an app that asks for two factors, and waits for the sign-in page. */
async function ask(page: Page, values: object = {}): Promise<void> {
  await nextSecond()
  await shop.click(page, shop.requestOf(await shop.register(values), { prompt: 'login', acr_values: 'aal2' }))
  await heading(page, TITLE).waitFor()
}
