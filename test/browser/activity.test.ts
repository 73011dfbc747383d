import { decodeJwt } from 'jose'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { ACCOUNT, NEXT_PASSWORD, openAccount, PASSWORD, post, register, serviceUrl } from './accounts.ts'
import { expectFocus, heading, inspect, LOOKS, press, signIn, useBrowser } from './browser.ts'
import { addApp, dialog, fillIn } from './factors.ts'

useBrowser()

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1'
const EVENTS = /\/me\/events(\?|$)/
const CURSOR = Buffer.from('2026-11-24T15:00:00.000Z#AbCdEfGhIjKlMnOpQrStUw').toString('base64url')
/** Longer than the life of a token. */
const NIGHT_MS = 35 * 60_000

test('the page shows what happened, and a change at once', async () => {
  const { name } = await register()
  expect(await signInElsewhere(name, 'wrong')).toBe(401)
  expect(await signInElsewhere(name)).toBe(200)
  const page = await openAccount(name)
  await lines(page).first().waitFor()
  expect(await sentences(page)).toEqual([
    'Signed in with your password',
    'Signed in with your password',
    'Signed in with your password',
    'Account created',
  ])
  await lines(page).nth(1).getByText('After 1 wrong password').waitFor()
  await lines(page)
    .nth(1)
    .getByText(/^127\.0\.0\.1 · Safari on iPhone · .*20\d\d.*\d:\d\d/)
    .waitFor()
  expect(await more(page).isVisible()).toBe(false)

  await page.getByRole('link', { name: 'Choose another password' }).click()
  await page.locator('#old-password').fill(PASSWORD)
  await page.locator('#new-password').fill(NEXT_PASSWORD)
  await page.keyboard.press('Enter')
  await lines(page).first().getByText('Password changed').waitFor()
  expect(await lines(page).count()).toBe(5)
})

test('events of others have no source, and what is unknown is text', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const hostile = '<img src=x onerror=alert(1)>'
  const events = [
    eventOf({ type: 'user.updated', changes: ['role'], detail: 'admin', by: 'operator' }),
    eventOf({ type: 'factor.required', detail: 'second-factor', by: 'system' }),
    eventOf({ type: 'session.ended', detail: 'replaced', by: 'other' }),
    eventOf({ type: hostile, detail: hostile, by: hostile, changes: [hostile], userAgent: hostile }),
    eventOf({ sourceIp: hostile, userAgent: hostile.repeat(9) }),
  ]
  await reloadWith(page, () => ({ json: { events } }))
  await lines(page).nth(4).waitFor()
  const shown = (await lines(page).allInnerTexts()).map((text) =>
    text.replaceAll(/\s+/g, ' ').replace(/ ?Nov 2[45].*/, ''),
  )
  expect(shown).toEqual([
    'Permissions changed: admin By an operator ·',
    'Correct password, without the second factor By the service ·',
    'Session ended: replaced by another sign-in By another user ·',
    'Other activity',
    `Signed in ${hostile} · ${hostile.repeat(9).slice(0, 80)} ·`,
  ])
  expect(await page.locator('#events img').count()).toBe(0)
})

/** Signs out, and in again with the password and a code. */
async function signInAgain(page: Page, name: string, code: string): Promise<void> {
  await press(page, 'Sign out', 'You are signed out')
  await page.getByRole('link', { name: 'Sign in' }).click()
  await signIn(page, name, PASSWORD)
  await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
  await fillIn(page, 'Code from your authenticator app', code, 'Continue')
  await heading(page, ACCOUNT).waitFor()
  await lines(page).first().waitFor()
}

test('an own sign-in in two steps is one line, and a stranger with the password has source and browser', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const { nextCode } = await addApp(page)
  await signInAgain(page, name, nextCode())
  const own = [
    'Signed in with your password and authenticator app',
    'Session ended: signed out',
    'Authenticator app added',
    'Signed in with your password',
    'Signed in with your password',
    'Account created',
  ]
  expect(await sentences(page)).toEqual(own)
  expect(await signInElsewhere(name)).toBe(200)
  await page.reload()
  await lines(page).nth(own.length).waitFor()
  expect(await sentences(page)).toEqual(['Correct password, without the second factor', ...own])
  await lines(page)
    .first()
    .getByText(/^127\.0\.0\.1 · Safari on iPhone · .*20\d\d/)
    .waitFor()
  for (const { width, colorScheme } of LOOKS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    await page.evaluate('Promise.all(document.getAnimations().map(({ finished }) => finished))')
    await inspect(page, `account-two-steps-${width}-${colorScheme}`)
  }
})

