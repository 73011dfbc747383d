import { fileURLToPath } from 'node:url'
import type { Page, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Service, startService } from '../support/process/service.ts'
import { startAtMinute } from './accounts.ts'
import {
  alert,
  expectFocus,
  heading,
  inspect,
  inWords,
  LOOKS,
  open,
  pauseClock,
  press,
  signIn,
  status,
  underStage,
  useBrowser,
} from './browser.ts'

const url = inject('serviceUrl')

useBrowser()

const UNAUTHORIZED = '401 Unauthorized: Could not validate credentials.'
const USER_CONTENT = '200 OK: This content for authorised users only.'

test('both contents return 401 without a token', async () => {
  const page = await open(`${url}/signin`)
  expect(await getBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
})

test('the user gets the user content, and 403 for the admin content', async () => {
  const page = await openSignedIn('user')
  expect(await shown(page, 'role')).toBe('user')
  expect(await getBoth(page)).toEqual([
    USER_CONTENT,
    '403 Forbidden: You do not have permission to access this resource.',
  ])
})

test('the administrator gets both contents', async () => {
  const page = await openSignedIn('admin')
  expect(await shown(page, 'role')).toBe('admin')
  expect(await getBoth(page)).toEqual([USER_CONTENT, '200 OK: Admin only content.'])
})

test('the page shows header and claims of the token, with local times', async () => {
  const page = await openSignedIn('user')
  expect(await page.locator('#header dt').allTextContents()).toEqual(['alg', 'typ', 'kid'])
  expect(await page.locator('#header dd').first().textContent()).toBe('RS256Signature algorithm')
  const claims = await page.locator('#claims dt').allTextContents()
  expect(claims).toEqual([
    'iss',
    'aud',
    'sub',
    'client_id',
    'username',
    'role',
    'iat',
    'exp',
    'jti',
    'sid',
    'gen',
    'auth_time',
    'amr',
    'acr',
  ])
  const [iat = '', exp = '', signedInAt] = await page
    .locator('#claims dd')
    .filter({ hasText: / at / })
    .allTextContents()
  const second = Number.parseInt(exp, 10)
  expect(second - Number.parseInt(iat, 10)).toBe(1800)
  const local = await page.evaluate(`new Date(${second} * 1000).toLocaleString()`)
  expect(exp).toBe(`${second}Expires at ${local}`)
  expect(signedInAt).toMatch(/^\d+Signed in at /)
})

test('the page shows the raw token, and copies it', async () => {
  const page = await open(`${url}/signin`, { permissions: ['clipboard-read', 'clipboard-write'] })
  const [login] = await Promise.all([page.waitForResponse(`${url}/login`), signIn(page, 'user')])
  const { authToken } = await login.json()
  await heading(page, 'Signed in as user').waitFor()
  expect(await shown(page, 'raw-token')).toBe(authToken)
  await press(page, 'Copy token')
  await status(page, 'The access token was copied.')
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(authToken)
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  await page.clock.runFor(2_000)
  await page.getByRole('button', { name: 'Copy token' }).waitFor()
})

test('the copy button selects the token if the browser denies the clipboard', async () => {
  const page = await openSignedIn('user')
  await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error())')
  await press(page, 'Copy token')
  await status(page, 'The access token is selected.')
  expect(await page.evaluate('String(getSelection())')).toBe(await shown(page, 'raw-token'))
})

test('the password is masked until the user chooses to show it', async () => {
  const page = await open(`${url}/signin`)
  const field = page.getByLabel('Password', { exact: true })
  expect(await field.getAttribute('type')).toBe('password')
  expect(await field.getAttribute('autocomplete')).toBe('current-password')
  await page.getByRole('button', { name: 'Show' }).click()
  expect(await field.getAttribute('type')).toBe('text')
})

