import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Service, startService } from '../support/service.ts'
import { LOOKS, look, open, useBrowser } from './browser.ts'

const url = inject('serviceUrl')

useBrowser()

/** Fills in the form, and sends it by the Enter key. */
async function signIn(page: Page, username: string, password = username): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
}

async function openSignedIn(username: string, origin = url): Promise<Page> {
  const page = await open(`${origin}/signin`)
  await signIn(page, username)
  await heading(page, `Signed in as ${username}`).waitFor()
  return page
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true })
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const alert = (page: Page, text: string) => page.getByRole('alert').filter({ hasText: text }).waitFor()

/** Calls both contents. @returns What is read beside each, status first. */
async function callBoth(page: Page): Promise<string[]> {
  const answers: string[] = []
  for (const which of ['user', 'admin']) {
    await press(page, `Call ${which} content`)
    const answer = page.locator(`#${which}-answer`)
    await answer.locator('.status').waitFor()
    answers.push((await answer.locator('span').allTextContents()).join(': '))
  }
  return answers
}

const UNAUTHORIZED = '401 Unauthorized: Could not validate credentials.'
const USER_CONTENT = '200 OK: This content for authorised users only.'
const focusOf = (page: Page) => page.evaluate('document.activeElement.id')
const shown = (page: Page, id: string) => page.locator(`#${id}`).textContent()

test('without a token both contents are refused with 401', async () => {
  const page = await open(`${url}/signin`)
  expect(await callBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
})

test('the user gets the user content, and 403 for the admin content', async () => {
  const page = await openSignedIn('user')
  expect(await shown(page, 'role')).toBe('user')
  expect(await callBoth(page)).toEqual([
    USER_CONTENT,
    '403 Forbidden: You do not have permission to access this resource.',
  ])
})

test('the administrator gets both', async () => {
  const page = await openSignedIn('admin')
  expect(await shown(page, 'role')).toBe('admin')
  expect(await callBoth(page)).toEqual([USER_CONTENT, '200 OK: Admin only content.'])
})

test('one sees every claim of the token, with the instants as one’s own clock has them', async () => {
  const page = await openSignedIn('user')
  const claims = await page.locator('#claims dt').allTextContents()
  expect(claims).toEqual(['iss', 'aud', 'sub', 'role', 'iat', 'exp', 'jti', 'sid'])
  const [iat = '', exp = ''] = await page.locator('#claims dd').filter({ hasText: / at / }).allTextContents()
  const second = Number.parseInt(exp, 10)
  expect(second - Number.parseInt(iat, 10)).toBe(1800)
  const written = await page.evaluate(`new Date(${second} * 1000).toLocaleString()`)
  expect(exp).toBe(`${second}Expires at ${written}`)
})

test('the password is masked until one asks to see it', async () => {
  const page = await open(`${url}/signin`)
  const field = page.getByLabel('Password', { exact: true })
  expect(await field.getAttribute('type')).toBe('password')
  expect(await field.getAttribute('autocomplete')).toBe('current-password')
  await page.getByRole('button', { name: 'Show' }).click()
  expect(await field.getAttribute('type')).toBe('text')
})

test('a wrong password is refused, with the cursor where the next try begins', async () => {
  const page = await open(`${url}/signin`)
  await page.getByLabel('Username').fill('user')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await press(page, 'Sign in')
  await alert(page, 'Incorrect username or password.')
  expect(await focusOf(page)).toBe('password')
  await page.keyboard.type('user')
  await page.keyboard.press('Enter')
  await heading(page, 'Signed in as user').waitFor()
})

test('a username that cannot be one is marked, with the reason beside it', async () => {
  const page = await open(`${url}/signin`)
  await signIn(page, 'a b', 'user')
  const reason = '1 to 64 characters of a-z, 0-9, dot, underscore and hyphen.'
  await page.getByText(reason).waitFor()
  const field = page.getByRole('textbox', { name: 'Username', description: reason })
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  expect(await focusOf(page)).toBe('username')
  await signIn(page, 'user')
  await heading(page, 'Signed in as user').waitFor()
})

test('the time left counts down, and a refresh starts it anew with another token', async () => {
  const page = await open(`${url}/signin`)
  await signIn(page, 'user')
  await heading(page, 'Signed in as user').waitFor()
  await page.clock.pauseAt(await page.evaluate<number>('Date.now() + 2000'))
  const seconds = async () => {
    const [minutes = 0, rest = 0] = String(await shown(page, 'time-left'))
      .split(':')
      .map(Number)
    return minutes * 60 + rest
  }
  const before = await seconds()
  await page.clock.runFor(61_000)
  expect(before - (await seconds())).toBe(61)
  const tokenId = await page.locator('#claims dd').nth(6).textContent()
  await press(page, 'Refresh')
  await alert(page, 'Both tokens are new.')
  expect(await shown(page, 'time-left')).toBe('30:00')
  expect(await page.locator('#claims dd').nth(6).textContent()).not.toBe(tokenId)
  expect((await callBoth(page))[0]).toBe(USER_CONTENT)
})

test('signing out ends the session, and the page has no token any more', async () => {
  const page = await open(`${url}/signin`)
  const [login] = await Promise.all([page.waitForResponse(`${url}/login`), signIn(page, 'user')])
  const { refreshToken } = await login.json()
  await heading(page, 'Signed in as user').waitFor()
  await press(page, 'Sign out')
  await alert(page, 'You are signed out.')
  expect(await focusOf(page)).toBe('sign-in-title')
  expect(await callBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
  const headers = { 'Content-Type': 'application/json' }
  const refresh = await fetch(`${url}/refresh`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ refreshToken }),
  })
  expect(refresh.status).toBe(401)
})