test.each(['Sign out', 'Sign out everywhere'])(
  'after %s the document has nothing of the user, also after a late response',
  async (button) => {
    const { name, address } = await register()
    expect(await signInElsewhere(name)).toBe(200)
    const page = await openAccount(name)
    await lines(page).first().waitFor()
    const known = [name, address, 'iPhone', '127.0.0.1', 'Signed in with your password', 'Account created']
    const everything = () =>
      page.evaluate<string>(
        `document.documentElement.outerHTML + [...document.querySelectorAll('input')].map((input) => input.value)`,
      )
    for (const text of known) expect(await everything()).toContain(text)

    const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
    await page.route(EVENTS, async (route) => {
      const response = await route.fetch()
      await isReleased
      await route.fulfill({ response })
    })
    await Promise.all([page.waitForRequest(EVENTS), page.reload()])
    await page.locator('#sessions li', { hasText: 'iPhone' }).waitFor()
    await press(page, button, button === 'Sign out' ? 'You are signed out' : 'You are signed out everywhere')
    const late = page.waitForResponse(EVENTS)
    release()
    await late
    // The page has the response before this.
    await page.evaluate('fetch("openapi.json").then((response) => response.text())')
    for (const text of known) expect(await everything()).not.toContain(text)
  },
)

test('a long list is shown in parts of ten, and by the pages of the service', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const asked: (string | null)[] = []
  await reloadWith(page, (after) => {
    asked.push(after)
    const [from, count] = after === null ? [0, 12] : [12, 3]
    const events = Array.from({ length: count }, (_, index) => signInOf(from + index))
    return { json: { events, ...(after === null && { next: 'a/b' }) } }
  })
  const devices = async () =>
    (await page.locator('#events p').allTextContents()).map((text) => Number(/device (\d+)/.exec(text)?.[1]))
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)
  await lines(page).first().waitFor()
  expect(await devices()).toEqual(numbers(10))
  // With the keyboard, which stays where it is.
  await more(page).focus()
  await page.keyboard.press('Enter')
  await expect.poll(devices).toEqual(numbers(12))
  await expectFocus(page, 'more-events')
  expect(asked).toEqual([null])
  await page.keyboard.press('Enter')
  await expect.poll(devices).toEqual(numbers(15))
  expect(asked).toEqual([null, 'a/b'])
  expect(await more(page).isVisible()).toBe(false)
})

describe('without events', () => {
  test('the page says that nothing is recorded', async () => {
    const { name } = await register()
    const page = await openAccount(name)
    await reloadWith(page, () => ({ json: { events: [] } }))
    await notice(page, 'Nothing is recorded yet.')
    expect(await more(page).isVisible()).toBe(false)
  })

  test('because of an outage, the page shows that, and everything else', async () => {
    const { name } = await register()
    const page = await openAccount(name)
    const detail = 'The service is temporarily unavailable. Try again shortly.'
    await reloadWith(page, () => ({ status: 503, json: { detail } }))
    await notice(page, detail)
    expect(await page.locator('#notice-events').getAttribute('role')).toBe('alert')
    await page.locator('#sessions li').first().waitFor()
    await press(page, 'Sign out', 'You are signed out')
  })

  test('because the network is lost, the page keeps what it shows, and the button works later', async () => {
    const { name } = await register()
    const page = await openAccount(name, { known: /ERR_INTERNET_DISCONNECTED|ERR_FAILED/ })
    await reloadWith(page, (after) => ({
      json: after === null ? { events: [signInOf(1)], next: 'ab' } : { events: [signInOf(2)] },
    }))
    await lines(page).first().waitFor()
    await page.unroute(EVENTS)
    await page.route(EVENTS, (route) => route.abort())
    await more(page).click()
    await notice(page, 'The service did not respond. Try again.')
    expect(await lines(page).count()).toBe(1)
    await page.unroute(EVENTS)
    await page.route(EVENTS, (route) => route.fulfill({ json: { events: [signInOf(2)] } }))
    await more(page).click()
    await lines(page).nth(1).waitFor()
    expect(await page.locator('#notice-events').textContent()).toBe('')
  })
})

test('the hint leads to what helps, with the keyboard', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const follow = async (link: string) => {
    await page.getByRole('link', { name: link }).focus()
    await page.keyboard.press('Enter')
  }
  await follow('sign out everywhere')
  await expectFocus(page, 'sign-out-everywhere')
  await follow('Choose another password')
  await page.locator('#old-password').waitFor()
  await page.keyboard.press('Tab')
  await expectFocus(page, 'old-password')
})