test('a wrong password shows an error, and focuses the password field', async () => {
  const page = await open(`${url}/signin`)
  await page.getByLabel('Username').fill('user')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await press(page, 'Sign in')
  await alert(page, 'Incorrect username or password.')
  await expectFocus(page, 'password')
  await page.keyboard.type('user')
  await page.keyboard.press('Enter')
  await heading(page, 'Signed in as user').waitFor()
})

test('an invalid username is marked, with the reason below it', async () => {
  const page = await open(`${url}/signin`)
  await signIn(page, 'a b', 'user')
  const reason = 'Must be 1 to 64 characters (a-z, 0-9, dot, underscore or hyphen), or an e-mail address.'
  await page.getByText(reason).waitFor()
  const field = page.getByRole('textbox', { name: 'Username', description: reason })
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await expectFocus(page, 'username')
  await signInAs(page, 'user')
})

test('the remaining time counts down, and a refresh resets it with a new token', async () => {
  const page = await open(`${url}/signin`)
  await signInAs(page, 'user')
  await pauseClock(page)
  const seconds = async () => {
    const [minutes = 0, rest = 0] = String(await shown(page, 'time-left'))
      .split(':')
      .map(Number)
    return minutes * 60 + rest
  }
  const before = await seconds()
  await page.clock.runFor(61_000)
  expect(before - (await seconds())).toBe(61)
  const tokenId = await page.locator('#claims dt:text-is("jti") + dd').textContent()
  await press(page, 'Refresh')
  await alert(page, 'The access token was refreshed.')
  expect(await shown(page, 'time-left')).toBe('30:00')
  expect(await page.locator('#claims dt:text-is("jti") + dd').textContent()).not.toBe(tokenId)
  expect((await getBoth(page))[0]).toBe(USER_CONTENT)
})

/** Returns the refresh token, which no script can read. */
async function cookieOf(page: Page): Promise<string | undefined> {
  const cookies = await page.context().cookies()
  return cookies.find(({ name }) => name === '__Host-refresh')?.value
}

const refreshStatus = async (refreshToken: string | undefined) => {
  const headers = { 'Content-Type': 'application/json' }
  return (await fetch(`${url}/refresh`, { method: 'POST', headers, body: JSON.stringify({ refreshToken }) }))
    .status
}

const ENDED = 'Your session has ended. Sign in again.'

/** Opens another tab of the same browser. */
async function openTab(page: Page, path = 'signin'): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(`${url}/${path}`)
  return tab
}

test('signing out ends the session, and the page discards its tokens', async () => {
  const page = await openSignedIn('user')
  const refreshToken = await cookieOf(page)
  await press(page, 'Sign out')
  await status(page, 'You are signed out.')
  expect(await page.locator('#sign-in-notice').getAttribute('class')).toBe('notice info')
  expect(await shown(page, 'raw-token')).toBe('')
  await expectFocus(page, 'sign-in-title')
  expect(await getBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
  expect(await cookieOf(page)).toBeUndefined()
  expect(await refreshStatus(refreshToken)).toBe(401)
})

test('signing out everywhere ends the sessions of other browsers', async () => {
  const [here, there] = [await openSignedIn('admin'), await openSignedIn('admin')]
  await press(here, 'Sign out everywhere')
  await status(here, 'You are signed out everywhere.')
  await press(there, 'Refresh')
  await alert(there, ENDED)
  await heading(there, 'Sign in').waitFor()
})

test('a reload stays signed in, and scripts can read no token from a storage or cookie', async () => {
  const page = await open(`${url}/signin`)
  const [login] = await Promise.all([page.waitForResponse(`${url}/login`), signIn(page, 'user')])
  const { authToken, ...others } = await login.json()
  expect(others).not.toHaveProperty('refreshToken')
  await heading(page, 'Signed in as user').waitFor()
  const html = (await page.content()).replaceAll(/<\/?span[^>]*>/g, '')
  expect(html.split(authToken)).toHaveLength(2)
  expect(html).not.toContain(await cookieOf(page))
  expect(await page.evaluate('document.cookie')).toBe('')
  expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0])
  expect(await page.context().storageState({ indexedDB: true })).toMatchObject({
    cookies: [{ name: '__Host-refresh', httpOnly: true, secure: true, sameSite: 'Strict' }],
    origins: [],
  })
  await page.reload()
  await heading(page, 'Signed in as user').waitFor()
  expect((await getBoth(page))[0]).toBe(USER_CONTENT)
})

