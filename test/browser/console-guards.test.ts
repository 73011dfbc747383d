import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { serviceUrl } from './accounts.ts'
import { goBack, heading, pauseClock, press, signIn, useBrowser } from './browser.ts'
import { addUser, change, changesOf, openConsole, PASSWORD, says, shared, show, storeOf } from './console.ts'
import { startShop } from './shop.ts'

// What the console must not show or send: late responses, another user, another version, a game of another page.

useBrowser()
const shop = await startShop()

const MARKUP = '<img src=x onerror=alert(1)>"\'<b>'

test('markup in what users and apps write is text', async () => {
  const ada = await addUser()
  const { page } = await openConsole('admin')
  const sessions = [
    {
      id: 'a',
      createdAt: '2026-11-24T15:00:00.000Z',
      lastUsedAt: '2026-11-24T16:00:00.000Z',
      sourceIp: MARKUP,
      userAgent: MARKUP,
    },
  ]
  const apps = [
    {
      id: MARKUP,
      name: MARKUP,
      places: [MARKUP],
      scopes: [{ name: 'openid', sentence: MARKUP }],
      approvedAt: '2026-11-24T15:00:00.000Z',
    },
  ]
  const users = [{ id: ada.id, username: MARKUP, email: MARKUP, role: MARKUP, disabled: true }]
  await page.route('**/admin-api/users/*/sessions', (route) => route.fulfill({ json: { sessions } }))
  await page.route('**/admin-api/users/*/grants', (route) => route.fulfill({ json: { apps } }))
  await page.route('**/admin-api/users/*/events', (route) =>
    route.fulfill({
      json: {
        events: [
          {
            at: '2026-11-24T15:00:00.000Z',
            type: 'grant.created',
            ref: MARKUP,
            changes: [],
            by: 'account',
            sourceIp: MARKUP,
            userAgent: MARKUP,
          },
        ],
      },
    }),
  )
  await page.route('**/admin-api/users?*', (route) => route.fulfill({ json: { users } }))
  const account = { emailVerified: true, factors: [], identities: [{ provider: MARKUP, label: MARKUP }] }
  const more = { externalId: MARKUP, attributes: { [MARKUP]: MARKUP }, signIn: { wrongPasswords: 1 } }
  await page.route(`**/admin-api/users/${ada.id}`, (route) =>
    route.fulfill({ json: { ...users[0], ...account, ...more } }),
  )
  await page.getByLabel('Username, e-mail address or id').fill('ada')
  await press(page, 'Search')
  await page.getByRole('link', { name: MARKUP }).click()
  await heading(page, MARKUP).waitFor()
  await page.getByText(`Signed in to ${MARKUP}`).waitFor()
  await page.getByRole('button', { name: 'Remove access' }).click()
  await page.getByRole('dialog').getByText(MARKUP).first().waitFor()
  expect(await page.locator('img, b').count()).toBe(0)
})

test('a late response never shows one user at the address of another', async () => {
  const [ada, bob] = [await addUser(), await addUser()]
  const { page } = await openConsole('support')
  const held: (() => void)[] = []
  const release = () => {
    for (const end of held.splice(0)) end()
  }
  const holdUser = async (route: Parameters<Parameters<Page['route']>[1]>[0]) => {
    await new Promise<void>((resolve) => held.push(resolve))
    await route.continue()
  }
  await page.route(`**/admin-api/users/${ada.id}**`, holdUser)
  const goTo = (id: string) => page.evaluate(`void (location.hash = '#/users/${id}')`)
  await Promise.all([page.waitForRequest(`**/users/${ada.id}`), goTo(ada.id)])
  await goTo(bob.id)
  await heading(page, bob.username).waitFor()
  const late = page.waitForResponse(`**/users/${ada.id}`)
  release()
  await late
  await page.waitForLoadState('networkidle')
  expect(await page.locator('#user-title').textContent()).toBe(bob.username)

  // Lists and changes of a user are late, too.
  await page.unroute(`**/admin-api/users/${ada.id}**`)
  await page.route(`**/admin-api/users/${ada.id}/*`, holdUser)
  await goTo(ada.id)
  await heading(page, ada.username).waitFor()
  await goTo(bob.id)
  await heading(page, bob.username).waitFor()
  await page.locator('#events li').first().waitFor()
  release()
  await page.waitForLoadState('networkidle')
  expect(await page.locator('main').textContent()).not.toContain(ada.username)
})

