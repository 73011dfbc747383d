import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { sendForAll, sendJson } from '../support/http/http.ts'
import type { Service } from '../support/process/service.ts'
import { ACCOUNT, mails, newName, nextMail, openAccount, PASSWORD, rows } from './accounts.ts'
import { alert, expectFocus, heading, inspect, LOOKS, open, press, useBrowser } from './browser.ts'
import { dialog, fillIn, pressIn } from './factors.ts'
import { useWordedService } from './worded-service.ts'

// A user chooses the language of mails on the page /account of a service in English and German.

useBrowser()

const ENGLISH = { 'Accept-Language': 'en' }
const CARD = '#change-language'
const BUTTON = 'Change language'
const DONE = 'Mails to you are in this language from now on.'

describe('with passwords', () => {
  const used = useWordedService(['en', 'de'])

  test('a user chooses the language of mails, and the notice of it is in the one before', async () => {
    const { service } = used
    const { name, address } = await register(service.url)
    const page = await openAccount(name, { origin: service.url, locale: 'en-US' })
    await openCard(page)
    const select = page.getByLabel('Language of mails')
    expect(await select.locator('option').allTextContents()).toEqual(['English', 'Deutsch'])
    expect(await select.locator('option[lang="de"]').getAttribute('value')).toBe('de')
    expect(await chosen(page)).toBe('en')

    // A wrong password changes nothing, and the choice stays.
    await select.selectOption('de')
    await page.locator('#language-password').fill('not my password')
    await press(page, BUTTON)
    await page.locator('#language-password-fault').getByText('Incorrect').waitFor()
    await expectFocus(page, 'language-password')
    expect(await chosen(page)).toBe('de')
    expect(await localeOf(service.url, name)).toBe('en')

    await page.locator('#language-password').fill(PASSWORD)
    await press(page, BUTTON)
    await alert(page.locator(CARD), DONE)
    await page.locator('#events').getByText('Language changed').waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe(BUTTON)
    expect(await page.locator('#language-password').inputValue()).toBe('')
    expect(await chosen(page)).toBe('de')
    expect(await localeOf(service.url, name)).toBe('de')
    await expect
      .poll(async () => (await subjectsOf(service.url, address))[0])
      .toMatch(/^The language of your account at .* was changed$/)
    expect(await forget(service, address)).toMatch(/^Neues Passwort/)

    // The page stays in the language of its reader, and shows the choice.
    await page.reload()
    await expect.poll(() => chosen(page)).toBe('de')
  })

  test.each(LOOKS)('the form fits and is accessible at $width pixels, $colorScheme', async (look) => {
    const { url } = used.service
    const { name } = await register(url)
    const page = await openAccount(name, { origin: url, path: 'account#change-language', ...look })
    await page.locator('#locale').waitFor()
    await page.locator('#language-password').fill('not my password')
    await press(page, BUTTON)
    await page.locator('#language-password-fault').getByText('Incorrect').waitFor()
    await inspect(page, `account-mail-language-${look.width}-${look.colorScheme}`)
  })
})

describe('with sign-ins by a mail', () => {
  const used = useWordedService(['en', 'de'], {}, { mailSignIn: 'on' })

  test('a user without a password proves the choice by a mail', async () => {
    const { service } = used
    const { name, address, token } = await askForAccount(service.url)
    // It has no script.
    const page = await open(`${service.url}/openapi.json`, { locale: 'en-US' })
    const body = JSON.stringify({ token, username: name, session: 'cookie' })
    expect(
      await page.evaluate(`fetch('register/confirm', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: ${JSON.stringify(body)},
      }).then(({ status }) => status)`),
    ).toBe(200)
    await page.goto(`${service.url}/account`)
    await heading(page, ACCOUNT).waitFor()
    await rows(page).first().waitFor()

    await openCard(page)
    expect(await page.locator('#language-password').isVisible()).toBe(false)
    await page.getByLabel('Language of mails').selectOption('de')
    await press(page, BUTTON)
    await dialog(page).getByText('To change the language of your account, confirm that it is you.').waitFor()
    await pressIn(page, `Send a code to ${address}`)
    const codes = async () =>
      (await mails(service.url))
        .filter(({ to, subject }) => to === address && subject.startsWith('Confirm a change'))
        .map(({ text }) => String(/code: (\d{8})/.exec(text)?.[1]))
    await expect.poll(codes).toHaveLength(1)
    await fillIn(page, 'Code from the mail', String((await codes())[0]), 'Confirm')
    await alert(page.locator(CARD), DONE)
    await page.locator('#events').getByText('Language changed').waitFor()
    expect(await page.evaluate('document.activeElement.textContent')).toBe(BUTTON)
    await page.reload()
    await heading(page, ACCOUNT).waitFor()
    await expect.poll(() => chosen(page)).toBe('de')
  })
})

/** Asks for a registration in English. @returns The names, and the token of the link. */
async function askForAccount(url: string) {
  const { name, address } = newName()
  expect((await sendJson(`${url}/register`, 'POST', { email: address }, ENGLISH)).status).toBe(202)
  const { link } = await nextMail(address, url)
  return { name, address, token: link.replace(/.*=/, '') }
}

/** Creates an account with a password over HTTP. */
async function register(url: string) {
  const { name, address, token } = await askForAccount(url)
  const body = { token, username: name, password: PASSWORD }
  expect((await sendJson(`${url}/register/confirm`, 'POST', body, ENGLISH)).status).toBe(200)
  return { name, address }
}

/** Returns the language that the service has of a user. */
async function localeOf(url: string, username: string): Promise<string> {
  const { body } = await sendJson(`${url}/login`, 'POST', { username, password: PASSWORD })
  const headers = { Authorization: `Bearer ${body.authToken}` }
  const profile = await sendForAll(`${url}/me`, 'GET', headers)
  return JSON.parse(profile.body).locale
}

/** Returns the subjects of the mails to an address, the newest first. */
const subjectsOf = async (url: string, address: string) =>
  (await mails(url)).filter(({ to }) => to === address).map(({ subject }) => subject)

/** Asks for a new password in English. @returns The subject of its mail. */
async function forget({ url }: Service, address: string): Promise<string | undefined> {
  expect((await sendJson(`${url}/password/forgot`, 'POST', { login: address }, ENGLISH)).status).toBe(202)
  await nextMail(address, url)
  return (await subjectsOf(url, address))[0]
}

const openCard = (page: Page) => page.locator(`${CARD} summary`).click()
const chosen = (page: Page) => page.locator('#locale').inputValue()