test('signing out everywhere ends the sessions of other pages too', async () => {
  const [here, there] = [await openSignedIn('admin'), await openSignedIn('admin')]
  await press(here, 'Sign out everywhere')
  await alert(here, 'You are signed out everywhere.')
  await press(there, 'Refresh')
  await alert(there, 'The refresh token is invalid or expired.')
  await heading(there, 'Sign in').waitFor()
})

test('the tokens are nowhere but in memory: a reload forgets them', async () => {
  const page = await open(`${url}/signin`)
  const [login] = await Promise.all([page.waitForResponse(`${url}/login`), signIn(page, 'user')])
  const { authToken, refreshToken } = await login.json()
  await heading(page, 'Signed in as user').waitFor()
  const html = await page.content()
  for (const token of [authToken, refreshToken]) expect(html).not.toContain(token)
  expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] })
  expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0])
  await page.reload()
  await heading(page, 'Sign in').waitFor()
  expect(await callBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
})

test('the keyboard alone is enough', async () => {
  const page = await open(`${url}/signin`)
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
  expect(await focusOf(page)).toBe('who')
  await tab(5)
  await page.keyboard.press('Enter')
  await page.getByText(USER_CONTENT.slice(8)).waitFor()
  for (let time = 0; time < 3; time += 1) await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await alert(page, 'You are signed out.')
})

test('without its script the page sends nothing, and the password does not get into the URL', async () => {
  const page = await open(`${url}/signin`, { known: /ERR_FAILED|form-action/ })
  await page.route('**/page-*.js', (route) => route.abort())
  await page.reload()
  const refused = page.waitForEvent('console', (message) => message.text().includes('form-action'))
  await signIn(page, 'user', 'a secret')
  await refused
  expect(page.url()).toBe(`${url}/signin`)
})

test('an answer that is not the service’s own is said to be none', async () => {
  const page = await open(`${url}/signin`)
  await page.route('**/login', (route) => route.fulfill({ body: '<title>Sign in to this network</title>' }))
  await signIn(page, 'user')
  await alert(page, 'There was no answer from the service. Try again.')
})

test('of a refusal that does not say why, one is told all the same', async () => {
  const page = await open(`${url}/signin`)
  await page.route('**/login', (route) => route.fulfill({ status: 403, json: { message: 'Forbidden' } }))
  await signIn(page, 'user')
  await alert(page, 'The service refused, and did not say why.')
})

