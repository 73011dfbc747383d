import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { serviceUrl } from './accounts.ts'
import { alert, expectFocus, heading, open, press, useBrowser } from './browser.ts'
import {
  addUser,
  agree,
  answer,
  approvalsOf,
  arrival,
  back,
  begin,
  cookiesOf,
  expectCode,
  FROM_ANOTHER_SITE,
  nextSecond,
  screen,
  signInHere,
  signInUnseen,
  startShop,
  userIdOf,
} from './shop.ts'

useBrowser()
const shop = await startShop()
const username = await addUser()
const other = await addUser()

const TITLE = 'Sign in to continue to Shop'

describe('a click on a link of another site', () => {
  test('leads to the app with a code, if the user has signed in', async () => {
    const page = await openSignedIn()
    const cookies = cookiesOf(page)
    await shop.click(page, shop.requestOf(await shop.register()))
    await screen(page, username)
    await expect.poll(() => cookies).toEqual(FROM_ANOTHER_SITE)
    expect(await page.locator('#to-place strong').textContent()).toBe(new URL(shop.origin).host)
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['Recognise you when you sign in'])
    await press(page, 'Continue')
    const parameters = await arrival(page)
    expect(Object.fromEntries(parameters)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: 'a state',
      iss: serviceUrl(),
    })
    // The page has left no entry in the history: the Back button leads to the app.
    await back(page)
    await heading(page, 'Shop').waitFor()
  })

  test('leads to the sign-in first, if the user has not signed in', async () => {
    const page = await shop.open()
    await shop.click(page, shop.requestOf(await shop.register()))
    await heading(page, TITLE).waitFor()
    await signInHere(page, username)
    await screen(page, username)
    await agree(page)
    await expectCode(page)
    expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([])
  })

  test('of a web client shows the screen once', async () => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register())
    await shop.click(page, request)
    await agree(page)
    await shop.click(page, request)
    await expectCode(page)
    const quiet = new URL(request)
    quiet.searchParams.set('prompt', 'none')
    await shop.click(page, quiet.href)
    await expectCode(page)
  })

  test('of a form does the same', async () => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register({ type: 'native', firstParty: true }))
    await page.goto(shop.pageOf(request, 'form'))
    await press(page, 'Sign in by a form')
    await screen(page, username)
    await agree(page)
    await expectCode(page)
  })

  test('with prompt=none leads back with an error, without a page', async () => {
    const page = await shop.open()
    await shop.click(page, shop.requestOf(await shop.register(), { prompt: 'none' }))
    expect((await arrival(page)).get('error')).toBe('login_required')
  })

  test('leads back under the path of a stage too', async () => {
    const page = await shop.open()
    const requested: string[] = []
    await page.route(`${serviceUrl()}/**`, (route) => {
      const url = new URL(route.request().url())
      requested.push(url.pathname)
      return route.continue({ url: `${url.origin}${url.pathname.replace(/^\/prod/, '')}${url.search}` })
    })
    const request = shop.requestOf(await shop.register()).replace('/oauth2/', '/prod/oauth2/')
    await shop.click(page, request)
    await heading(page, TITLE).waitFor()
    await signInHere(page, username)
    await screen(page, username)
    await agree(page)
    expect(requested).toContain('/prod/oauth2/approve')
    expect(requested.filter((path) => !path.startsWith('/prod/'))).toEqual([])
  })
})

