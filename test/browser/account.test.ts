import type { Locator, Page, Route } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT,
  code,
  confirmRegistration,
  INVALID,
  NEXT_PASSWORD,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  post,
  register,
  rows,
  serviceUrl,
} from './accounts.ts'
import {
  alert,
  expectFocus,
  goBack,
  heading,
  inspect,
  LOOKS,
  open,
  press,
  signIn,
  status,
  underStage,
  useBrowser,
} from './browser.ts'

useBrowser()

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1'

let registered: ReturnType<typeof register> | undefined

describe('signing in on the way', () => {
  test('without a session the page leads to /signin, and back to the part that was linked', async () => {
    const ada = await getAda()
    const page = await open(`${serviceUrl()}/docs`)
    await page.goto(`${serviceUrl()}/.well-known/change-password`)
    await heading(page, 'Sign in').waitFor()
    expect(page.url()).toBe(`${serviceUrl()}/signin?next=account%23change-password`)
    await signIn(page, ada.name, PASSWORD)
    await heading(page, ACCOUNT).waitFor()
    expect(page.url()).toBe(`${serviceUrl()}/account#change-password`)
    await page.getByLabel('New password').waitFor()
    // The sign-in page has left no entry in the history.
    await goBack(page)
    expect(page.url()).toBe(`${serviceUrl()}/docs`)
  })

  test('a reload and a new tab stay signed in, and nothing readable is stored', async () => {
    const ada = await getAda()
    const page = await openAccount(ada.name)
    await page.reload()
    await heading(page, ACCOUNT).waitFor()
    await heading(await openTab(page), ACCOUNT).waitFor()
    expect(await page.evaluate('document.cookie')).toBe('')
    expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0])
    const { cookies } = await page.context().storageState({ indexedDB: true })
    expect(cookies).toMatchObject([
      { name: '__Host-refresh', path: '/', httpOnly: true, secure: true, sameSite: 'Strict' },
    ])
  })
})

test('the page shows who one is', async () => {
  const ada = await getAda()
  const facts = (page: Page) =>
    page.locator('.facts').first().locator('> div').filter({ visible: true }).allInnerTexts()
  const page = await openAccount(ada.name)
  expect((await facts(page)).map((text) => text.replaceAll('\n', ' '))).toEqual([
    `Username ${ada.name}`,
    `E-mail address ${ada.address} Verified`,
    'Role user',
  ])
  const demo = await openAccount('admin', { password: 'admin' })
  expect((await facts(demo)).map((text) => text.replaceAll('\n', ' '))).toEqual([
    'Username admin',
    'Role admin',
  ])
})

