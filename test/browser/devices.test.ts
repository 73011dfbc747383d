import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { useLocalService } from '../support/process/local-service.ts'
import { MANY_PASSWORDS } from '../support/process/service.ts'
import { askForMail, choosePassword, code, newName, nextMail, PASSWORD, rows } from './accounts.ts'
import { addAuthenticator } from './authenticator.ts'
import { ARGUMENTS, alert, CHROMIUM, heading, open, press, signIn, useBrowser } from './browser.ts'
import { addApp, addPasskey, fillIn, pressIn } from './factors.ts'
import { startTlsProxy } from './tls-proxy.ts'

const [AUTH, APP] = ['auth.example.test', 'app.example.test']
const proxy = await startTlsProxy(AUTH, APP)
const url = `https://${AUTH}:${proxy.port}`
const app = `https://${APP}:${proxy.port}`
const service = await useLocalService({
  params: {
    ...MANY_PASSWORDS,
    limitMailSource: '1000/3600',
    issuer: url,
    allowedOrigins: app,
    rpId: AUTH,
    rpOrigins: url,
  },
})
proxy.target = service.url

useBrowser(() => proxy.arguments)
beforeEach(() => {
  proxy.requests = []
  proxy.faultOf = () => undefined
})

const BUSY = 'The browser could not show that it is the device of the session. Try again shortly.'
const RENEWAL = '/sessions/renew'

test('a sign-in with a password binds its session, as the account page and GET /sessions show', async () => {
  const { name: username } = await addUser()
  const page = await signedIn(username)
  const list = page.waitForResponse(/\/sessions$/)
  await page.goto(`${url}/account`)
  await rows(page).filter({ hasText: 'Tied to its device' }).waitFor()
  const { sessions } = await (await list).json()
  expect(sessions).toContainEqual(expect.objectContaining({ current: true, deviceBound: true }))
})

test('a registration binds its session', async () => {
  const { name, address } = newName()
  const page = await open(`${url}/register`)
  await askForMail(page, 'E-mail address', address)
  await code(page).fill((await nextMail(address, service.url)).code)
  await page.getByLabel('Username or e-mail address').fill(name)
  await choosePassword(page, PASSWORD, 'Create account')
  await expectBound(page)
})

test('a sign-in by a mail binds its session', async () => {
  const { name: username, address: email } = await addUser()
  const page = await open(`${url}/signin`)
  await press(page, 'Continue with e-mail', 'Continue with e-mail')
  await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(email)
  await press(page, 'Send mail', 'Check your mail')
  await code(page).fill((await nextMail(email, service.url)).code)
  await press(page, 'Continue')
  await heading(page, `Signed in as ${username}`).waitFor()
  await expectBound(page)
})

test.each(['app', 'recovery code'])(
  'a sign-in with a password and an %s binds its session',
  async (factor) => {
    const { name: username } = await addUser()
    const page = await signedIn(username, 'account')
    const { nextCode, recoveryCodes } = await addApp(page)
    await startAgain(page)
    await signIn(page, username, PASSWORD)
    if (factor === 'app') await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
    else {
      await pressIn(page, 'Use a recovery code instead')
      await fillIn(page, 'Recovery code', recoveryCodes[0] ?? '', 'Continue')
    }
    await heading(page, `Signed in as ${username}`).waitFor()
    await expectBound(page)
  },
)

test('a sign-in with a passkey binds its session', async () => {
  const { name: username } = await addUser()
  const page = await signedIn(username, 'account')
  await addAuthenticator(page)
  await addPasskey(page)
  await pressIn(page, 'I saved the codes')
  await startAgain(page)
  await press(page, 'Sign in with a passkey', `Signed in as ${username}`)
  await expectBound(page)
})

test('five tabs without the cookie cause one renewal, and each gets a token', async () => {
  const page = await signedIn()
  const tabs = await Promise.all([1, 2, 3, 4].map(() => page.context().newPage()))
  await Promise.all(tabs.map((tab) => tab.goto(`${url}/openapi.json`)))
  await dropCookie(page)
  expect(await Promise.all([page, ...tabs].map((tab) => refresh(tab)))).toEqual(Array(5).fill(200))
  expect(renewals()).toEqual([200])
})

test('a renewal that loses its response twice succeeds the third time', async () => {
  const page = await signedIn()
  await dropCookie(page)
  proxy.faultOf = (path) => (path === RENEWAL && renewals().length < 2 ? 'lost' : undefined)
  const statuses = [await refresh(page), await refresh(page), await refresh(page)]
  expect([statuses.at(-1), statuses.filter((one) => one === 401)]).toEqual([200, []])
  expect(renewals().slice(-2)).toEqual([403, 200])
})