describe('another sign-in', () => {
  test('that the app asks for is one of this tab', async () => {
    const page = await openSignedIn()
    await nextSecond()
    const request = shop.requestOf(await shop.register({ firstParty: true }), { prompt: 'login' })
    await shop.click(page, request)
    await heading(page, TITLE).waitFor()
    // The sign-in of another tab changes nothing here.
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin`)
    await press(tab, 'Sign out', 'Sign in')
    await signInHere(tab, username)
    await heading(tab, `Signed in as ${username}`).waitFor()
    expect(await page.getByRole('heading', { level: 1 }).filter({ visible: true }).textContent()).toBe(TITLE)
    await signInHere(page, username)
    await expectCode(page)
    // The start is gone, so the same request asks again.
    await shop.click(page, request)
    await heading(page, TITLE).waitFor()
  })

  test('that the user does not complete leads back to the app by the Back button', async () => {
    const page = await openSignedIn()
    await nextSecond()
    const request = shop.requestOf(await shop.register({ firstParty: true }), { acr_values: 'aal2' })
    await shop.click(page, request)
    await heading(page, TITLE).waitFor()
    await page.reload()
    await heading(page, TITLE).waitFor()
    await back(page)
    await heading(page, 'Shop').waitFor()
    // The session from before is not the one that the app asked for.
    await page.getByRole('link', { name: 'Sign in' }).click()
    await heading(page, TITLE).waitFor()
    await signInHere(page, username)
    await expectCode(page)
  })

  test('that the user does not want after all leads back to the screen', async () => {
    const page = await openSignedIn()
    await shop.click(page, shop.requestOf(await shop.register()))
    await screen(page, username)
    await press(page, 'Use another account', TITLE)
    await back(page)
    await screen(page, username)
    await agree(page)
    await expectCode(page)
  })

  test('with another account shows the screen for that one, and ends at the app', async () => {
    const page = await openSignedIn()
    const approvals = approvalsOf(page)
    const request = shop.requestOf(await shop.register())
    await shop.click(page, request)
    await screen(page, username)
    await press(page, 'Use another account', TITLE)
    await signInHere(page, other)
    await screen(page, other)
    await agree(page)
    await expectCode(page)
    // The other user has consented too. The browser says whom it last approved, so the screen comes.
    await begin(await signedOut(page), username)
    await shop.click(page, request)
    await screen(page, username)
    expect(approvals.at(-1)?.last).toBe(Object(approvals.find(({ click }) => click)?.click).sub)
  })

  test('with another account shows the screen, also after an approval without one', async () => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register({ firstParty: true }))
    // An error names no user, so it is no approval.
    const quiet = shop.requestOf(await shop.register(), { prompt: 'none' })
    await shop.click(page, quiet)
    expect((await arrival(page)).get('error')).toBe('consent_required')
    const approvals = approvalsOf(page)
    await shop.click(page, request)
    await expectCode(page)
    await shop.click(page, request)
    await expectCode(page)
    await begin(await signedOut(page), other)
    await shop.click(page, request)
    await screen(page, other)
    const sub = await userIdOf(username)
    // Each code is asked for again with the access token.
    expect(approvals.map(({ click, last, isProven }) => [click, last, isProven])).toEqual([
      [undefined, undefined, false],
      [undefined, undefined, true],
      [undefined, sub, false],
      [undefined, sub, true],
      [undefined, sub, false],
    ])
  })

  test('gets the name that the app knows', async () => {
    const page = await shop.open()
    await shop.click(page, shop.requestOf(await shop.register(), { login_hint: username }))
    await heading(page, TITLE).waitFor()
    expect(await page.getByLabel('Username').inputValue()).toBe(username)
  })
})

async function signedOut(page: Page): Promise<Page> {
  await page.goto(`${serviceUrl()}/signin`)
  await press(page, 'Sign out', 'Sign in')
  return page
}

test('the name of the app in the sign-in page comes from this service, not from a link', async () => {
  const page = await open(`${serviceUrl()}/signin?next=oauth2/authorize%3Fa=b&app=Evil`)
  await heading(page, 'Sign in').waitFor()
  expect(await page.getByText('Evil').count()).toBe(0)
})

describe('a session that must be refreshed', () => {
  test('is refreshed once, and the request is repeated', async () => {
    const page = await openSignedIn()
    const approvals = approvalsOf(page)
    const refreshes: string[] = []
    page.on('request', (request) => {
      if (request.url() === `${serviceUrl()}/refresh`) refreshes.push(request.method())
    })
    await page.route('**/oauth2/approve', (route) => route.fulfill({ json: { next: 'refresh' } }), {
      times: 1,
    })
    const cookieOf = async () =>
      (await page.context().cookies()).find(({ name }) => name === '__Host-refresh')?.value
    const before = await cookieOf()
    await page.goto(shop.pageOf(shop.requestOf(await shop.register())))
    refreshes.length = 0
    await page.getByRole('link', { name: 'Sign in' }).click()
    await screen(page, username)
    expect([refreshes, approvals.length]).toEqual([['POST'], 2])
    expect(await cookieOf()).not.toBe(before)
  })

  test('that stays so is an error', async () => {
    const page = await openSignedIn()
    const approvals = approvalsOf(page)
    await answer(page, { next: 'refresh' })
    await shop.click(page, shop.requestOf(await shop.register()))
    await alert(page, 'Your session could not be renewed.')
    expect(approvals).toHaveLength(2)
  })

  test('that another tab has renewed is asked for once more', async () => {
    const page = await openSignedIn({ known: /409/ })
    const approvals = approvalsOf(page)
    const conflict = { status: 409, json: {} }
    await page.route('**/oauth2/approve', (route) => route.fulfill(conflict), { times: 1 })
    await shop.click(page, shop.requestOf(await shop.register()))
    await screen(page, username)
    expect(approvals.map(({ changed }) => changed)).toEqual([false, true])
  })

  test('of a sign-in whose response is lost leads to the sign-in', async () => {
    const page = await openSignedIn({ known: /409/ })
    await signInUnseen(page, username)
    await shop.click(page, shop.requestOf(await shop.register()))
    await heading(page, 'Sign in to continue to Shop').waitFor()
    await signInHere(page, username)
    await screen(page, username)
    await agree(page)
    await expectCode(page)
  })

  test('is refreshed for a code, which the page asks for with the access token', async () => {
    const page = await openSignedIn()
    await shop.click(page, shop.requestOf(await shop.register()))
    await screen(page, username)
    const approvals = approvalsOf(page)
    const paths: string[] = []
    page.on('request', (one) => paths.push(new URL(one.url()).pathname))
    await agree(page)
    await expectCode(page)
    expect(paths.filter((path) => /refresh$|approve$/.test(path))).toEqual([
      '/oauth2/approve',
      '/refresh',
      '/oauth2/approve',
    ])
    expect(approvals.map(({ isProven }) => isProven)).toEqual([false, true])
  })

  test('stays as it is until then: the page does not load the client', async () => {
    const page = await openSignedIn()
    const request = shop.requestOf(await shop.register())
    const paths: string[] = []
    await page.goto(shop.pageOf(request))
    page.on('request', (one) => paths.push(new URL(one.url()).pathname))
    await page.getByRole('link', { name: 'Sign in' }).click()
    await screen(page, username)
    expect(paths.filter((path) => path.includes('refresh'))).toEqual([])
  })
})

describe('an error', () => {
  test.each<[string, number, object | undefined, string]>([
    ['of the request', 400, undefined, 'The app sent a request that this service does not accept.'],
    ['of the browser', 403, {}, 'Your browser does not say which page asks.'],
    [
      'of the service',
      503,
      { detail: 'The service is temporarily unavailable.' },
      'is temporarily unavailable',
    ],
  ])('%s is a sentence, and can be tried again', async (_what, status, json, text) => {
    const page = await openSignedIn()
    const id = await shop.register()
    if (json) await answer(page, json, status)
    await shop.click(page, shop.requestOf(json ? id : 'unknown-shop'))
    await alert(page, text)
    await expectFocus(page, 'problem-title')
    if (!json) return page.getByText('The app is not registered, or it is disabled.').waitFor()
    await page.unroute('**/oauth2/approve')
    await press(page, 'Try again')
    return screen(page, username)
  })

  test('of the network is a sentence, and can be tried again', async () => {
    const page = await openSignedIn({ known: /ERR_FAILED/ })
    await page.route('**/oauth2/approve', (route) => route.abort())
    await shop.click(page, shop.requestOf(await shop.register()))
    await alert(page, 'The service did not respond. Try again.')
    await page.unroute('**/oauth2/approve')
    await press(page, 'Try again')
    await screen(page, username)
  })

  test('without storage is a sentence', async () => {
    const page = await shop.open()
    await page.addInitScript(`Storage.prototype.setItem = () => { throw new Error() }`)
    await shop.click(page, shop.requestOf(await shop.register()))
    await alert(page, 'Your browser allows this page no storage')
  })
})

/** Opens the app in a browser where a user has signed in. */
async function openSignedIn(options: Parameters<typeof open>[1] = {}): Promise<Page> {
  const page = await shop.open(options)
  await begin(page, username)
  return page
}
