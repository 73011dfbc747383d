import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { openAccount } from './accounts.ts'
import { startAppServer, startAppWithService } from './app-server.ts'
import { expectFocus, heading, inspect, LOOKS, press, useBrowser } from './browser.ts'
import { addUser, change, openConsole, PASSWORD, type Place, show, storeOf } from './console.ts'
import { startClock } from './service-clock.ts'

// Support sees the application as a user, in a page on another site.

useBrowser()

/** The page waits for its scripts before it shows anything (HTML, "render-blocking"). */
const render = (url: string, more = '') => `<head><title>Shop</title>${more}
  <script type="module" blocking="render">
    import { createAuth } from '${url}/client.js'
    window.auth = createAuth({ url: '${url}', actAs: true })
    auth.onChange(async (user) => {
      document.getElementById('user').textContent = user?.username ?? 'none'
      const response = await auth.fetch('${url}/')
      document.getElementById('content').textContent = response.ok ? (await response.json()).username : response.status
    })
  </script></head>
  <body><main><h1>Shop</h1><p id="user"></p><p id="content"></p></main></body>`

/** A script that a user has put into the page. It runs before all others, and sees each token. */
const PLANTED = `<script>
  window.tokens = []
  const send = window.fetch
  window.fetch = (...request) => {
    tokens.push(new Request(...request).headers.get('Authorization'))
    return send(...request)
  }
</script>`

const planted = await startAppServer(() => render(service.url, PLANTED))
afterAll(() => planted.stop())
const clock = startClock()
afterAll(() => clock.remove())
/** On another site than the service. */
const originOf = (port: number | string) => `http://127.0.0.1:${port}`
const plantedOrigin = originOf(planted.port)
const { app, service } = await startAppWithService(
  (url) => render(url),
  (own) => ({
    allowedOrigins: 'http://localhost:9',
    actAsOrigins: `${originOf(new URL(own).port)},${plantedOrigin}`,
  }),
  clock.options,
)
const origin = originOf(app.port)
const place: Place = service
const ENDED = 'Open the user from the console again.'

/** Opens a user in the console, with the form. */
async function openForm({
  role = 'support',
  ...options
}: NonNullable<Parameters<typeof openConsole>[1]> & { role?: 'support' | 'admin' } = {}) {
  const ada = await addUser({}, place)
  const opened = await openConsole(role, { place, origins: [origin, plantedOrigin], ...options })
  await show(opened.page, ada)
  await openPart(opened.page)
  return { ...opened, ada }
}

const openPart = (page: Page) => page.getByRole('heading', { name: 'Act as this user' }).click()
const act = (page: Page) => change(page, 'Act as this user')
const link = (page: Page) => page.getByRole('link', { name: 'Open the application' })
const banner = (page: Page) => page.locator('[data-auth-actor]')

/** Returns the address of the link, with its code. */
const addressIn = async (page: Page) => String(await link(page).getAttribute('href'))

/** Follows the link to the application. @returns The new tab. */
async function follow(page: Page, open = () => link(page).click()): Promise<Page> {
  const [tab] = await Promise.all([page.context().waitForEvent('page'), open()])
  return tab
}

/** Opens an address in a tab of the operator's browser, and expects a sentence in place of the user. */
async function expectEnded(page: Page, address: string): Promise<void> {
  const tab = await page.context().newPage()
  await tab.goto(address)
  await banner(tab).getByText(ENDED).waitFor()
  expect(await tab.locator('#user').textContent()).toBe('none')
}

/** Notes whether the page was painted before the banner came. */
const TIMES = `
  window.isPainted = false
  const paints = new PerformanceObserver(() => { isPainted = true })
  paints.observe({ type: 'paint', buffered: true })
  new MutationObserver(() => {
    if (document.querySelector('[data-auth-actor]')) window.isLate ??= isPainted || paints.takeRecords().length > 0
  }).observe(document, { childList: true, subtree: true })`

test('support sees the page of a user in a new tab, below a banner from the first paint, until a reload', async () => {
  const { page, ada, id } = await openForm()
  await page.context().addInitScript(TIMES)
  // Without the attribute of the page, a slow client would come after the first paint.
  await page.context().route('**/client.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 500))
    await route.continue()
  })
  await page.getByLabel('Reason').selectOption('bug')
  await page.getByLabel('Ticket').fill(' T-1024 ')
  await act(page)
  const tab = await follow(page)
  await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
  await tab.locator('#content').getByText(ada.username).waitFor()
  expect(tab.url()).toBe(`${origin}/`)
  expect(await banner(tab).getAttribute('data-auth-actor')).toBe(id)
  expect(await tab.evaluate('[auth.actor.userId, window.opener]')).toEqual([id, null])
  await tab.waitForFunction('isPainted')
  expect(await tab.evaluate('isLate')).toBe(false)
  await page.getByText('The application is open in another tab.').waitFor()
  expect(await link(page).count()).toBe(0)

  await tab.reload()
  await heading(tab, 'Shop').waitFor()
  await expect.poll(() => tab.locator('#user').textContent()).not.toBe('')
  expect(await tab.locator('#user').textContent()).toBe('none')
  await banner(tab).getByText('This has ended.').waitFor()

  const account = await openAccount(ada.username, { password: PASSWORD, origin: service.url })
  await account.getByText('Seen as you in the application').waitFor()
  await account.getByText('By an operator').first().waitFor()
})

