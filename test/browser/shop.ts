import '../support/process/real-argon2.ts'
import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { afterAll, expect, inject } from 'vitest'
import { secondOf } from '../../lib/time.ts'
import { addClient, type Changes, queryOf } from '../oauth/clients.ts'
import { operator, PASSWORD, tableAt } from '../support/users/sessions.ts'
import { serviceUrl } from './accounts.ts'
import { startAppServer } from './app-server.ts'
import { heading, open, press, signIn } from './browser.ts'

/** What the pages of the app show: a link that covers the window at `/cover`, a form at `/form`, and else a link. */
function render(path: string): string {
  const { pathname, searchParams } = new URL(path, 'http://app')
  const to = (searchParams.get('to') ?? '').replaceAll('&', '&amp;').replaceAll('"', '&quot;')
  const title = pathname === '/callback' ? 'Signed in at the shop' : 'Shop'
  const style = pathname === '/cover' ? ' style="position: fixed; inset: 0"' : ''
  const frame = pathname === '/frame' ? `<iframe title="Frame" src="${to}"></iframe>` : ''
  return `<title>${title}</title><main><h1>${title}</h1><a href="${to}"${style}>Sign in</a>${frame}
    <form method="post" action="${to.replace(/\?.*/, '')}">${[
      ...new URL(searchParams.get('to') ?? '?', 'http://app').searchParams,
    ]
      .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
      .join('')}<button>Sign in by a form</button></form></main>`
}

const table = () => tableAt(inject('dynamoDbUrl'))

/** Starts an app at another site than the service, for the tests of a file. `http://127.0.0.1` and `http://localhost` are two sites. */
export async function startShop() {
  const app = await startAppServer(render)
  afterAll(() => app.stop())
  const origin = `http://127.0.0.1:${app.port}`
  const callback = `${origin}/callback`

  /** Stores a client of the app. @returns Its id. */
  const register = async (values: Parameters<typeof addClient>[1] = {}, at = table()): Promise<string> => {
    const id = `shop-${randomBytes(6).toString('hex')}`
    await addClient(at, { id, redirectUris: [callback], local: true, ...values })
    return id
  }
  const requestOf = (client_id: string, changes: Changes = {}) =>
    `${serviceUrl()}/oauth2/authorize${queryOf({ client_id, redirect_uri: callback, ...changes })}`
  const pageOf = (request: string, kind = '') => `${origin}/${kind}?to=${encodeURIComponent(request)}`

  return {
    origin,
    callback,
    register,
    requestOf,
    pageOf,
    /** Opens the app in a new browser. */
    open: (options: Parameters<typeof open>[1] = {}) =>
      open(`${origin}/`, { origins: [serviceUrl()], ...options }),
    /** Clicks the link of the app. `page.goto` would send the cookie with the navigation, as no other site can. */
    async click(page: Page, request: string): Promise<void> {
      await page.goto(pageOf(request))
      await page.getByRole('link', { name: 'Sign in' }).click()
    },
  }
}

/** Creates a user over the table. */
export const addUser = (): Promise<string> =>
  operator(table()).add({ username: `ada${randomBytes(4).toString('hex')}` })

export const userIdOf = async (username: string) => (await operator(table()).user(username)).id

/** Signs in on the page that is shown. */
export const signInHere = (page: Page, username: string) => signIn(page, username, PASSWORD)

/** Signs a user in to an app that has led here, with a click on the screen. */
export async function signInTo(page: Page, username: string, app: string): Promise<void> {
  await heading(page, `Sign in to continue to ${app}`).waitFor()
  await signInHere(page, username)
  await heading(page, `Continue as ${username} to ${app}`).waitFor()
  await press(page, 'Continue')
}

/** Signs a user in with the cookie of a page. The browser never gets the response. */
export async function signInUnseen(page: Page, username: string): Promise<void> {
  const cookie = (await page.context().cookies()).find(({ name }) => name === '__Host-refresh')
  const { status } = await fetch(`${serviceUrl()}/login`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Sec-Fetch-Site': 'same-origin',
      Cookie: `__Host-refresh=${cookie?.value}`,
    },
    body: JSON.stringify({ username, password: PASSWORD, session: 'cookie' }),
  })
  expect(status).toBe(200)
}

/** Waits for the next second. To the service, two sign-ins of one second are one. */
export async function nextSecond(): Promise<void> {
  const second = secondOf(new Date())
  await expect.poll(() => secondOf(new Date())).toBeGreaterThan(second)
}

/** Signs in on /signin of the service. */
export async function begin(page: Page, username: string): Promise<void> {
  await page.goto(`${serviceUrl()}/signin`)
  await signInHere(page, username)
  await heading(page, `Signed in as ${username}`).waitFor()
}

/** Ends the session of the service in another tab. */
export async function signOutAt(service: string, page: Page): Promise<void> {
  const tab = await page.context().newPage()
  await tab.goto(`${service}/signin`)
  await press(tab, 'Sign out', 'Sign in')
}

/** Waits for the screen of a user. */
export const screen = (page: Page, username: string) =>
  heading(page, `Continue as ${username} to Shop`).waitFor()

/** Presses the button when it is no longer deaf, and waits for the app. */
export async function agree(page: Page): Promise<void> {
  await press(page, 'Continue')
  await arrival(page)
}

/** Waits until the app is shown. @returns The parameters of the response. */
export async function arrival(page: Page): Promise<URLSearchParams> {
  await heading(page, 'Signed in at the shop').waitFor()
  return new URL(page.url()).searchParams
}

/** Presses the Back button of the browser. A page from the back/forward cache has no load event, which Playwright waits for. */
export const back = (page: Page) => page.evaluate('void setTimeout(() => history.back())')

/** A request of the page `/oauth2/authorize`. */
interface Approval {
  query: string
  click?: object
  last?: string
  start?: number
  changed?: boolean
  isProven: boolean
}

/** Counts the approvals that a page asks for, with the click of each, and whether it has an access token. */
export function approvalsOf(page: Page) {
  const seen: Approval[] = []
  page.on('request', (request) => {
    if (!request.url().endsWith('/oauth2/approve')) return
    const isProven = /^Bearer ./.test(request.headers().authorization ?? '')
    seen.push({ ...JSON.parse(request.postData() ?? '{}'), isProven })
  })
  return seen
}

/** Notes for each request of a sign-in at an app whether the browser sends the session cookie with it. */
export function cookiesOf(page: Page): [path: string, isSent: boolean][] {
  const cookies: [string, boolean][] = []
  page.on('requestfinished', async (request) => {
    const { pathname } = new URL(request.url())
    if (!/authorize$|approve$/.test(pathname)) return
    const { cookie = '' } = await request.allHeaders()
    cookies.push([pathname, cookie.includes('__Host-refresh')])
  })
  return cookies
}

/** Browsers send the cookie with the request of the page, and not with the navigation from another site. */
export const FROM_ANOTHER_SITE = [
  ['/oauth2/authorize', false],
  ['/oauth2/approve', true],
]

/** Without a screen the page gets a code, for which it asks again with the access token of a refresh. */
export const CODE_FROM_ANOTHER_SITE = [...FROM_ANOTHER_SITE, ['/oauth2/approve', true]]

/** Lets the page get a response that the service does not send. */
export const answer = (page: Page, json: object, status = 200) =>
  page.route('**/oauth2/approve', (route) => route.fulfill({ status, json }))

export const expectCode = async (page: Page) =>
  expect((await arrival(page)).get('code')).toMatch(/^[\w-]{43}$/)