test('too many requests without a time to wait is no wait that is over at once', async () => {
  const page = await open(`${url}/signin`)
  const detail = 'Try again shortly.'
  await page.route('**/login', (route) => route.fulfill({ status: 429, json: { detail } }))
  await signIn(page, 'user')
  await alert(page, detail)
  await page.clock.runFor(2_000)
  await alert(page, detail)
  expect(await page.locator('#wait').isVisible()).toBe(false)
})

test('under the path of a stage it stays under that path', async () => {
  const asked: string[] = []
  const page = await open(`${url}/signin`)
  await page.route(`${url}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    asked.push(pathname)
    return route.continue({ url: `${url}${pathname.replace(/^\/prod/, '')}` })
  })
  await page.goto(`${url}/prod/signin`)
  await signIn(page, 'user')
  await heading(page, 'Signed in as user').waitFor()
  expect((await callBoth(page))[0]).toBe(USER_CONTENT)
  expect(asked).toEqual(expect.arrayContaining(['/prod/signin', '/prod/login', '/prod/', '/prod/admin']))
  expect(asked.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

describe('with a token that has expired', () => {
  const preload = fileURLToPath(new URL('../support/login-an-hour-ago.ts', import.meta.url))
  let service: Service
  beforeAll(async () => {
    service = await startService({}, ['--import', preload])
  })
  afterAll(() => service.stop())

  test('one is told so, the content is refused with 401, and a refresh opens it again', async () => {
    const page = await open(`${service.url}/signin`)
    await signIn(page, 'user')
    await heading(page, 'Signed in as user').waitFor()
    await page.clock.fastForward('30:01')
    await alert(page, 'The access token has expired. Refresh to get the next one.')
    expect(await shown(page, 'time-left')).toBe('0:00')
    expect(await callBoth(page)).toEqual([UNAUTHORIZED, UNAUTHORIZED])
    await look(page, 'signin-expired')
    await press(page, 'Refresh')
    await alert(page, 'Both tokens are new.')
    expect((await callBoth(page))[0]).toBe(USER_CONTENT)
  })

  test('before its time, as when it was revoked, one is told to refresh', async () => {
    const page = await openSignedIn('user', service.url)
    expect((await callBoth(page))[0]).toBe(UNAUTHORIZED)
    await alert(page, 'This access token is not good any more. Refresh to get the next one.')
  })
})

describe('after too many failures', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ limitUserAndSource: '1/60' })
  })
  afterAll(() => service.stop())

  test('one sees how long to wait, to the second, and when the wait is over', async () => {
    const page = await open(`${service.url}/signin`)
    await signIn(page, 'user', 'wrong')
    await alert(page, 'Incorrect username or password.')
    const [refused] = await Promise.all([
      page.waitForResponse((response) => response.status() === 429),
      signIn(page, 'user'),
    ])
    await alert(page, 'Too many failed attempts. Try again later.')
    const retryAfterSeconds = Number(await refused.headerValue('retry-after'))
    expect(retryAfterSeconds).toBeGreaterThan(0)
    await page
      .getByRole('status')
      .filter({ hasText: `Wait ${retryAfterSeconds} seconds.` })
      .waitFor()
    expect(await page.locator('#wait').isVisible()).toBe(true)
    expect(await shown(page, 'wait')).toMatch(/^Time to wait: (1:00|0:\d\d)$/)
    await look(page, 'signin-throttled')
    await page.clock.fastForward(retryAfterSeconds * 1000)
    await alert(page, 'The wait is over. Try again.')
    expect(await page.locator('#wait').isVisible()).toBe(false)
  })
})

test.each(LOOKS)('is fit to be seen and heard at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await open(`${url}/signin`, appearance)
  const seen = (state: string) => look(page, `signin-${state}-${width}-${colorScheme}`)
  await seen('out')
  await signIn(page, 'a b', 'wrong')
  await page.getByText('1 to 64 characters').waitFor()
  await callBoth(page)
  await seen('refused')
  await signIn(page, 'user')
  await heading(page, 'Signed in as user').waitFor()
  await callBoth(page)
  await seen('in')
})