/** Requests that a script in the page tries, with the cookie of the operator, if the browser sends it. */
const TRIES = (id: string) => [
  ['POST', '/refresh', {}],
  ['POST', '/login', { username: 'ada', password: 'x', session: 'cookie' }],
  ['POST', '/login/passkey/options', {}],
  ['POST', '/logout', {}],
  ['GET', '/admin-api/me'],
  ['GET', '/admin-api/users?name=ada'],
  ['GET', `/admin-api/users/${id}`],
  ['PATCH', `/admin-api/users/${id}`, { disabled: true }],
  ['PUT', `/admin-api/users/${id}/role`, { role: 'admin' }],
  ['DELETE', `/admin-api/users/${id}`],
  ['POST', '/act-as', { userId: id, reason: 'support' }],
  ['POST', '/oauth2/approve', {}],
  ['POST', '/oauth2/token', {}],
  ['GET', '/userinfo'],
  ['GET', '/oauth2/userinfo'],
  ['GET', '/me'],
  ['GET', '/me/events'],
  ['DELETE', '/me', { currentPassword: 'x' }],
  ['PUT', '/password', { currentPassword: 'x', newPassword: 'y' }],
  ['PUT', '/email', { currentPassword: 'x', email: 'eve@example.org' }],
  ['GET', '/sessions'],
  ['GET', '/apps'],
  ['GET', '/admin'],
  ['POST', '/'],
  ['PUT', '/'],
  ['DELETE', '/'],
]

test('a script that a user has put into the page gets that user, and nothing of the console', async () => {
  const { page, ada, id } = await openForm({ known: /CORS|ERR_FAILED|status of 4/ })
  const other = await addUser({}, place)
  await page.getByLabel('Application').selectOption(plantedOrigin)
  await act(page)
  const tab = await follow(page)
  await tab.locator('#content').getByText(ada.username).waitFor()
  const tokens = await tab.evaluate<string[]>('tokens.filter(Boolean)')
  expect(tokens.map((token) => claimsIn(token))).toEqual([
    expect.objectContaining({
      sub: ada.id,
      aud: `${service.url}/act-as`,
      act: expect.objectContaining({ sub: id }),
    }),
  ])
  const [Authorization] = tokens
  for (const headers of [{ Authorization }, { Authorization, Operator: id }, { Operator: id }])
    for (const [method, path, body] of TRIES(other.id)) {
      const init = {
        method,
        credentials: 'include',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body,
      }
      const seen = await tab.evaluate(attempt(`${service.url}${path}`, init))
      expect([method, path, seen]).toEqual([method, path, expect.stringMatching(/^(no response|4\d\d)$/)])
    }
  expect(
    await tab.evaluate(
      '[document.cookie, document.referrer, opener, localStorage.length, sessionStorage.length]',
    ),
  ).toEqual(['', '', null, 0, 0])
  const user = await storeOf(place).user(other.username)
  expect([user.role, user.disabled]).toEqual(['user', false])
})

const claimsIn = (bearer: string) =>
  JSON.parse(Buffer.from(String(bearer.split('.')[1]), 'base64url').toString('utf8'))

/** Returns a script that sends a request, and has its status. */
const attempt = (url: string, { body, ...init }: { body?: unknown }) =>
  `fetch(${JSON.stringify(url)}, ${JSON.stringify({ ...init, ...(body !== undefined && { body: JSON.stringify(body) }) })})
    .then(({ status }) => String(status), () => 'no response')`

test('the same by the keyboard alone', async () => {
  const ada = await addUser({}, place)
  const { page } = await openConsole('support', { place, origins: [origin] })
  const { keyboard } = page
  await keyboard.type(ada.id)
  await keyboard.press('Enter')
  await expectFocus(page, 'user-title')
  const isAtPart = () => page.evaluate('document.activeElement.matches("#act-as > summary")')
  for (let count = 0; count < 9 && !(await isAtPart()); count += 1) await keyboard.press('Tab')
  await keyboard.press('Enter')
  await keyboard.press('Tab')
  await expectFocus(page, 'reason')
  await keyboard.press('Tab')
  await keyboard.type('T-1')
  await keyboard.press('Enter')
  await expectFocus(page, 'confirm-cancel')
  await keyboard.press('Shift+Tab')
  await page.locator('#confirm:not([aria-disabled])').waitFor()
  await keyboard.press('Enter')
  await expectFocus(page, 'acting-link')
  const tab = await follow(page, () => keyboard.press('Enter'))
  await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
  await tab.keyboard.press('Shift+Tab')
  await Promise.all([tab.waitForEvent('load'), tab.keyboard.press('Enter')])
  await banner(tab).getByText('This has ended.').waitFor()
})