test('a late response to a change says nothing about another user', async () => {
  const [ada, bob] = [await addUser(), await addUser()]
  const { page } = await openConsole('support')
  let release = () => {}
  await page.route(`**/admin-api/users/${ada.id}`, async (route) => {
    if (route.request().method() === 'PATCH') await new Promise<void>((resolve) => (release = resolve))
    await route.continue()
  })
  await show(page, ada)
  await Promise.all([page.waitForRequest((request) => request.method() === 'PATCH'), change(page, 'Disable')])
  await page.evaluate(`void (location.hash = '#/users/${bob.id}')`)
  await heading(page, bob.username).waitFor()
  await press(page, 'Disable')
  const late = page.waitForResponse((response) => response.request().method() === 'PATCH')
  release()
  await late
  await page.locator('#confirm:not([aria-disabled])').waitFor()
  await page.getByRole('dialog').getByText(`Disable ${bob.username}?`).waitFor()
  expect(await page.locator('#user-notice').textContent()).toBe('')
  await page.locator('#confirm').click()
  await says(page, 'The user is disabled.')
  expect((await storeOf(shared()).user(bob.username)).disabled).toBe(true)
})

test('a late body changes nothing on the page of another user', async () => {
  const [ada, bob] = [await addUser(), await addUser()]
  const { page } = await openConsole('support')
  await page.evaluate(`
    const read = Response.prototype.text
    window.held = []
    Response.prototype.text = async function () {
      const text = await read.call(this)
      if (this.url.includes('${ada.id}')) await new Promise((resolve) => held.push(resolve))
      return text
    }
    window.release = () => held.splice(0).forEach((end) => end())`)
  const goTo = (id: string) => page.evaluate(`void (location.hash = '#/users/${id}')`)
  const untilHeld = (count: number) => expect.poll(() => page.evaluate('held.length')).toBe(count)
  const expectBob = async () => {
    await goTo(bob.id)
    await heading(page, bob.username).waitFor()
    await page.evaluate('release()')
    expect(await page.locator('main').textContent()).not.toContain(ada.username)
  }
  await goTo(ada.id)
  await untilHeld(1)
  await expectBob()
  await goTo(ada.id)
  await untilHeld(1)
  await page.evaluate('release()')
  await heading(page, ada.username).waitFor()
  await untilHeld(3)
  await expectBob()
})

test('a change of another tab is a sentence, and the page then shows it', async () => {
  const ada = await addUser()
  const { page } = await openConsole('support', { known: /409/ })
  await show(page, ada)
  await storeOf(shared()).change(ada.username, { disabled: true })
  await change(page, 'Disable')
  await says(page, 'This user was changed.')
  await page.getByText('This user is disabled, and cannot sign in.').waitFor()
  await change(page, 'Enable')
  await says(page, 'The user is enabled.')
})

test('a user who was deleted meanwhile is a sentence', async () => {
  const ada = await addUser()
  const { page } = await openConsole('support')
  await show(page, ada)
  await storeOf(shared()).remove(ada.username)
  await change(page, 'Disable')
  // The lists of the user, which may be late, say the same.
  await page.locator('#loading-notice').getByText('No user whom you may help has this name.').waitFor()
  expect(await page.locator('main').textContent()).not.toContain(ada.username)
})

describe('another user who signs in in this browser', () => {
  test('sees and sends nothing of the one before', async () => {
    const [ada, other] = [await addUser(), await addUser({ role: 'support' })]
    const { page } = await openConsole('support')
    await show(page, ada)
    const tab = await page.context().newPage()
    const sent: string[] = []
    page.on('request', (request) => sent.push(request.url()))
    await tab.goto(`${serviceUrl()}/signin?again&next=account`)
    await signIn(tab, other.username, PASSWORD)
    await heading(page, 'Users').waitFor()
    expect(page.url()).toBe(`${serviceUrl()}/admin-console`)
    expect(await page.content()).not.toContain(ada.username)
    expect(sent.filter((url) => url.includes(ada.id))).toEqual([])
    await goBack(page)
    await page.waitForLoadState('networkidle')
    expect(sent.filter((url) => url.includes(ada.id))).toEqual([])
  })

  test('is noticed by the service if the tab has missed it', async () => {
    const [ada, other] = [await addUser(), await addUser({ role: 'support' })]
    const { page } = await openConsole('support', { known: /409/ })
    await show(page, ada)
    const cookie = (await page.context().cookies()).find(({ name }) => name === '__Host-refresh')
    const response = await fetch(`${serviceUrl()}/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify({ username: other.username, password: PASSWORD, session: 'cookie' }),
    })
    const [, value = ''] = /__Host-refresh=([^;]+)/.exec(String(response.headers.get('set-cookie'))) ?? []
    await page.context().addCookies([{ ...Object(cookie), value }])
    await change(page, 'Disable')
    await heading(page, 'Users').waitFor()
    expect(page.url()).toBe(`${serviceUrl()}/admin-console`)
    expect((await storeOf(shared()).user(ada.username)).disabled).toBe(false)
  })

  test('who signs out leads to the sign-in, and back to the same user', async () => {
    const ada = await addUser()
    const { page, username } = await openConsole('support')
    await show(page, ada)
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin`)
    await press(tab, 'Sign out')
    await heading(page, 'Sign in').waitFor()
    await signIn(page, username, PASSWORD)
    await heading(page, ada.username).waitFor()
  })
})