describe('sessions', () => {
  test('the list shows each device, marks this one, and ends the others', async () => {
    const { name } = await register()
    const hostile = `<img src=x onerror=alert(1)>${'x'.repeat(300)}`
    const [phone, other] = [await signInElsewhere(name), await signInElsewhere(name, hostile)]
    const page = await openAccount(name)
    const own = rows(page).filter({ hasText: 'This device' })
    expect(await own.getByRole('button').count()).toBe(0)
    // The registration has a session too: its client has no known name.
    const others = [hostile.slice(0, 80), 'Safari on iPhone', 'Unknown device']
    expect((await names(page)).toSorted()).toEqual([...others, 'Chrome on Linux'].toSorted())
    await inspect(page, 'account-sessions')

    await page.getByRole('button', { name: 'End session: Safari on iPhone' }).click()
    await status(page, 'The session has ended.')
    await expectFocus(page, 'sessions-title')
    expect((await names(page)).toSorted()).toEqual(
      [hostile.slice(0, 80), 'Chrome on Linux', 'Unknown device'].toSorted(),
    )
    expect(await refreshStatus(phone.refreshToken)).toBe(401)
    expect(await refreshStatus(other.refreshToken)).toBe(200)
  })

  test('a session that has ended elsewhere leaves the list', async () => {
    const { name } = await register()
    const { refreshToken } = await signInElsewhere(name)
    const page = await openAccount(name)
    expect((await post('logout', { refreshToken })).status).toBe(204)
    await page.getByRole('button', { name: 'End session: Safari on iPhone' }).click()
    await status(page, 'The session has ended.')
    // Sessions of one second have no order.
    expect((await names(page)).toSorted()).toEqual(['Chrome on Linux', 'Unknown device'])
  })

  test('a long list has pages', async () => {
    const ada = await getAda()
    const page = await openAccount(ada.name)
    const session = (index: number) => ({
      id: `0000000${index}`,
      createdAt: '2026-11-24T15:00:00.000Z',
      lastUsedAt: '2026-11-24T17:00:00.000Z',
      expiresAt: '2026-12-24T15:00:00.000Z',
      sourceIp: '2001:db8::1',
      userAgent: `device ${index}`,
      current: index === 1,
    })
    await page.route(/\/sessions(\?|$)/, (route) => {
      const after = new URL(route.request().url()).searchParams.get('after')
      const json =
        after === null ? { sessions: [session(1), session(2)], next: 'a/b' } : { sessions: [session(3)] }
      expect(after === null || after === 'a/b').toBe(true)
      return route.fulfill({ json })
    })
    await page.reload()
    await press(page, 'Show more')
    await page.getByText('device 3').waitFor()
    expect(await names(page)).toEqual(['device 1', 'device 2', 'device 3'])
    expect(await page.getByRole('button', { name: 'Show more' }).count()).toBe(0)
    await rows(page)
      .nth(2)
      .getByText(/^2001:db8::1 · Signed in .*2026.*, last used .*2026/)
      .waitFor()
  })

  test('signing out ends this session only, and signing out everywhere all of them', async () => {
    const { name } = await register()
    const { refreshToken } = await signInElsewhere(name)
    const page = await openAccount(name)
    await press(page, 'Sign out', 'You are signed out')
    expect(await page.context().cookies()).toEqual([])
    expect(await refreshStatus(refreshToken)).toBe(200)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, name, PASSWORD)
    await heading(page, ACCOUNT).waitFor()
    await press(page, 'Sign out everywhere', 'You are signed out everywhere')
    expect(await page.context().cookies()).toEqual([])
    expect(await refreshStatus((await signInElsewhere(name)).refreshToken)).toBe(200)
    expect(await refreshStatus(refreshToken)).toBe(401)
    await page.reload()
    await heading(page, 'Sign in').waitFor()
  })
})

test('a new password needs the current one, and ends all other sessions', async () => {
  const { name } = await register()
  const { refreshToken } = await signInElsewhere(name)
  const page = await openAccount(name)
  const { fill, press, alert, fault } = await openPart(page, 'Change password')
  await fill('Current password', 'wrong')
  await fill('New password', 'short')
  await press('Change password')
  await fault(
    'New password',
    'Must be at least 15 characters. At least 15 characters, such as four random words.',
  )
  await expectFocus(page, 'new-password')
  await fill('New password', NEXT_PASSWORD)
  await press('Change password')
  await fault('Current password', 'Incorrect password.')
  await expectFocus(page, 'old-password')
  expect(await rows(page).count()).toBe(3)

  await fill('Current password', PASSWORD)
  await press('Change password')
  await alert('Your password was changed. Your other sessions have ended.')
  await expect.poll(() => names(page)).toEqual(['Chrome on Linux'])
  expect(await page.getByLabel('New password').inputValue()).toBe('')
  expect(await refreshStatus(refreshToken)).toBe(401)
  expect(await loginStatus(name, PASSWORD)).toBe(401)
  expect(await loginStatus(name, NEXT_PASSWORD)).toBe(200)
  await page.reload()
  await heading(page, ACCOUNT).waitFor()
})

