import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import { PASSWORD } from './accounts.ts'
import { addUser, expectBound, signedIn, signInOn, useBoundService } from './bound.ts'
import { ARGUMENTS, alert, CHROMIUM, heading, open, signIn } from './browser.ts'

const at = await useBoundService()
const { url, app, proxy, service } = at

const BUSY = 'The browser could not show that it is the device of the session. Try again shortly.'
const RENEWAL = '/sessions/renew'

test('five tabs without the cookie cause one renewal, and each gets a token', async () => {
  const page = await signedIn(at)
  const tabs = await Promise.all([1, 2, 3, 4].map(() => page.context().newPage()))
  await Promise.all(tabs.map((tab) => tab.goto(`${url}/openapi.json`)))
  await dropCookie(page)
  expect(await Promise.all([page, ...tabs].map((tab) => refresh(tab)))).toEqual(Array(5).fill(200))
  expect(renewals()).toEqual([200])
})

test('a renewal that loses its response twice succeeds the third time', async () => {
  const page = await signedIn(at)
  await dropCookie(page)
  proxy.faultOf = (path) => (path === RENEWAL && renewals().length < 2 ? 'lost' : undefined)
  const statuses = [await refresh(page), await refresh(page), await refresh(page)]
  expect([statuses.at(-1), statuses.filter((one) => one === 401)]).toEqual([200, []])
  expect(renewals().slice(-2)).toEqual([403, 200])
})

test('a page of another allowed host refreshes', async () => {
  const page = await signedIn(at)
  await dropCookie(page)
  await page.goto(`${app}/openapi.json`)
  expect(await refresh(page)).toBe(200)
  expect(renewals()).toEqual([200])
})

test('a request of another tab that crosses a sign-in gets 409, and signs out neither tab', async () => {
  const { name: username } = await addUser(at)
  const page = await signedIn(at, { username, known: /status of 409/ })
  const tab = await page.context().newPage()
  await Promise.all([page, tab].map((one) => one.goto(`${url}/openapi.json`)))
  const [arrival, signIn] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()]
  proxy.faultOf = (path) => {
    if (path !== '/refresh') return undefined
    arrival.resolve()
    return signIn.promise
  }
  const crossing = post(tab, 'refresh')
  await arrival.promise
  proxy.requests = []
  expect(await post(page, 'login', { username, password: PASSWORD, session: 'cookie' })).toEqual({
    status: 200,
  })
  await expect.poll(() => proxy.requests).toContain('POST /sessions/bind 200')
  signIn.resolve(undefined)
  expect(await crossing).toEqual({ status: 409, error: 'session_changed' })
  expect([await refresh(tab), await refresh(page)]).toEqual([200, 200])
})

test('Chromium reports the binding and a renewal over the DevTools Protocol', async () => {
  const { name: username } = await addUser(at)
  const page = await open(`${url}/signin`)
  const events = await watchDevices(page)
  await signInOn(page, username)
  const cookie = { name: '__Host-bound', domain: new URL(url).hostname, path: '/' }
  const attributes = { secure: true, httpOnly: true, sameSite: 'Strict' }
  const newSession = expect.objectContaining({
    refreshUrl: url + RENEWAL,
    cookieCravings: [{ ...cookie, ...attributes }],
    allowedRefreshInitiators: [new URL(app).hostname],
    cachedChallenge: expect.stringMatching(/^[\w-]{22}$/),
  })
  await expect
    .poll(() => events)
    .toEqual([reportOf({ creationEventDetails: { fetchResult: 'Success', newSession } })])
  await dropCookie(page)
  expect(await refresh(page)).toBe(200)
  const renewed = { refreshResult: 'Refreshed', fetchResult: 'Success', wasFullyProactiveRefresh: false }
  await expect
    .poll(() => events.slice(1))
    .toEqual([reportOf({ refreshEventDetails: expect.objectContaining(renewed) })])
  expect(events[1]?.sessionId).toBe(events[0]?.sessionId)
})

/** An event of a session whose id is the thumbprint of a key. */
const reportOf = (details: object) => ({
  eventId: expect.any(String),
  sessionId: expect.stringMatching(/^[\w-]{43}$/),
  site: 'https://example.test',
  succeeded: true,
  ...details,
})

test('a copy of the cookie gets nothing, and the browser keeps its session', async () => {
  const page = await signedIn(at)
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
  const { name: username } = await addUser(at)
  const page = await signedIn(at, { username })
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
  const page = await signedIn(at)
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
  const { name: username } = await addUser(at)
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

/** Opens a browser with a profile that outlives it. */
async function start(folder: string): Promise<Page> {
  const args = [...ARGUMENTS, ...proxy.arguments]
  const context = await chromium.launchPersistentContext(folder, { executablePath: CHROMIUM, args })
  return context.pages()[0] ?? context.newPage()
}

/** Deletes the cookie of the device, as at its end. */
async function dropCookie(page: Page): Promise<void> {
  await page.context().clearCookies({ name: '__Host-bound' })
  proxy.requests = []
}

/** Sends a request from a page, and returns the status and the error of the response. */
const post = (page: Page, path: string, body: object = {}) =>
  page.evaluate<{ status: number; error?: string }>(`fetch('${url}/${path}', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(${JSON.stringify(body)}),
    credentials: 'include',
  }).then(async (response) => ({ status: response.status, error: (await response.json()).error }))`)

/** Sends a refresh from a page, and returns its status. */
const refresh = async (page: Page) => (await post(page, 'refresh')).status

/** Returns what the browser reports of sessions of a device from now on, but for challenges: the first one comes before its session. */
async function watchDevices(page: Page) {
  const events: { sessionId?: string }[] = []
  const devTools = await page.context().newCDPSession(page)
  devTools.on('Network.deviceBoundSessionEventOccurred', (event) => {
    if (event.challengeEventDetails === undefined) events.push(event)
  })
  await devTools.send('Network.enableDeviceBoundSessions', { enable: true })
  return events
}

/** Returns the statuses of renewals. */
const renewals = () =>
  proxy.requests.flatMap((one) => (one.includes(RENEWAL) ? [Number(one.split(' ')[2])] : []))