test('all tabs follow when one of them signs in or out', async () => {
  const page = await open(`${url}/signin`)
  const tab = await openTab(page)
  await heading(tab, 'Sign in').waitFor()
  await signIn(page, 'user')
  await heading(tab, 'Signed in as user').waitFor()
  expect((await getBoth(tab))[0]).toBe(USER_CONTENT)
  await press(page, 'Sign out')
  await status(page, 'You are signed out.')
  await alert(tab, ENDED)
  expect(await shown(tab, 'raw-token')).toBe('')
  await signIn(tab, 'admin')
  await heading(page, 'Signed in as admin').waitFor()
  expect(await shown(page, 'role')).toBe('admin')
})

describe('?next=', () => {
  test('leads on after the sign-in, and at once for a user who is signed in', async () => {
    const page = await open(`${url}/docs`)
    await page.goto(`${url}/signin?next=${encodeURIComponent('/account#delete-account')}`)
    await signIn(page, 'user')
    await heading(page, 'Your account').waitFor()
    expect(page.url()).toBe(`${url}/account#delete-account`)
    await page.goto(`${url}/signin?next=docs`)
    await page.waitForURL(`${url}/docs`)
  })

  test.each([
    'javascript:alert(1)',
    '//evil.example',
    '\\\\evil.example',
    'http://user@127.0.0.1/',
    'http://localhost:1/',
  ])('does not lead to %s, but to the account', async (next) => {
    // The browser reports a request to another origin.
    const page = await open(`${url}/signin?next=${encodeURIComponent(next)}`)
    await signIn(page, 'user')
    await heading(page, 'Your account').waitFor()
    expect(page.url()).toBe(`${url}/account`)
  })

  test('leads to an allowed origin', async () => {
    const app = 'http://localhost:1'
    const page = await open(`${url}/docs`, { origins: [app] })
    await page.route('**/signin?*', async (route) => {
      const body = await (await route.fetch()).text()
      expect(body).toContain('name="allowed-origins" content=""')
      await route.fulfill({ body: body.replace('content=""', `content="${app}"`) })
    })
    await page.route(`${app}/**`, (route) => route.fulfill({ body: '<title>The app</title>' }))
    await page.goto(`${url}/signin?next=${encodeURIComponent(`${app}/orders?id=1`)}`)
    await signIn(page, 'user')
    await page.waitForURL(`${app}/orders?id=1`)
  })
})

test('a page that does not reach the service shows the form with the reason, and recovers', async () => {
  const page = await openSignedIn('user')
  const detail = 'The service is temporarily unavailable. Try again shortly.'
  await page.route('**/refresh', (route) =>
    route.fulfill({ status: 503, headers: { 'Retry-After': '900' }, json: { detail } }),
  )
  await page.reload()
  await alert(page, detail)
  await page.unroute('**/refresh')
  await signInAs(page, 'user')
})

test('the page works with the keyboard alone', async () => {
  const page = await open(`${url}/signin`)
  // The heading is there while the page loads, without the form.
  await page.getByLabel('Username').waitFor()
  const tab = async (times: number) => {
    for (let time = 0; time < times; time += 1) await page.keyboard.press('Tab')
  }
  await tab(2)
  await page.keyboard.type('user')
  await tab(1)
  await page.keyboard.type('user')
  await tab(1)
  await page.keyboard.press('Space')
  expect(await page.locator('#password').getAttribute('type')).toBe('text')
  await tab(1)
  await page.keyboard.press('Enter')
  await heading(page, 'Signed in as user').waitFor()
  await expectFocus(page, 'who')
  await tab(5)
  await page.keyboard.press('Enter')
  await page.getByText(USER_CONTENT.slice(8)).waitFor()
  for (let time = 0; time < 3; time += 1) await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await status(page, 'You are signed out.')
})