describe('two users in one browser', () => {
  const signInAs = (username: string) =>
    `import('./client.js').then(({ createAuth }) =>
      createAuth({ url: '.' }).signIn(${JSON.stringify({ username, password: PASSWORD })}))`

  test('a late response about the user before is not shown', async () => {
    const [ada, bob] = [await register(), await register()]
    expect(await signInElsewhere(ada.name)).toBe(200)
    const page = await openAccount(ada.name)
    await lines(page).first().waitFor()
    const tab = await page.context().newPage()
    await tab.goto(`${serviceUrl()}/signin`)
    await heading(tab, `Signed in as ${ada.name}`).waitFor()

    let release = () => {}
    const isReleased = new Promise<void>((resolve) => {
      release = resolve
    })
    const held = new Promise<void>((resolve) => {
      page.route(
        EVENTS,
        async (route) => {
          const response = await route.fetch()
          resolve()
          await isReleased
          await route.fulfill({ response }).catch(() => undefined)
        },
        { times: 1 },
      )
    })
    await page.reload()
    await held
    await tab.evaluate(signInAs(bob.name))
    await page.locator('#username', { hasText: bob.name }).waitFor()
    release()
    await expect
      .poll(() => sentences(page))
      .toEqual(['Signed in with your password', 'Signed in with your password', 'Account created'])
    expect(await page.locator('#events', { hasText: 'iPhone' }).count()).toBe(0)
  })

  test('the page asks for nothing more of the user before, without a message from another tab', async () => {
    const [ada, bob] = [await register(), await register()]
    const page = await openAccount(ada.name)
    await reloadWith(page, () => ({ json: { events: [signInOf(1)], next: 'ab' } }))
    await lines(page).first().waitFor()
    await page.unroute(EVENTS)
    const sent: string[] = []
    page.on('request', (request) => {
      const [, token] = /^Bearer (.+)$/.exec(request.headers().authorization ?? '') ?? []
      const { pathname, search } = new URL(request.url())
      if (token && pathname === '/me/events') sent.push(`${search} ${decodeJwt(token).username}`)
    })
    await page.evaluate(
      (body) =>
        fetch('login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }).then(
          () => '',
        ),
      JSON.stringify({ username: bob.name, password: PASSWORD, session: 'cookie' }),
    )
    await page.context().clock.setSystemTime(Date.now() + NIGHT_MS)
    await more(page).click()
    await page.locator('#username', { hasText: bob.name }).waitFor()
    await expect.poll(() => lines(page).count()).toBe(3)
    expect(sent).toEqual([` ${bob.name}`])
    expect(await page.locator('#events', { hasText: /device \d/ }).count()).toBe(0)
  })
})

test('after a sign-out elsewhere, the next page leads to the sign-in', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  await reloadWith(page, () => ({ json: { events: [signInOf(1)], next: CURSOR } }))
  await lines(page).first().waitFor()
  await page.unroute(EVENTS)
  const { body } = await post('login', { username: name, password: PASSWORD })
  const { refreshToken } = JSON.parse(body)
  expect((await post('logout', { refreshToken, everywhere: true })).status).toBe(204)
  await more(page).click()
  await heading(page, 'Sign in').waitFor()
})

test.each(LOOKS)('the activity fits and is accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const { name } = await register()
  const page = await openAccount(name, appearance)
  const events = [
    eventOf({ detail: 'pwd pop mfa', failures: 12, sourceIp: '2001:db8:1234:5678:9abc:def0:1234:5678' }),
    eventOf({ sourceIp: '203.0.113.7', userAgent: 'x'.repeat(256) }),
    eventOf({ type: 'factor.required', by: 'system' }),
    ...Array.from({ length: 9 }, (_, index) => signInOf(index)),
  ]
  await reloadWith(page, () => ({ json: { events } }))
  await more(page).waitFor()
  await inspect(page, `account-activity-${width}-${colorScheme}`)
})

const lines = (page: Page) => page.locator('#events li')

const sentences = (page: Page) => page.locator('#events strong').allTextContents()

const notice = (page: Page, text: string) => page.locator('#notice-events', { hasText: text }).waitFor()

const more = (page: Page) => page.locator('#more-events')

async function signInElsewhere(username: string, password = PASSWORD): Promise<number> {
  const response = await fetch(`${serviceUrl()}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': IPHONE },
    body: JSON.stringify({ username, password }),
  })
  return response.status
}

/** Returns an event as the service shows it. */
const eventOf = (values: object) => ({
  id: 'AbCdEfGhIjKlMnOpQrStUw',
  at: '2026-11-24T15:00:00.000Z',
  type: 'session.created',
  by: 'account',
  via: 'POST /login',
  changes: [],
  ...values,
})

const signInOf = (number: number) =>
  eventOf({ detail: 'pwd', sourceIp: '2001:db8::1', userAgent: `device ${number}` })

/** Gives the page other events, and loads it again. */
async function reloadWith(page: Page, respond: (after: string | null) => { status?: number; json: object }) {
  await page.route(EVENTS, (route) =>
    route.fulfill(respond(new URL(route.request().url()).searchParams.get('after'))),
  )
  await page.reload()
  await heading(page, ACCOUNT).waitFor()
}
