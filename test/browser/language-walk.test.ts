import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { addClient, queryOf } from '../oauth/clients.ts'
import { tableAt } from '../support/users/sessions.ts'
import { nextMail, PASSWORD } from './accounts.ts'
import { startAppServer } from './app-server.ts'
import { open, useBrowser } from './browser.ts'
import { useWordedService } from './worded-service.ts'

// A reader in an English browser chooses German on one page, and has it on all others.

useBrowser()
const used = useWordedService(['en', 'de'])
const app = await startAppServer(() => '<html lang="en"><title>Shop</title><h1>Shop</h1></html>')
afterAll(() => app.stop())
const callback = `http://127.0.0.1:${app.port}/callback`

const urlOf = (path: string) => `${used.service.url}/${path}`

/** Pages that a test has seen, with their languages. */
const seen: string[] = []

test('the language that a reader chooses at /signin stays on the way through all pages', async () => {
  const page = await openIn('en-US', 'signin')
  await expectIn(page, 'en', 'signin')
  expect(await page.locator('.languages').textContent()).toBe('EnglishDeutsch')
  await page.getByRole('link', { name: 'Deutsch' }).click()
  await expectIn(page, 'de', 'signin')

  await page.locator('a[href^="register"]').click()
  await expectIn(page, 'de', 'register')
  const name = `ada${randomBytes(4).toString('hex')}`
  await page.locator('#email').fill(`${name}@example.org`)
  await page.locator('#ask-form [type="submit"]').click()
  await page.locator('#code').waitFor()

  // The mail is in the language of the page, and so is the page of its link, in any browser.
  const { link } = await nextMail(`${name}@example.org`, used.service.url)
  expect(new URL(link).search).toBe('?lang=de')
  await page.goto(link)
  await expectIn(page, 'de', 'confirm')
  await page.locator('#account-form #username').fill(name)
  const password = page.locator('#first-password')
  if (!(await password.isVisible())) await page.locator('#account-form summary').click()
  await password.fill(PASSWORD)
  await page.getByRole('button', { name: 'Konto erstellen' }).click()
  await page.locator('#done-account a').click()
  await expectIn(page, 'de', 'account')

  // A page that requires a sign-in leads there and back.
  await page.locator('#sign-out').click()
  await page.locator('#done a').click()
  await expectIn(page, 'de', 'signin')
  await page.locator('a[href^="forgot"]').first().click()
  await expectIn(page, 'de', 'forgot')
  await page.goto(urlOf('account?lang=de#change-password'))
  await expectIn(page, 'de', 'signin')
  await signIn(page, name)
  await expectIn(page, 'de', 'account')
  expect(new URL(page.url()).hash).toBe('#change-password')

  // To an app, and back.
  await page.goto(urlOf(`${await requestOf({ prompt: 'login' })}&lang=de`))
  await expectIn(page, 'de', 'signin')
  await signIn(page, name)
  await expectIn(page, 'de', 'oauth2/authorize')
  await page.locator('#continue').click()
  await page.waitForURL(`${callback}**`)
  expect(page.url()).toContain('code=')
  await page.goto(urlOf('oauth2/logout?lang=de'))
  await expectIn(page, 'de', 'oauth2/logout')
  process.stdout.write(`${seen.splice(0).join('\n')}\n`)
})

test('a choice at the sign-in to an app stays until the app, and no sign-in begins again', async () => {
  const page = await openIn('en-US', await requestOf())
  await expectIn(page, 'en', 'signin')
  await page.getByRole('link', { name: 'Deutsch' }).click()
  await expectIn(page, 'de', 'signin')
  await page.locator('#username').fill('user')
  await page.locator('#password').fill('user')
  await page.keyboard.press('Enter')
  await expectIn(page, 'de', 'oauth2/authorize')
  await page.locator('#continue').click()
  await page.waitForURL(`${callback}**`)
  process.stdout.write(`${seen.splice(0).join('\n')}\n`)
})

test('an app with ui_locales=de gets German pages in an English browser', async () => {
  const page = await openIn('en-US', await requestOf({ ui_locales: 'nds de' }))
  await expectIn(page, 'de', 'signin')
  // The script of a page adds what its links keep.
  await page.locator('a[href^="register?"]').click()
  await expectIn(page, 'de', 'register')
  await page.locator('.masthead a[href^="signin?"]').click()
  await expectIn(page, 'de', 'signin')
  await page.locator('#username').fill('user')
  await page.locator('#password').fill('user')
  await page.keyboard.press('Enter')
  await expectIn(page, 'de', 'oauth2/authorize')
  await page.locator('#continue').click()
  await page.waitForURL(`${callback}**`)
  process.stdout.write(`${seen.splice(0).join('\n')}\n`)
})

test('a first visit sends as many requests in German as in English, each for its language', async () => {
  const requested = async (locale: string) => {
    const page = await openIn(locale, 'forgot')
    const requests: string[] = []
    page.on('request', (request) => {
      const { protocol, pathname } = new URL(request.url())
      if (protocol === 'http:')
        requests.push(`${request.method()} ${pathname.replace(/-[0-9a-f]{16}\./, '.')}`)
    })
    await page.goto(urlOf('signin'))
    await page.waitForLoadState('networkidle')
    await expectIn(page, locale, 'signin')
    return requests
  }
  const [english, german] = [await requested('en'), await requested('de')]
  process.stdout.write(`${english.length} requests in English, ${german.length} in German\n`)
  expect(german.map((one) => one.replace('.de.', '.'))).toEqual(english)
  expect(german.filter((one) => one.includes('.de.')).length).toBeGreaterThan(0)
})

test('requests of a page name its language', async () => {
  const page = await openIn('en-US', 'forgot?lang=de')
  await page.locator('#login').fill('nobody')
  const sent = page.waitForRequest('**/password/forgot')
  await page.locator('#ask-form [type="submit"]').click()
  expect(await (await sent).headerValue('accept-language')).toBe('de')
  await page.locator('#code').waitFor()
})

/** Waits for a page, and expects that it is in a language. */
async function expectIn(page: Page, language: string, path: string): Promise<void> {
  await expect.poll(() => new URL(page.url()).pathname).toBe(`/${path}`)
  await page.locator('h1').filter({ visible: true }).first().waitFor()
  const { lang, dir, title } = await page.evaluate<Record<string, string>>(
    '({ lang: document.documentElement.lang, dir: document.documentElement.dir, title: document.title })',
  )
  seen.push(`${lang} /${path} ${title}`)
  expect([path, lang, dir], page.url()).toEqual([path, language, 'ltr'])
}

const openIn = (locale: string, path: string) =>
  open(urlOf(path), { locale, origins: [new URL(callback).origin] })

async function signIn(page: Page, name: string): Promise<void> {
  await page.locator('#username').fill(name)
  await page.locator('#password').fill(PASSWORD)
  await page.keyboard.press('Enter')
}

/** Stores a client. @returns The path of a request of it. */
async function requestOf(changes: Record<string, string> = {}): Promise<string> {
  const id = `shop-${randomBytes(6).toString('hex')}`
  await addClient(tableAt(used.service.dynamoDbUrl), { id, redirectUris: [callback], local: true })
  return `oauth2/authorize${queryOf({ client_id: id, redirect_uri: callback, ...changes })}`
}
