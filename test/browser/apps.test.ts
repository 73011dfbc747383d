import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { SECRET, VERIFIER } from '../oauth/clients.ts'
import { sendForAll } from '../support/http/http.ts'
import { ACCOUNT, openAccount, rows, serviceUrl, startOther } from './accounts.ts'
import { alert, expectFocus, heading, inspect, LOOKS, useBrowser } from './browser.ts'
import { dialog, pressIn } from './factors.ts'
import { addUser, agree, arrival, begin, screen, startShop } from './shop.ts'

useBrowser()
const shop = await startShop()

const APPS = /\/apps$/

test('a user removes the access of an app with the keyboard, and is asked again at the next sign-in', async () => {
  const username = await addUser()
  const page = await shop.open()
  await begin(page, username)
  const client_id = await shop.register()
  const request = shop.requestOf(client_id, { scope: 'openid profile offline_access' })
  const refresh_token = await signInTo(page, request, client_id)
  const refresh = () => askForTokens({ grant_type: 'refresh_token', refresh_token, client_id })
  expect(await refresh()).toHaveProperty('access_token')

  await showAccount(page)
  await apps(page).first().waitFor()
  expect(await apps(page).locator('strong').allTextContents()).toEqual(['Shop'])
  await apps(page)
    .getByText(/^127\.0\.0\.1:\d+ · First signed in .*20\d\d, last used .*20\d\d/)
    .waitFor()
  expect(await apps(page).getByRole('listitem').allTextContents()).toEqual([
    'Recognise you when you sign in',
    'See your username',
    'Keep this access while you are away',
  ])

  const sent: string[] = []
  page.on('request', (one) => one.method() === 'DELETE' && sent.push(new URL(one.url()).pathname))
  await removal(page).focus()
  await page.keyboard.press('Enter')
  await dialog(page).getByText('Shop can no longer use your account.').waitFor()
  // Enter by mistake changes nothing.
  await expectFocus(page, 'change-cancel')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('dialog[open]').count()).toBe(0)
  await page.keyboard.press('Enter')
  await expectFocus(page, 'change-cancel')
  await page.keyboard.press('Escape')
  await expect.poll(() => page.locator('dialog[open]').count()).toBe(0)
  expect([sent, await refresh()]).toEqual([[], expect.objectContaining({ token_type: 'Bearer' })])

  await removal(page).click()
  await page.keyboard.press('Shift+Tab')
  await expectFocus(page, 'change-submit')
  await page.keyboard.press('Enter')
  await page.locator('#notice-apps', { hasText: 'No app has access.' }).waitFor()
  await expectFocus(page, 'apps-title')
  expect(await page.locator('#announcement').textContent()).toBe('The access was removed.')
  expect(await apps(page).count()).toBe(0)
  expect(sent).toEqual([`/apps/${client_id}`])
  expect(await refresh()).toMatchObject({ error: 'invalid_grant' })

  await showAccount(page)
  await page.locator('#events li').first().getByText(`Access of ${client_id} removed`).waitFor()
  await shop.click(page, request)
  await screen(page, username)
})

test('the end of a session in the list ends what apps got in it', async () => {
  const username = await addUser()
  const page = await shop.open()
  await begin(page, username)
  const client_id = await shop.register()
  const request = shop.requestOf(client_id, { scope: 'openid offline_access' })
  const refresh_token = await signInTo(page, request, client_id)
  const other = await shop.open()
  await begin(other, username)
  await showAccount(other)
  await rows(other).getByRole('button', { name: 'End session' }).click()
  await expect.poll(() => rows(other).count()).toBe(1)
  expect(await askForTokens({ grant_type: 'refresh_token', refresh_token, client_id })).toMatchObject({
    error: 'invalid_grant',
  })
})

test('a problem is shown in the question, which can be answered again', async () => {
  const page = await shop.open()
  await begin(page, await addUser())
  await showWith(page, { apps: [appOf()] })
  const detail = 'The service is temporarily unavailable. Try again shortly.'
  await page.route('**/apps/shop', (route) => route.fulfill({ status: 503, json: { detail } }))
  await removal(page).click()
  await pressIn(page, 'Remove access')
  await alert(dialog(page), detail)
  expect(await apps(page).count()).toBe(1)
  await page.unroute('**/apps/shop')
  await page.unroute(APPS)
  // The service does not know the app: it is gone.
  await pressIn(page, 'Remove access')
  await page.locator('#notice-apps', { hasText: 'No app has access.' }).waitFor()
})

