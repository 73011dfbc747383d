import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { type Changes, SECRET, VERIFIER } from '../oauth/clients.ts'
import { serviceUrl } from './accounts.ts'
import { alert, expectFocus, heading, inspect, LOOKS, type open, press, useBrowser } from './browser.ts'
import { addUser, agree, begin, signInHere, startShop } from './shop.ts'

// A sign-out that an app at another site asks for, by a click on its page.

useBrowser()
const shop = await startShop()
const username = await addUser()
const other = await addUser()

const HOME = `${shop.origin}/bye`
const QUESTION = 'Sign out?'

describe('a click with the id_token of the session', () => {
  test('signs out without a question, and leads to the app', async () => {
    const page = await openSignedIn()
    const id_token_hint = await idTokenOf(page, await register())
    await shop.click(page, logoutAt({ id_token_hint, post_logout_redirect_uri: HOME, state: 'a b' }))
    expect((await farewell(page)).search).toBe('?state=a%20b')
    await expectSignedIn(page, false)
  })

  test('by a form puts the id_token into no URL', async () => {
    const page = await openSignedIn()
    const id_token_hint = await idTokenOf(page, await register())
    await page.goto(shop.pageOf(logoutAt({ id_token_hint, post_logout_redirect_uri: HOME }), 'form'))
    const urls: string[] = []
    page.on('request', (request) => urls.push(request.url()))
    await press(page, 'Sign in by a form')
    await farewell(page)
    expect(urls).toContain(`${serviceUrl()}/oauth2/logout`)
    expect(urls.filter((url) => url.includes(id_token_hint.slice(0, 20)))).toEqual([])
    await expectSignedIn(page, false)
  })

  test('that the user no longer has leads straight to the app', async () => {
    const page = await shop.open()
    const request = { client_id: await register(), post_logout_redirect_uri: HOME }
    await shop.click(page, logoutAt(request))
    await farewell(page)
  })
})

describe('a click without an id_token', () => {
  test('asks, and "Stay signed in" changes nothing', async () => {
    const page = await openQuestion()
    expect(await page.locator('#asking').textContent()).toBe('Shop asks to sign you out.')
    await press(page, 'Stay signed in')
    await heading(page, 'You are still signed in').waitFor()
    await expectSignedIn(page, true)
  })

  test('asks, and "Sign out" leads to the app', async () => {
    const page = await openQuestion()
    await press(page, 'Sign out')
    expect((await farewell(page)).search).toBe('?state=a%20b')
    await expectSignedIn(page, false)
  })

  test('without an address stays on the page', async () => {
    const page = await openSignedIn()
    await shop.click(page, logoutAt({}))
    await heading(page, QUESTION).waitFor()
    await press(page, 'Sign out')
    await heading(page, 'Signed out').waitFor()
    await expectSignedIn(page, false)
  })

  test('asks again, if another user has signed in after the question', async () => {
    const page = await openQuestion()
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin`)
    await press(tab, 'Sign out', 'Sign in')
    await signInHere(tab, other)
    await heading(tab, `Signed in as ${other}`).waitFor()
    await press(page, 'Sign out')
    await alert(page, `You are signed in as ${other} now.`)
    await press(page, 'Sign out')
    await farewell(page)
  })

  test('works by the keyboard alone', async () => {
    const page = await openQuestion()
    await page.getByRole('button', { name: 'Sign out', disabled: false }).waitFor()
    await expectFocus(page, 'question-title')
    await page.keyboard.press('Tab')
    await expectFocus(page, 'leave')
    await page.keyboard.press('Tab')
    await expectFocus(page, 'stay')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await farewell(page)
  })
})

test('the question does nothing at a double click on a foreign page', async () => {
  const page = await openQuestion()
  const { x = 0, y = 0 } = (await page.getByRole('button', { name: 'Sign out' }).boundingBox()) ?? {}
  // The question stays in its first second, however long the clicks take.
  await page.addInitScript('performance.now = () => 0')
  for (const delay of [0, 60, 150, 400]) {
    await page.goto(shop.pageOf(logoutAt({ client_id: await register() }), 'cover'))
    await page.mouse.click(x + 20, y + 20, { clickCount: 2, delay })
    await heading(page, QUESTION).waitFor()
    await page.mouse.click(x + 20, y + 20, { clickCount: 2, delay: 5 })
  }
  await expectSignedIn(page, true)
})

test('an address that the app has not registered leads nowhere', async () => {
  const page = await openSignedIn({ known: /400/ })
  const request = { client_id: await register(), post_logout_redirect_uri: `${shop.origin}/other` }
  await shop.click(page, logoutAt(request))
  await heading(page, 'You cannot sign out here').waitFor()
  expect(await page.locator('#problem-detail').textContent()).toBe(
    'The app has not registered this post_logout_redirect_uri.',
  )
  await expectSignedIn(page, true)
})

test('the page shows no question in a frame', async () => {
  const page = await openSignedIn({ known: /frame|ancestors|ERR_BLOCKED/i })
  await page.goto(shop.pageOf(logoutAt({}), 'frame'))
  expect(page.frames().some((frame) => frame.url().includes('/oauth2/logout'))).toBe(false)
  await expectSignedIn(page, true)
})

test.each(LOOKS)('the pages fit and are accessible at $width pixels, $colorScheme', async (appearance) => {
  const page = await openQuestion({ ...appearance, known: /400/ })
  const take = (state: string) =>
    inspect(page, `logout-${state}-${appearance.width}-${appearance.colorScheme}`)
  await take('question')
  await press(page, 'Stay signed in')
  await heading(page, 'You are still signed in').waitFor()
  await take('staying')
  await shop.click(page, logoutAt({ client_id: 'unknown' }))
  await heading(page, 'You cannot sign out here').waitFor()
  await take('problem')
  await shop.click(page, logoutAt({}))
  await press(page, 'Sign out')
  await heading(page, 'Signed out').waitFor()
  await take('signed-out')
})

async function openSignedIn(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await shop.open(options)
  await begin(page, username)
  return page
}

const register = () => shop.register({ postLogoutRedirectUris: [HOME] })

const logoutAt = (parameters: Changes) =>
  `${serviceUrl()}/oauth2/logout?${new URLSearchParams(parameters as Record<string, string>)}`

/** Signs in at the app, and returns its id_token. */
async function idTokenOf(page: Page, client_id: string): Promise<string> {
  await shop.click(page, shop.requestOf(client_id))
  await agree(page)
  const code = String(new URL(page.url()).searchParams.get('code'))
  const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  const body = new URLSearchParams({ ...form, client_id, client_secret: SECRET })
  const response = await fetch(`${serviceUrl()}/oauth2/token`, { method: 'POST', body })
  return Object(await response.json()).id_token
}

/** Waits for the page of the app where the sign-out leads. */
async function farewell(page: Page): Promise<URL> {
  await page.waitForURL(`${HOME}*`)
  await heading(page, 'Shop').waitFor()
  return new URL(page.url())
}

async function expectSignedIn(page: Page, isSignedIn: boolean): Promise<void> {
  await page.goto(`${serviceUrl()}/signin`)
  await heading(page, isSignedIn ? `Signed in as ${username}` : 'Sign in').waitFor()
}

/** Opens the question by a click on the page of the app. */
async function openQuestion(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await openSignedIn(options)
  await shop.click(
    page,
    logoutAt({ client_id: await register(), post_logout_redirect_uri: HOME, state: 'a b' }),
  )
  await heading(page, QUESTION).waitFor()
  return page
}
