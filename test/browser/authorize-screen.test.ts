import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { serviceUrl } from './accounts.ts'
import {
  alert,
  expectFocus,
  heading,
  inspect,
  LOOKS,
  type open,
  pauseClock,
  press,
  useBrowser,
} from './browser.ts'
import {
  addUser,
  agree,
  answer,
  approvalsOf,
  arrival,
  back,
  begin,
  expectCode,
  nextSecond,
  screen,
  signInHere,
  startShop,
} from './shop.ts'

useBrowser()
const shop = await startShop()
const username = await addUser()
const other = await addUser()

const BUTTON = 'Continue'
/** A private-use scheme has no origin. */
const PRIVATE_USE = /^request to null$|com\.example\.shop/

test('a screen for one user and a click as another one shows the screen again', async () => {
  const page = await openScreen()
  const approvals = approvalsOf(page)
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/signin`)
  await press(tab, 'Sign out', 'Sign in')
  await signInHere(tab, other)
  await heading(tab, `Signed in as ${other}`).waitFor()
  await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
  await pauseClock(page)
  await press(page, BUTTON)
  await screen(page, other)
  await alert(page, `You are signed in as ${other} now.`)
  expect(await isDeaf(page)).toBe('true')
  await page.clock.resume()
  await agree(page)
  const [first, ...others] = approvals.map(({ click }) => Object(click).sub)
  // The last one has the access token.
  expect([others.length, new Set(others).size, others.includes(first)]).toEqual([2, 1, false])
})

describe('the button', () => {
  test.each([0, 50, 200, 500, 800])('does nothing %i ms after the screen came', async (delayMs) => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register())
    await page.goto(shop.pageOf(request, 'cover'))
    const approvals = approvalsOf(page)
    await pauseClock(page)
    // The first click of a double click opens the screen, and the second one is on its button.
    await page.mouse.click(180, 300)
    await screen(page, username)
    await page.clock.runFor(delayMs)
    await clickAt(page)
    // The second begins again.
    await page.clock.runFor(999)
    expect([await isDeaf(page), approvals.length]).toEqual(['true', 1])
    await page.clock.runFor(1)
    expect(await isDeaf(page)).toBeNull()
    await clickAt(page)
    await expectCode(page)
    expect(approvals.map(({ isProven }) => isProven)).toEqual([false, false, true])
  })

  test('does nothing at a real double click on a foreign page', async () => {
    const page = await openScreen()
    const { x = 0, y = 0 } = (await page.getByRole('button', { name: BUTTON }).boundingBox()) ?? {}
    const approvals = approvalsOf(page)
    // The screen stays in its first second, however long the clicks take.
    await page.addInitScript('performance.now = () => 0')
    await page.goto(shop.pageOf(shop.requestOf(await shop.register()), 'cover'))
    for (const delay of [0, 30, 120, 400]) {
      await page.mouse.click(x + 20, y + 20, { clickCount: 2, delay })
      await screen(page, username)
      await page.mouse.click(x + 20, y + 20, { clickCount: 2, delay: 5 })
      expect(approvals.filter(({ click }) => click)).toEqual([])
      await back(page)
      await heading(page, 'Shop').waitFor()
    }
  })

  test('does nothing while the page has no focus, and for a second after it has one', async () => {
    const page = await openScreen()
    const approvals = approvalsOf(page)
    await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
    await pauseClock(page)
    await page.evaluate('document.hasFocus = () => false')
    await clickAt(page)
    await page.clock.runFor(5_000)
    await clickAt(page)
    await page.evaluate('delete document.hasFocus; dispatchEvent(new Event("focus"))')
    await page.clock.runFor(999)
    await clickAt(page)
    await page.clock.runFor(999)
    expect([await isDeaf(page), approvals]).toEqual(['true', []])
    await page.clock.runFor(1)
    await clickAt(page)
    await expectCode(page)
    expect(approvals.map(({ isProven }) => isProven)).toEqual([false, true])
  })

  test('sends one approval at a time', async () => {
    const page = await openScreen()
    const approvals = approvalsOf(page)
    await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
    await page.evaluate(`{
      const button = document.getElementById('continue')
      button.click()
      button.click()
    }`)
    await expectCode(page)
    expect(approvals.map(({ isProven }) => isProven)).toEqual([false, true])
  })
})

test('"Cancel" leads to the app with access_denied', async () => {
  const page = await openScreen()
  await press(page, 'Cancel')
  const parameters = await arrival(page)
  expect(Object.fromEntries(parameters)).toEqual({
    error: 'access_denied',
    error_description: 'The user has cancelled.',
    state: 'a state',
    iss: serviceUrl(),
  })
})

test('a page whose script does not come says after ten seconds what to do', async () => {
  const page = await openSignedIn({ known: /ERR_FAILED/ })
  await page.route('**/page-*.js', (route) => route.abort())
  const request = shop.requestOf(await shop.register())
  await page.goto(shop.pageOf(request))
  await page.getByRole('link', { name: 'Sign in' }).click()
  const late = page.getByText('Load this page again.')
  const isVisibleAfter = async (ms: number) => {
    await late.evaluate((text, at) => {
      for (const animation of text.getAnimations()) {
        // A running one would pass the second before the test looks.
        animation.pause()
        animation.currentTime = at
      }
    }, ms)
    return late.isVisible()
  }
  await late.waitFor({ state: 'attached' })
  expect([await isVisibleAfter(9_999), await isVisibleAfter(10_000)]).toEqual([false, true])
})

test('the screen works by the keyboard alone', async () => {
  const page = await openScreen()
  await expectFocus(page, 'screen-title')
  await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
  await page.keyboard.press('Tab')
  await expectFocus(page, 'continue')
  await page.keyboard.press('Tab')
  await expectFocus(page, 'cancel')
  await page.keyboard.press('Tab')
  await expectFocus(page, 'other')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await expectCode(page)
})

describe('a place that the page may not open', () => {
  test.each([
    'javascript:document.title="evil"',
    'JavaScript:document.title="evil"',
    'java\tscript:document.title="evil"',
    'data:text/html,evil',
    'blob:http://localhost/1',
    'http://shop.example/?code=a',
    '/signin?code=a',
    'app:/callback?code=a',
  ])('%j is refused by the page too', async (location) => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register())
    await answer(page, { next: 'client', location })
    await shop.click(page, request)
    await alert(page, 'This page may not open the address of the app.')
    expect(page.url()).toBe(request)
    expect(await page.title()).toMatch(/^You cannot continue · /)
  })

  test('javascript: as redirect_uri leads nowhere', async () => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register(), { redirect_uri: 'javascript:alert(1)' })
    await shop.click(page, request)
    await alert(page, 'The app sent a request that this service does not accept.')
  })
})

test('the link that stays asks for another code', async () => {
  const page = await openSignedIn({ known: PRIVATE_USE })
  const redirect = 'com.example.shop:/callback'
  const id = await shop.register({ type: 'native', redirectUris: [redirect] })
  const approvals = approvalsOf(page)
  await nextSecond()
  // No app on this device has the scheme, so the page stays.
  await shop.click(page, shop.requestOf(id, { redirect_uri: redirect, prompt: 'login' }))
  await heading(page, 'Sign in to continue to Shop').waitFor()
  await signInHere(page, username)
  await screen(page, username)
  await page.getByText('You go on to an app on this device (com.example.shop). Shop can then:').waitFor()
  await press(page, BUTTON, 'You go on to the app')
  const before = approvals.length
  const again = page.waitForResponse('**/oauth2/approve')
  // Chromium asks by its own dialog whether the app may open. The page then gets no click of a mouse.
  await page.getByRole('link', { name: 'Open the app' }).dispatchEvent('click')
  expect((await (await again).json()).location).toMatch(/^com\.example\.shop:\/callback\?code=/)
  expect(approvals.slice(before).map(({ click }) => click)).toEqual([approvals[before - 1]?.click])
})

test('in a frame the page asks for nothing', async () => {
  const page = await openSignedIn({ known: /frame|ERR_BLOCKED/i })
  const approvals = approvalsOf(page)
  const request = shop.requestOf(await shop.register())
  const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
  await page.goto(shop.pageOf(request, 'frame'))
  await refused
  // Also in a browser that does not know the policy.
  await page.route('**/oauth2/authorize?*', async (route) => {
    const response = await route.fetch()
    const { 'content-security-policy': _, ...headers } = response.headers()
    await route.fulfill({ response, headers })
  })
  await page.goto(shop.pageOf(request, 'frame'))
  await page.frameLocator('iframe').getByText('This page does not work inside another page.').waitFor()
  expect(approvals).toEqual([])
})

test('a prerendered page asks for nothing until the user opens it', async () => {
  const page = await openSignedIn()
  const approvals = approvalsOf(page)
  await page.addInitScript(`Object.defineProperty(document, 'prerendering', { value: true })`)
  await shop.click(page, shop.requestOf(await shop.register()))
  await heading(page, 'Sign in to an app').waitFor()
  await page.waitForLoadState('networkidle')
  expect(approvals).toEqual([])
  await page.evaluate('document.dispatchEvent(new Event("prerenderingchange"))')
  await screen(page, username)
  expect(approvals).toHaveLength(1)
})

const LONG = {
  user: { sub: 'a', username: `${'ada'.repeat(15)}@example.org` },
  client: { id: 'shop', name: `Shop ${'w'.repeat(40)}`, place: `${'shop.'.repeat(20)}example` },
  scopes: [
    { name: 'openid' },
    { name: 'email' },
    { name: 'orders', sentence: `See your orders, ${'x'.repeat(60)}, and change them` },
  ],
}

test.each(LOOKS)('the pages fit and are accessible at $width pixels, $colorScheme', async (appearance) => {
  const page = await openSignedIn({ ...appearance, known: PRIVATE_USE })
  const take = (state: string) =>
    inspect(page, `authorize-${state}-${appearance.width}-${appearance.colorScheme}`)
  const request = shop.requestOf(await shop.register(), { scope: 'openid profile email offline_access' })
  await shop.click(page, request)
  await screen(page, username)
  await take('screen-deaf')
  await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
  await take('screen')
  await press(page, 'Use another account', 'Sign in to continue to Shop')
  await take('signin')
  await answer(page, { next: 'screen', ...LONG })
  await shop.click(page, request)
  await heading(page, `Continue as ${LONG.user.username} to ${LONG.client.name}`).waitFor()
  await page.getByRole('button', { name: BUTTON, disabled: false }).waitFor()
  await take('screen-long')
  await page.unroute('**/oauth2/approve')
  await answer(page, { detail: 'The app is not registered, or it is disabled.' }, 400)
  await press(page, BUTTON, 'You cannot continue')
  await take('problem')
  await page.unroute('**/oauth2/approve')
  await answer(page, { next: 'client', location: 'com.example.shop:/?code=a' })
  await press(page, 'Try again', 'You go on to the app')
  await take('leaving')
})

async function openSignedIn(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await shop.open(options)
  await begin(page, username)
  return page
}

/** Opens the screen by a click on the link of the app. */
async function openScreen(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await openSignedIn(options)
  await shop.click(page, shop.requestOf(await shop.register()))
  await screen(page, username)
  return page
}

const isDeaf = (page: Page) => page.getByRole('button', { name: BUTTON }).getAttribute('aria-disabled')

/** Clicks at the place of the button, as a user does who sees another page there. */
async function clickAt(page: Page): Promise<void> {
  const {
    x = 0,
    y = 0,
    width = 0,
    height = 0,
  } = (await page.getByRole('button', { name: BUTTON }).boundingBox()) ?? {}
  await page.mouse.click(x + width / 2, y + height / 2)
}