test('a page of another allowed host refreshes', async () => {
  const page = await signedIn()
  await dropCookie(page)
  await page.goto(`${app}/openapi.json`)
  expect(await refresh(page)).toBe(200)
  expect(renewals()).toEqual([200])
})

test('a copy of the cookie gets nothing, and the browser keeps its session', async () => {
  const page = await signedIn()
  const copy = (await page.context().cookies()).find(({ name }) => name === '__Host-refresh')
  const response = await fetch(`${service.url}/refresh`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Sec-Fetch-Site': 'same-origin',
      Cookie: `__Host-refresh=${copy?.value}`,
    },
    body: '{}',
  })
  const { error }: { error?: string } = JSON.parse(await response.text())
  expect([response.status, error]).toEqual([401, 'device_required'])
  expect(await refresh(page)).toBe(200)
})

test('if renewals fail, the sign-in page shows the outage and its form, which signs in', async () => {
  const { name: username } = await addUser()
  const page = await signedIn(username)
  await dropCookie(page)
  proxy.faultOf = (path) => (path === RENEWAL ? 500 : undefined)
  await page.reload()
  await alert(page, BUSY)
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, PASSWORD)
  await heading(page, `Signed in as ${username}`).waitFor()
  proxy.faultOf = () => undefined
  await expectBound(page)
})

test('at the quota of signatures, the user gets the outage, and no 401', async () => {
  const page = await signedIn()
  const statuses: number[] = []
  while (statuses.length < 9 && !statuses.includes(503)) {
    await dropCookie(page)
    statuses.push(await refresh(page))
  }
  expect(statuses).toEqual([...Array(statuses.length - 1).fill(200), 503])
  await page.goto(`${url}/signin`)
  await alert(page, BUSY)
  await heading(page, 'Sign in').waitFor()
})

test('a restart of the browser keeps the session and its key', async () => {
  const { name: username } = await addUser()
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const first = await start(folder)
  await first.goto(`${url}/signin`)
  await signInOn(first, username)
  await first.context().close()
  const second = await start(folder)
  await second.goto(`${url}/openapi.json`)
  await dropCookie(second)
  expect(await refresh(second)).toBe(200)
  expect(renewals().at(-1)).toBe(200)
  await second.context().close()
})

/** Creates an account over HTTP. */
async function addUser() {
  const { name, address } = newName()
  const ask = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json' }
    const { status } = await fetch(service.url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return status
  }
  expect(await ask('/register', { email: address })).toBe(202)
  const { link } = await nextMail(address, service.url)
  const account = { token: link.replace(/.*=/, ''), username: name, password: PASSWORD }
  expect(await ask('/register/confirm', account)).toBe(200)
  return { name, address }
}

/** Opens a browser with a profile that outlives it. */
async function start(folder: string): Promise<Page> {
  const args = [...ARGUMENTS, ...proxy.arguments]
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args })
  return context.pages()[0] ?? context.newPage()
}

/** Opens the page of a user whose session is bound. Without a name it is a new user. */
async function signedIn(username?: string, path = 'signin'): Promise<Page> {
  const page = await open(`${url}/${path}`, { origins: [app] })
  await signInOn(page, username ?? (await addUser()).name)
  return page
}

async function signInOn(page: Page, username: string): Promise<void> {
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, PASSWORD)
  await expectBound(page)
}

/** Forgets who was signed in, as after the end of a session. */
async function startAgain(page: Page): Promise<void> {
  // A refresh of the page before would bring a cookie again.
  await page.goto(`${url}/openapi.json`)
  await page.context().clearCookies()
  await page.goto(`${url}/signin`)
  await heading(page, 'Sign in').waitFor()
}

/** Waits until the browser has bound the session. */
const expectBound = (page: Page) =>
  expect
    .poll(async () => (await page.context().cookies()).map(({ name }) => name), { timeout: 15_000 })
    .toContain('__Host-bound')

/** Deletes the cookie of the device, as at its end. */
async function dropCookie(page: Page): Promise<void> {
  await page.context().clearCookies({ name: '__Host-bound' })
  proxy.requests = []
}

/** Sends a refresh from a page, and returns its status. */
const refresh = (page: Page) =>
  page.evaluate<number>(`fetch('${url}/refresh', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{}',
    credentials: 'include',
  }).then(({ status }) => status)`)

/** Returns the statuses of renewals. */
const renewals = () =>
  proxy.requests.flatMap((one) => (one.includes(RENEWAL) ? [Number(one.split(' ')[2])] : []))