describe('a code is refused with a sentence', () => {
  test('if it was used', async () => {
    const { page, ada } = await openForm()
    await act(page)
    const address = await addressIn(page)
    const tab = await follow(page)
    await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
    await expectEnded(page, address)
    expect(await tab.locator('#user').textContent()).toBe(ada.username)
  })

  test('after 60 seconds', async () => {
    const { page } = await openForm()
    await act(page)
    const address = await addressIn(page)
    clock.move(61_000)
    await expectEnded(page, address)
  })

  test('after its operator has signed out', async () => {
    const { page } = await openForm()
    await act(page)
    const address = await addressIn(page)
    const tab = await page.context().newPage()
    await tab.goto(`${service.url}/signin`)
    await press(tab, 'Sign out')
    await heading(page, 'Sign in').waitFor()
    await expectEnded(page, address)
  })
})

describe('an act that does not begin is a sentence, and the form keeps its values:', () => {
  const fill = async (page: Page) => {
    await page.getByLabel('Reason').selectOption('abuse')
    await page.getByLabel('Ticket').fill('T-9')
  }
  const expectKept = async (page: Page, sentence: string) => {
    await page.locator('#act-as').getByText(sentence).waitFor()
    expect([
      await page.getByLabel('Reason').inputValue(),
      await page.getByLabel('Ticket').inputValue(),
    ]).toEqual(['abuse', 'T-9'])
    expect(await link(page).count()).toBe(0)
  }

  test.each([
    ['support', 'No user whom you may help has this name.'],
    ['admin', 'No operator acts as a user who may administer accounts.'],
  ] as const)('%s, and the user gets a permission', async (role, sentence) => {
    const { page, ada } = await openForm({ role })
    await fill(page)
    await storeOf(place).change(ada.username, { role: 'support' })
    await act(page)
    await expectKept(page, sentence)
  })

  const detail = 'This user was changed. Load the user again.'
  test.each([
    ['another change', { status: 409, json: { detail } }, detail],
    [
      'too many acts',
      { status: 429, headers: { 'Retry-After': '60' }, json: { detail: 'Too many.' } },
      'Too many.',
    ],
    ['no network', undefined, 'The service did not respond. Try again.'],
  ])('%s', async (_what, response, sentence) => {
    const { page, ada } = await openForm({ known: /409|ERR_FAILED/ })
    await fill(page)
    await page.route('**/act-as', (route) => (response ? route.fulfill(response) : route.abort()))
    await act(page)
    await expectKept(page, sentence)
    await page.unroute('**/act-as')
    await act(page)
    const tab = await follow(page)
    await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
  })

  test('a ticket with a space', async () => {
    const { page } = await openForm()
    await page.getByLabel('Ticket').fill('my ticket')
    await act(page)
    await page.locator('#ticket-fault').getByText('Must be 1 to 40 characters').waitFor()
  })
})

test('a user who is disabled or has permissions has no form', async () => {
  const { page } = await openForm({ role: 'admin' })
  for (const user of [{ role: 'support' as const }, { role: 'admin' as const }, { disabled: true }]) {
    await page.getByRole('link', { name: 'Search' }).click()
    await show(page, await addUser(user, place))
    expect([user, await page.locator('#act-as').isVisible()]).toEqual([user, false])
  }
})

test('a sign-in of yesterday is renewed on the way, and leads back', async () => {
  const { page, ada, username } = await openForm({ known: /401/ })
  clock.move(13 * 3_600_000)
  await act(page)
  await page.getByLabel('Your password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await link(page).waitFor()
  const tab = await follow(page)
  await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
  expect(await page.locator('#step-up-username').inputValue()).toBe(username)
})

test.each(LOOKS)('the form fits and is accessible at $width pixels, $colorScheme', async (look) => {
  const { page, ada } = await openForm(look)
  const take = (state: string, shown = page) =>
    inspect(shown, `console-act-${state}-${look.width}-${look.colorScheme}`)
  await page.getByLabel('Ticket').fill('my ticket')
  await take('form')
  await press(page, 'Act as this user')
  await page.locator('#confirm:not([aria-disabled])').waitFor()
  await take('dialog')
  await page.locator('#confirm').click()
  await page.locator('#ticket-fault:not([hidden])').waitFor()
  await take('fault')
  await page.getByLabel('Ticket').fill('')
  await act(page)
  await link(page).waitFor()
  await take('link')
  const tab = await follow(page)
  await banner(tab).getByText(`You see this as ${ada.username}.`).waitFor()
  await take('banner', tab)
})