test('a role that is taken while the page is open ends in words', async () => {
  const ada = await addUser()
  const { page, username } = await openConsole('support')
  await show(page, ada)
  await storeOf(shared()).change(username, { role: 'user' })
  await change(page, 'Disable')
  await page.getByText('Your role').first().waitFor()
  expect(await page.locator('main').textContent()).not.toContain(ada.username)
  expect(await page.locator('dialog[open]').count()).toBe(0)
  expect((await storeOf(shared()).user(ada.username)).disabled).toBe(false)
})

test('a session that has ended leads to the sign-in, and back', async () => {
  const ada = await addUser()
  const { page, username } = await openConsole('support')
  await show(page, ada)
  const refreshes: string[] = []
  page.on('request', (request) => request.url().endsWith('/refresh') && refreshes.push(request.url()))
  const store = storeOf(shared())
  await store.setHash(username, (await store.user(username)).passwordHash ?? '')
  await page.context().clearCookies()
  await change(page, 'Disable')
  await heading(page, 'Sign in').waitFor()
  expect(refreshes.length).toBeGreaterThan(0)
  await signIn(page, username, PASSWORD)
  await heading(page, ada.username).waitFor()
})

test('who has no rights gets a sentence', async () => {
  const ada = await addUser()
  const { page } = await openConsole('support')
  await page.context().clearCookies()
  await page.goto(`${serviceUrl()}/signin?next=admin-console`)
  await signIn(page, ada.username, PASSWORD)
  await page.getByText('Your role may not administer accounts.').waitFor()
})

describe('a game', () => {
  test('of clicks or a held key on the button of the dialog changes nothing, and the first one after a pause does', async () => {
    const ada = await addUser()
    const { page } = await openConsole('support')
    await show(page, ada)
    const sent = changesOf(page)
    await pauseClock(page)
    await press(page, 'Disable')
    const box = Object(await page.locator('#confirm').boundingBox())
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    for (let ms = 0; ms < 10_000; ms += 250) {
      await page.mouse.click(x, y)
      await page.clock.runFor(250)
    }
    await page.locator('#confirm').focus()
    for (let ms = 0; ms < 10_000; ms += 250) {
      await page.keyboard.down('Enter')
      await page.clock.runFor(250)
    }
    await page.keyboard.up('Enter')
    expect(sent).toEqual([])
    await page.clock.runFor(1_000)
    await page.mouse.click(x, y)
    await says(page, 'The user is disabled.')
    expect(sent).toEqual(['PATCH /admin-api/users/{id}'])
  })

  test('in a frame has no page: it asks for nothing', async () => {
    const { page } = await openConsole('support', { known: /frame|ERR_BLOCKED/i, origins: [shop.origin] })
    const sent: string[] = []
    page.on('request', (request) => sent.push(new URL(request.url()).pathname))
    const refused = page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'))
    await page.goto(shop.pageOf(`${serviceUrl()}/admin-console`, 'frame'))
    await refused
    // Also in a browser that does not know the policy.
    await page.route('**/admin-console', async (route) => {
      const response = await route.fetch()
      const { 'content-security-policy': _, ...headers } = response.headers()
      await route.fulfill({ response, headers })
    })
    await page.goto(shop.pageOf(`${serviceUrl()}/admin-console`, 'frame'))
    await page.frameLocator('iframe').getByText('This page does not work inside another page.').waitFor()
    expect(sent.filter((path) => /admin-api|refresh/.test(path))).toEqual([])
  })

  test('with a prerendered page does not start it', async () => {
    const { page } = await openConsole('support')
    const sent: string[] = []
    page.on('request', (request) => sent.push(new URL(request.url()).pathname))
    await page.addInitScript(`Object.defineProperty(document, 'prerendering', { value: true })`)
    await page.reload()
    await heading(page, 'Console').waitFor()
    await page.waitForLoadState('networkidle')
    expect(sent.filter((path) => /admin-api|refresh/.test(path))).toEqual([])
    await page.evaluate('document.dispatchEvent(new Event("prerenderingchange"))')
    await heading(page, 'Users').waitFor()
  })
})

test('a page from the back/forward cache loads again', async () => {
  const { page } = await openConsole('support')
  await Promise.all([
    page.waitForEvent('load'),
    page.evaluate('void dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }))'),
  ])
  await heading(page, 'Users').waitFor()
})