describe('a new address', () => {
  test('is confirmed with the code, after a wrong password and a wrong code', async () => {
    const { name, address } = await register()
    const moved = newName().address
    const page = await openAccount(name)
    const { shown, fill, press, alert, fault } = await openPart(page, 'Change e-mail address')
    await fill('New e-mail address', moved)
    await fill('Current password', 'wrong')
    await press('Send mail')
    await fault('Current password', 'Incorrect password.')
    await fill('Current password', PASSWORD)
    await press('Send mail')
    await shown.getByText(`We sent a mail to ${moved}.`).waitFor()
    await expectFocus(page, 'code')
    const mail = await nextMail(moved)
    await code(page).fill(mail.code === '00000000' ? '11111111' : '00000000')
    await press('Confirm the address')
    await alert(INVALID)
    await page.getByText(`${address} Verified`).waitFor()
    await code(page).fill(`${mail.code.slice(0, 4)} ${mail.code.slice(4)}`)
    await press('Confirm the address')
    await alert(`Mails go to ${moved} from now on.`)
    await page.getByText(`${moved} Verified`).waitFor()
    expect(await loginStatus(moved, PASSWORD)).toBe(200)
    expect(await loginStatus(address, PASSWORD)).toBe(401)
  })

  test('appears when its link was opened in another tab, which leads to the account', async () => {
    const { name } = await register()
    const moved = newName().address
    const page = await openAccount(name)
    const { fill, press: send, alert: shows } = await openPart(page, 'Change e-mail address')
    await fill('New e-mail address', moved)
    await fill('Current password', PASSWORD)
    await send('Send mail')
    const tab = await openTab(page)
    await tab.goto((await nextMail(moved)).link)
    await press(tab, 'Confirm the address', 'Your address was confirmed')
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    await shows(`Mails go to ${moved} from now on.`)
    await tab.getByRole('link', { name: 'Go to your account' }).click()
    await tab.getByText(`${moved} Verified`).waitFor()
  })

  test('that got an account meanwhile is refused, and the user can start again', async () => {
    const { name } = await register()
    const { address } = newName()
    const page = await openAccount(name)
    const { shown, fill, press, alert } = await openPart(page, 'Change e-mail address')
    await fill('New e-mail address', address)
    await fill('Current password', PASSWORD)
    await press('Send mail')
    await shown.getByText(`We sent a mail to ${address}.`).waitFor()
    const mail = await nextMail(address)
    await post('register', { email: address })
    await confirmRegistration((await nextMail(address)).link)
    await code(page).fill(mail.code)
    await press('Confirm the address')
    await alert('This address already has an account.')
    await press('Start again')
    await expectFocus(page, 'new-email')
    expect(await shown.getByLabel('New e-mail address').inputValue()).toBe('')
  })
})

test('deleting the account needs the password, says what is lost, and signs out all tabs', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const tab = await openTab(page)
  await heading(tab, ACCOUNT).waitFor()
  const { shown, fill, press, fault } = await openPart(page, 'Delete account')
  await shown.getByText('Your account, its login names and all its sessions are deleted at once.').waitFor()
  await fill('Current password', 'wrong')
  await press('Delete account')
  await fault('Current password', 'Incorrect password.')
  await fill('Current password', PASSWORD)
  await press('Delete account')
  await heading(page, 'Your account was deleted').waitFor()
  expect(await page.context().cookies()).toEqual([])
  await heading(tab, 'Sign in').waitFor()
  expect(await loginStatus(name, PASSWORD)).toBe(401)
})

describe('several tabs', () => {
  test('signing out in one tab leads the others to /signin, and signing in there leads back', async () => {
    const ada = await getAda()
    const page = await openAccount(ada.name)
    const tab = await openTab(page)
    await heading(tab, ACCOUNT).waitFor()
    await press(page, 'Sign out', 'You are signed out')
    await heading(tab, 'Sign in').waitFor()
    await signIn(tab, ada.name, PASSWORD)
    await heading(tab, ACCOUNT).waitFor()
  })

  test('a tab follows when another user signs in, and discards what was typed', async () => {
    const ada = await getAda()
    const other = await register()
    const page = await openAccount(ada.name)
    const tab = await openTab(page, 'signin')
    await heading(tab, `Signed in as ${ada.name}`).waitFor()
    const { fill } = await openPart(page, 'Change password')
    await fill('Current password', PASSWORD)
    await tab.evaluate(`import('./client.js').then(({ createAuth }) =>
      createAuth({ url: '.' }).signIn(${JSON.stringify({ username: other.name, password: PASSWORD })}))`)
    await page.locator('#username', { hasText: other.name }).waitFor()
    await heading(tab, `Signed in as ${other.name}`).waitFor()
    expect(await page.locator('#old-password').inputValue()).toBe('')
  })
})