test('the page loads with four requests, with the demo five, and its script has at most 10.3 KB', async () => {
  const page = await open(`${url}/docs`)
  const requests: Request[] = []
  // The script itself asks the service who is signed in.
  page.on('request', (request) => request.resourceType() !== 'fetch' && requests.push(request))
  const loadedBy = async (path: string) => {
    requests.length = 0
    await page.goto(`${url}/${path}`)
    await page.getByLabel('Username').waitFor()
    return requests.map((request) => request.resourceType()).sort()
  }
  expect(await loadedBy('signin')).toEqual(['document', 'script', 'script', 'script', 'stylesheet'])
  expect(await loadedBy('signin?next=account')).toEqual(['document', 'script', 'script', 'stylesheet'])
  const script = requests.find((request) => /\/plain-\w+\.js/.test(request.url()))
  expect((await script?.response())?.headers()['content-encoding']).toBe('gzip')
  expect((await script?.sizes())?.responseBodySize).toBeLessThanOrEqual(10_300)
})

test('without its script the page has no form that a browser could send', async () => {
  const page = await open(`${url}/docs`, { known: /ERR_FAILED/ })
  await page.route('**/demo-*.js', (route) => route.abort())
  await page.goto(`${url}/signin`)
  await page.getByText('Loading …').waitFor()
  expect(await page.getByRole('textbox').count()).toBe(0)
  expect(await page.locator('#sign-in [type="submit"]').isDisabled()).toBe(true)
})

test('a response that is not JSON counts as no response', async () => {
  const page = await open(`${url}/signin`)
  await page.route('**/login', (route) => route.fulfill({ body: '<title>Sign in to this network</title>' }))
  await signIn(page, 'user')
  await alert(page, 'The service did not respond. Try again.')
})

test('an error without a detail shows a general text', async () => {
  const page = await open(`${url}/signin`)
  await page.route('**/login', (route) => route.fulfill({ status: 403, json: { message: 'Forbidden' } }))
  await signIn(page, 'user')
  await alert(page, 'The request was rejected without a reason.')
})

test('a 429 without Retry-After shows no waiting time', async () => {
  const page = await open(`${url}/signin`)
  const detail = 'The request rate limit was exceeded. Try again shortly.'
  await page.route('**/login', (route) => route.fulfill({ status: 429, json: { detail } }))
  await signIn(page, 'user')
  await alert(page, detail)
  await page.clock.runFor(2_000)
  await alert(page, detail)
  expect(await page.locator('#wait').isVisible()).toBe(false)
})