test('the list shows an outage, and the names of apps are text', async () => {
  const page = await shop.open()
  await begin(page, await addUser())
  const detail = 'The service is temporarily unavailable. Try again shortly.'
  await page.route(APPS, (route) => route.fulfill({ status: 503, json: { detail } }))
  await showAccount(page)
  await alert(page, detail)
  await page.unroute(APPS)
  const name = '<img src=x onerror=alert(1)>'
  const scopes = [{ name, sentence: name }]
  await showWith(page, { apps: [appOf({ name, places: [name], scopes })] })
  expect((await apps(page).first().textContent())?.split(name)).toHaveLength(4)
  await removal(page, name).click()
  await dialog(page).getByText(`${name} can no longer use your account.`).waitFor()
  expect(await page.locator('main img, dialog img').count()).toBe(0)
})

test('a long list is shown in parts of ten', async () => {
  const page = await shop.open()
  await begin(page, await addUser())
  await showWith(page, { apps: Array.from({ length: 12 }, (_, index) => appOf({ id: `shop-${index}` })) })
  expect(await apps(page).count()).toBe(10)
  await page.locator('#more-apps').click()
  await expect.poll(() => apps(page).count()).toBe(12)
  expect(await page.locator('#more-apps').isVisible()).toBe(false)
})

test('without OAuth, the page has no list of apps and asks for none', async () => {
  const origin = await startOther({ oauth: 'off' })
  const page = await openAccount('user', { password: 'user', origin })
  expect(await page.getByRole('heading', { level: 2 }).allTextContents()).not.toContain('Apps')
  expect(await page.locator('#events li').count()).toBeGreaterThan(0)
  expect((await fetch(`${origin}/apps`)).status).toBe(404)
})

test.each(LOOKS)('the list fits and is accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await shop.open(appearance)
  await begin(page, await addUser())
  const long = 'x'.repeat(90)
  await showWith(page, {
    apps: [
      appOf({ lastUsedAt: '2026-11-28T15:00:00.000Z' }),
      appOf({
        id: 'long',
        name: long,
        places: [`${long}.example`, 'com.example.app'],
        scopes: [{ name: long, sentence: long }],
      }),
    ],
  })
  await inspect(page, `account-apps-${width}-${colorScheme}`)
  await removal(page, long).click()
  await dialog(page).getByText(`${long} can no longer`).waitFor()
  const hidden =
    'document.querySelector("dialog[open]").scrollWidth - document.querySelector("dialog[open]").clientWidth'
  expect(await page.evaluate(hidden)).toBe(0)
  await inspect(page, `account-apps-question-${width}-${colorScheme}`)
})

const apps = (page: Page) => page.locator('#apps > li')

const removal = (page: Page, name = 'Shop') => page.getByRole('button', { name: `Remove access: ${name}` })

/** Signs in to the app by a click on its page. @returns The refresh token that the app gets. */
async function signInTo(page: Page, request: string, client_id: string): Promise<string> {
  await shop.click(page, request)
  await agree(page)
  const code = String((await arrival(page)).get('code'))
  const { refresh_token } = await askForTokens({
    grant_type: 'authorization_code',
    code,
    code_verifier: VERIFIER,
    client_id,
  })
  return refresh_token
}

async function askForTokens(form: Record<string, string>) {
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' }
  const text = String(new URLSearchParams({ client_secret: SECRET, ...form }))
  return JSON.parse((await sendForAll(`${serviceUrl()}/oauth2/token`, 'POST', type, text)).body)
}

/** Opens the account in the browser of a page. */
async function showAccount(page: Page): Promise<void> {
  await page.goto(`${serviceUrl()}/account`)
  await heading(page, ACCOUNT).waitFor()
}

/** Gives the page other apps, and loads it. */
async function showWith(page: Page, json: object): Promise<void> {
  await page.route(APPS, (route) => route.fulfill({ json }))
  await showAccount(page)
  await apps(page).first().waitFor()
}

const appOf = (values: object = {}) => ({
  id: 'shop',
  name: 'Shop',
  type: 'web',
  places: ['shop.example'],
  scopes: [{ name: 'openid' }],
  offline: false,
  approvedAt: '2026-11-24T15:00:00.000Z',
  ...values,
})