test('a session that ends elsewhere leads to /signin at the next request', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  const { refreshToken } = await signInElsewhere(name)
  expect((await post('logout', { refreshToken, everywhere: true })).status).toBe(204)
  const { fill, press } = await openPart(page, 'Change password')
  await fill('Current password', PASSWORD)
  await fill('New password', NEXT_PASSWORD)
  await press('Change password')
  await heading(page, 'Sign in').waitFor()
  expect(new URL(page.url()).searchParams.get('next')).toBe('account')
  expect(await loginStatus(name, PASSWORD)).toBe(200)
})

/** Clicks twice on a button. The service gets the request after the second click, before which the page could change. */
async function doubleClick(page: Page, button: Locator, path: RegExp): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const hold = async (held: Route) => {
    await promise
    await held.continue()
  }
  await page.route(path, hold, { times: 1 })
  await button.dblclick()
  resolve()
}

test('a double click sends one request', async () => {
  const { name } = await register()
  await signInElsewhere(name)
  const page = await openAccount(name)
  const requests = record(page)
  const end = page.getByRole('button', { name: 'End session: Safari on iPhone' })
  await doubleClick(page, end, /\/sessions\/.+$/)
  await status(page, 'The session has ended.')
  const { shown, fill, alert } = await openPart(page, 'Change password')
  await fill('Current password', PASSWORD)
  await fill('New password', NEXT_PASSWORD)
  await doubleClick(page, shown.getByRole('button', { name: 'Change password' }), /\/password$/)
  await alert('Your password was changed.')
  await expect.poll(() => rows(page).count()).toBe(1)
  await doubleClick(page, page.getByRole('button', { name: 'Sign out', exact: true }), /\/logout$/)
  await heading(page, 'You are signed out').waitFor()
  const [first, ...others] = requests.filter((request) => request !== 'POST /refresh')
  expect(first).toMatch(/^DELETE \/sessions\//)
  expect(others).toEqual(['PUT /password', 'POST /logout'])
})

describe('with an outage', () => {
  test('without a network the page shows that, keeps what was typed, and works again', async () => {
    const { name } = await register()
    await signInElsewhere(name)
    const page = await openAccount(name, { known: /ERR_INTERNET_DISCONNECTED/ })
    const { fill, press: send, alert: shows } = await openPart(page, 'Change password')
    await fill('Current password', PASSWORD)
    await fill('New password', NEXT_PASSWORD)
    await page.context().setOffline(true)
    await send('Change password')
    await shows('The service did not respond. Try again.')
    await page.getByRole('button', { name: 'End session: Safari on iPhone' }).click()
    await page.locator('#notice-sessions', { hasText: 'The service did not respond.' }).waitFor()
    await press(page, 'Sign out')
    await alert(page, 'You are still signed in. The service did not respond. Try again.')
    await page.context().setOffline(false)
    await send('Change password')
    await shows('Your password was changed.')
    await press(page, 'Sign out', 'You are signed out')
  })

  test('a page that cannot load the account offers to try again', async () => {
    const ada = await getAda()
    const page = await openAccount(ada.name)
    const detail = 'The service is temporarily unavailable. Try again shortly.'
    await page.route('**/me', (route) => route.fulfill({ status: 503, json: { detail } }))
    await page.reload()
    await alert(page, detail)
    await inspect(page, 'account-unavailable')
    await page.unroute('**/me')
    await press(page, 'Try again')
    await page.locator('#username', { hasText: ada.name }).waitFor()
  })
})

describe('the back/forward cache', () => {
  /** Opens the account, and leaves it by a link. */
  async function leaveAccount(username: string) {
    const page = await openAccount(username)
    await page.evaluate(`addEventListener('pageshow', ({ persisted }) => {
      document.title = persisted ? 'Restored' : 'Loaded' })`)
    await page.goto(`${serviceUrl()}/forgot`)
    return page
  }

  test('shows the account of a user who is still signed in', async () => {
    const ada = await getAda()
    const page = await leaveAccount(ada.name)
    await goBack(page)
    await expect.poll(() => page.title()).toBe('Restored')
    await heading(page, ACCOUNT).waitFor()
    await openPart(page, 'Delete account')
  })

  test('shows nothing of a session that ended elsewhere meanwhile', async () => {
    const { name } = await register()
    const page = await leaveAccount(name)
    const { refreshToken } = await signInElsewhere(name)
    expect((await post('logout', { refreshToken, everywhere: true })).status).toBe(204)
    await goBack(page)
    await heading(page, 'Sign in').waitFor()
  })

  test('shows nothing after signing out in another tab', async () => {
    const ada = await getAda()
    const page = await leaveAccount(ada.name)
    const tab = await openTab(page)
    await press(tab, 'Sign out', 'You are signed out')
    await goBack(page)
    await heading(page, 'Sign in').waitFor()
  })
})

test('the page works with the keyboard alone', async () => {
  const { name } = await register()
  await signInElsewhere(name)
  const page = await openAccount(name)
  const focused = () =>
    page.evaluate<string>('(document.activeElement.ariaLabel || document.activeElement.innerText).trim()')
  const tabTo = async (name: string) => {
    for (let time = 0; time < 30; time += 1) {
      await page.keyboard.press('Tab')
      if ((await focused()).startsWith(name)) return
    }
    throw new Error(`Tab does not reach ${name}`)
  }
  await tabTo('End session: Safari on iPhone')
  await page.keyboard.press('Enter')
  await status(page, 'The session has ended.')
  await tabTo('Change password')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Space')
  expect(await page.getByLabel('Current password').first().getAttribute('type')).toBe('text')
  await page.keyboard.press('Tab')
  await page.keyboard.type(NEXT_PASSWORD)
  await page.keyboard.press('Enter')
  await alert(page, 'Your password was changed.')
  await tabTo('Delete account')
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.type(NEXT_PASSWORD)
  await page.keyboard.press('Enter')
  await heading(page, 'Your account was deleted').waitFor()
  await expectFocus(page, 'done-title')
  expect(await loginStatus(name, NEXT_PASSWORD)).toBe(401)
})

test('password managers recognise the fields', async () => {
  const ada = await getAda()
  const page = await openAccount(ada.name)
  const fields = await page.evaluate<string[]>(`[...document.querySelectorAll('input')].map(
    ({ name, type, autocomplete, value }) => [name, type, autocomplete, value].join(' ').trim())`)
  expect(fields).toEqual([
    `username text username ${ada.name}`,
    'currentPassword password current-password',
    'newPassword password new-password',
    'email email email',
    'currentPassword password current-password',
    'code text one-time-code',
    `username text username ${ada.name}`,
    'currentPassword password current-password',
    // The dialogs: before a change, for its proof by a mail, for a second factor, and for a new authenticator app.
    `username text username ${ada.name}`,
    'name text off',
    'currentPassword password current-password',
    'code text one-time-code',
    'code text one-time-code',
    'code text off',
    'code text one-time-code',
  ])
})

test('under the path of a stage the page sends every request to that path', async () => {
  const ada = await getAda()
  const page = await open(`${serviceUrl()}/docs`)
  const requested = await underStage(page)
  await page.goto(`${serviceUrl()}/prod/account`)
  await signIn(page, ada.name, PASSWORD)
  await heading(page, ACCOUNT).waitFor()
  await rows(page).first().waitFor()
  await press(page, 'Sign out', 'You are signed out')
  const expected = ['account', 'signin', 'login', 'me', 'sessions', 'me/events', 'refresh', 'logout']
  expect(requested).toEqual(expect.arrayContaining(expected.map((name) => `/prod/${name}`)))
  expect(requested.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

test('without mail the page has no part for the address', async () => {
  const ada = await getAda()
  const page = await open(`${serviceUrl()}/docs`)
  // The local service always has mail.
  await page.route('**/account', async (route) => {
    const body = await (await route.fetch()).text()
    await route.fulfill({ body: body.replace(/<details class="card" id="change-email">.*?<\/details>/s, '') })
  })
  await page.goto(`${serviceUrl()}/account`)
  await signIn(page, ada.name, PASSWORD)
  await heading(page, ACCOUNT).waitFor()
  expect(await page.locator('summary').allInnerTexts()).toEqual(['Change password', 'Delete account'])
  await press(page, 'Sign out', 'You are signed out')
})

test('over the limit the page shows how long to wait, and when the wait is over', async () => {
  const ada = await getAda()
  const page = await openAccount(ada.name)
  const detail = 'Too many failed attempts. Try again later.'
  await page.route('**/me', (route) =>
    route.fulfill({ status: 429, headers: { 'Retry-After': '900' }, json: { detail } }),
  )
  const { shown, fill, press, alert } = await openPart(page, 'Delete account')
  await fill('Current password', 'wrong')
  await press('Delete account')
  await alert(detail)
  await status(page, 'Try again in 15 minutes.')
  expect(await shown.locator('.wait').textContent()).toMatch(/^Try again in (15:00|14:\d\d)$/)
  await inspect(page, 'account-throttled')
  await page.clock.fastForward(900_000)
  await shown.getByText('You can try again now.').waitFor()
  expect(await shown.locator('.wait').isVisible()).toBe(false)
})

test.each(LOOKS)('the page fits and is accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const { name } = await register()
  await signInElsewhere(name, `<b>${'x'.repeat(200)}`)
  const page = await openAccount(name, appearance)
  const take = (state: string) => inspect(page, `account-own-${state}-${width}-${colorScheme}`)
  await take('closed')
  const password = await openPart(page, 'Change password')
  await password.fill('Current password', 'wrong')
  await password.fill('New password', 'short')
  await password.press('Change password')
  await page.getByText('Must be at least 15 characters.').waitFor()
  const email = await openPart(page, 'Change e-mail address')
  await openPart(page, 'Delete account')
  await take('open')
  await email.fill('New e-mail address', `${'x'.repeat(40)}@example.org`)
  await email.fill('Current password', PASSWORD)
  await email.press('Send mail')
  await code(page).waitFor()
  await password.fill('Current password', PASSWORD)
  await password.fill('New password', NEXT_PASSWORD)
  await password.press('Change password')
  await password.alert('Your password was changed.')
  await take('changed')
  await press(page, 'Sign out everywhere', 'You are signed out everywhere')
  await take('done')
})

/** Opens another tab of the same browser. */
async function openTab(page: Page, path = 'account'): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/${path}`)
  return tab
}

/** Signs in elsewhere, with a user agent. @returns The tokens. */
async function signInElsewhere(username: string, userAgent = IPHONE, password = PASSWORD) {
  const response = await fetch(`${serviceUrl()}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'User-Agent': userAgent },
    body: JSON.stringify({ username, password }),
  })
  expect(response.status).toBe(200)
  return response.json() as Promise<{ authToken: string; refreshToken: string }>
}