test('under the path of a stage the page sends every request to that path', async () => {
  const page = await open(`${url}/forgot`)
  const requested = await underStage(page)
  await page.goto(`${url}/prod/signin`)
  await signInAs(page, 'user')
  expect((await getBoth(page))[0]).toBe(USER_CONTENT)
  expect(requested).toEqual(
    expect.arrayContaining(['/prod/signin', '/prod/refresh', '/prod/login', '/prod/', '/prod/admin']),
  )
  expect(requested.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

describe('with an expired token', () => {
  const preload = fileURLToPath(new URL('../local/login-an-hour-ago.ts', import.meta.url))
  let service: Service
  beforeAll(async () => {
    service = await startService({}, ['--import', preload])
  })
  afterAll(() => service.stop())

  test('a token that the service rejects early is refreshed, and the content follows', async () => {
    const page = await openSignedIn('user', service.url)
    const before = await shown(page, 'raw-token')
    expect((await getBoth(page))[0]).toBe(USER_CONTENT)
    expect(await shown(page, 'raw-token')).not.toBe(before)
    expect(await shown(page, 'time-left')).toMatch(/^(30:00|29:\d\d)$/)
  })

  test('without a refresh the page shows the expiry, and a refresh helps', async () => {
    const page = await openSignedIn('user', service.url)
    const detail = 'The service is temporarily unavailable. Try again shortly.'
    await page.route('**/refresh', (route) =>
      route.fulfill({
        status: 503,
        headers: { 'Retry-After': '900' },
        json: { title: 'Service Unavailable', detail },
      }),
    )
    await page.clock.fastForward('30:01')
    await alert(page, 'The access token has expired. Refresh to get a new one.')
    expect(await shown(page, 'time-left')).toBe('0:00')
    expect((await getBoth(page))[0]).toBe(`503 Service Unavailable: ${detail}`)
    await inspect(page, 'signin-expired')
    await press(page, 'Refresh')
    await alert(page, detail)
    await page.unroute('**/refresh')
    await press(page, 'Refresh')
    await alert(page, 'The access token was refreshed.')
    expect((await getBoth(page))[0]).toBe(USER_CONTENT)
  })
})

test('after too many failed attempts the page counts the seconds to wait, and shows when the wait is over', async () => {
  const page = await open(`${await startAtMinute({ limitUserAndSource: '1/60' })}/signin`)
  await signIn(page, 'user', 'wrong')
  await alert(page, 'Incorrect username or password.')
  const [throttled] = await Promise.all([
    page.waitForResponse((response) => response.status() === 429),
    signIn(page, 'user'),
  ])
  await alert(page, 'Too many failed attempts. Try again later.')
  const retryAfterSeconds = Number(await throttled.headerValue('retry-after'))
  expect(retryAfterSeconds).toBeGreaterThan(0)
  await page
    .getByRole('status')
    .filter({ hasText: `Try again in ${inWords(retryAfterSeconds)}.` })
    .waitFor()
  expect(await page.locator('#wait').isVisible()).toBe(true)
  expect(await shown(page, 'wait')).toMatch(/^Try again in (1:00|0:\d\d)$/)
  await inspect(page, 'signin-throttled')
  await page.clock.fastForward(retryAfterSeconds * 1000)
  await status(page, 'You can try again now.')
  expect(await page.locator('#wait').isVisible()).toBe(false)
})

test.each(LOOKS)('the page fits and is accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await open(`${url}/signin`, appearance)
  const take = (state: string) => inspect(page, `signin-${state}-${width}-${colorScheme}`)
  await take('out')
  await signIn(page, 'a b', 'wrong')
  await page.getByText('Must be 1 to 64 characters').waitFor()
  await getBoth(page)
  await take('refused')
  await signInAs(page, 'user')
  await getBoth(page)
  await page.evaluate("document.getElementById('token-details').open = true")
  await take('in')
  await press(page, 'Sign out')
  await status(page, 'You are signed out.')
  await take('left')
})

async function signInAs(page: Page, username: string): Promise<void> {
  await signIn(page, username)
  await heading(page, `Signed in as ${username}`).waitFor()
}

async function openSignedIn(username: string, origin = url): Promise<Page> {
  const page = await open(`${origin}/signin`)
  await signInAs(page, username)
  return page
}

/** Requests both contents. @returns The shown responses, status first. */
async function getBoth(page: Page): Promise<string[]> {
  const responses: string[] = []
  for (const path of ['/', '/admin']) {
    await press(page, `Send GET ${path}`)
    const route = page.locator('article', {
      has: page.getByRole('button', { name: `Send GET ${path}`, exact: true }),
    })
    const response = route.locator('output')
    await response.locator('.status').waitFor()
    responses.push((await response.locator('span').allTextContents()).join(': '))
  }
  return responses
}

const shown = (page: Page, id: string) => page.locator(`#${id}`).textContent()