const refreshStatus = async (refreshToken: string) => (await post('refresh', { refreshToken })).status

const loginStatus = async (username: string, password: string) =>
  (await post('login', { username, password })).status

const names = (page: Page) => page.locator('#sessions strong').allTextContents()

const part = (page: Page, name: string) =>
  page.locator('details').filter({ has: page.getByRole('heading', { name, exact: true }) })

/** Opens a part of the page, and returns what is in it. */
async function openPart(page: Page, name: string) {
  const shown = part(page, name)
  await shown.getByRole('heading').click()
  return {
    shown,
    fill: async (label: string, value: string) =>
      shown.getByLabel(label, { exact: true }).filter({ visible: true }).fill(value),
    press: async (button: string) => shown.getByRole('button', { name: button, exact: true }).click(),
    alert: async (text: string) =>
      shown.getByRole('alert').filter({ hasText: text, visible: true }).waitFor(),
    fault: async (label: string, description: string) =>
      shown
        .getByRole('textbox', { name: label, description, exact: true })
        .filter({ visible: true })
        .waitFor(),
  }
}

/** Records the requests of a page that change something. */
function record(page: Page): string[] {
  const requests: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (request.method() !== 'GET') requests.push(`${request.method()} ${pathname}`)
  })
  return requests
}

/** Returns a user for the tests that change nothing about one. */
async function getAda() {
  registered ??= register()
  return registered
}
