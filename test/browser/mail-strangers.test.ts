import type { Page } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import {
  claimsOf,
  code,
  INVALID,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  register,
  rows,
  serviceUrl,
} from './accounts.ts'
import { startAppWithService } from './app-server.ts'
import { alert, heading, open, press, signIn, useBrowser } from './browser.ts'
import { addApp, dialog, fillIn } from './factors.ts'
import { askFor, ELSEWHERE, openSignin, typeCode } from './mail-sign-ins.ts'
import { startClock } from './service-clock.ts'

useBrowser()

// Sign-ins by a mail: with a second factor, with links that an attacker asks for, and from the page of an app. Then the same without
// federation, on a service whose clock is moved.

const MINUTE_MS = 60_000
const clock = startClock()
afterAll(clock.remove)
const other = await startAppWithService(
  () => '<title>App</title>',
  () => ({ federation: 'off' }),
  clock.options,
)

describe('a user with a second factor', () => {
  test.each(['code', 'link'])('is asked for it after the %s of a mail', async (kind) => {
    const { name, address } = await register()
    const account = await openAccount(name)
    const { nextCode } = await addApp(account)
    const page = await openSignin()
    await askFor(page, address)
    const mail = await nextMail(address)
    if (kind === 'code') await typeCode(page, mail.code)
    else {
      await page.goto(mail.link)
      await press(page, 'Sign in')
    }
    await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
    expect(await sessionOf(page)).toBeUndefined()
    await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
    await heading(page, `Signed in as ${name}`).waitFor()
    expect(await claimsOf(page)).toMatchObject({ amr: ['mail', 'otp', 'mfa'], acr: 'aal2' })
    expect(await sessionOf(page)).toBeDefined()
    await account.reload()
    await rows(account).nth(1).waitFor()
    await account.getByText('Signed in by mail and with your authenticator app').first().waitFor()
  })
})

describe('a link that an attacker asked for', () => {
  test('with the own address does not sign in the browser of a visitor', async () => {
    const [eve, ada] = [await register(), await register()]
    const attacker = await openSignin()
    await askFor(attacker, eve.address)
    const { link } = await nextMail(eve.address)
    // The visitor's browser has a key: it has asked for a mail too.
    const visitor = await openSignin()
    await askFor(visitor, ada.address)
    await openLink(visitor, link)
    expect(await sessionOf(visitor)).toBeUndefined()
    await visitor.goto(`${serviceUrl()}/signin`)
    await typeCode(visitor, (await nextMail(ada.address)).code)
    await heading(visitor, `Signed in as ${ada.name}`).waitFor()
    const session = await sessionOf(visitor)
    await openLink(visitor, link)
    expect(await sessionOf(visitor)).toEqual(session)
    await visitor.goto(`${serviceUrl()}/signin`)
    await heading(visitor, `Signed in as ${ada.name}`).waitFor()
    // It is valid where it was asked for.
    await attacker.goto(link)
    await press(attacker, 'Sign in', `Signed in as ${eve.name}`)
  })

  test("with the victim's address signs in neither of both browsers", async () => {
    const { name, address } = await register()
    const owner = await openAccount(name)
    const before = await rows(owner).count()
    const attacker = await openSignin()
    await askFor(attacker, address)
    const { link } = await nextMail(address)
    const victim = await openSignin()
    await openLink(victim, link)
    expect([await sessionOf(victim), await sessionOf(attacker)]).toEqual([undefined, undefined])
    await attacker.reload()
    await heading(attacker, 'Check your mail').waitFor()
    await owner.reload()
    await rows(owner).first().waitFor()
    expect(await rows(owner).count()).toBe(before)
    // The page leads to a mail of the own browser.
    await victim.getByRole('link', { name: 'ask for a new one' }).click()
    await heading(victim, 'Sign in').waitFor()
    await askFor(victim, address)
    await typeCode(victim, (await nextMail(address)).code)
    await heading(victim, `Signed in as ${name}`).waitFor()
  })
})

describe('a script in the page of an app', () => {
  test("cannot sign in its visitor as another user, with that user's mail or second step", async () => {
    const [eve, ada] = [await registerAtOther(), await registerAtOther()]
    const asked = await send('login/mail', { email: eve.address })
    expect(asked.status).toBe(202)
    const { mailId, browserKey } = asked.body
    const { code: digits } = await nextMail(eve.address, other.service.url)

    const visitor = await open(`${other.service.url}/signin`, { origins: [other.origin], known: /./ })
    await signIn(visitor, ada.name, PASSWORD)
    await heading(visitor, `Signed in as ${ada.name}`).waitFor()
    const session = await sessionOf(visitor)
    const app = await open(`${other.origin}/`, { origins: [other.service.url], known: /./ })
    for (const [page, before] of [
      [await inContextOf(visitor, `${other.origin}/`), session],
      [app, undefined],
    ] as const) {
      const cookie = { session: 'cookie' }
      const proof = { mailId, code: digits, browserKey }
      expect(await sendFrom(page, 'login/mail', { email: eve.address, ...cookie })).toEqual(FORBIDDEN)
      expect(await sendFrom(page, 'login/mail/confirm', { ...proof, ...cookie })).toEqual(FORBIDDEN)
      expect(await sessionOf(page)).toEqual(before)
    }
    expect(await sendFrom(app, 'login/mail/confirm', { mailId, code: digits })).toMatchObject({
      status: 401,
      body: { error: 'other_browser' },
    })

    // Eve has a second factor, and begins the sign-in into a cookie on the service's own page.
    const account = await openAccount(eve.name, { origin: other.service.url })
    const { nextCode } = await addApp(account)
    const own = await openSignin('', other.service.url)
    await askFor(own, eve.address)
    const [confirmed] = await Promise.all([
      own.waitForResponse('**/login/mail/confirm'),
      typeCode(own, (await nextMail(eve.address, other.service.url)).code),
    ])
    const { loginToken } = await confirmed.json()
    const last = { loginToken, code: nextCode() }
    const page = await inContextOf(visitor, `${other.origin}/`)
    expect(await sendFrom(page, 'login/totp', last)).toEqual(FOREIGN)
    expect(await sendFrom(app, 'login/totp', last)).toEqual(FOREIGN)
    expect([await sessionOf(page), await sessionOf(app)]).toEqual([session, undefined])
    await visitor.reload()
    await heading(visitor, `Signed in as ${ada.name}`).waitFor()
    await fillIn(own, 'Code from your authenticator app', last.code, 'Continue')
    await heading(own, `Signed in as ${eve.name}`).waitFor()
  })
})

describe('without federation', () => {
  test('a mail signs in by its code and its link, and creates an account', async () => {
    const { name, address } = newName()
    const page = await openSignin('', other.service.url)
    await askFor(page, address)
    await typeCode(page, (await nextMail(address, other.service.url)).code)
    await heading(page, 'Create your account').waitFor()
    await page.locator('#mail-username').fill(name)
    await press(page, 'Create account', `Signed in as ${name}`)
    await press(page, 'Sign out', 'Sign in')
    await askFor(page, address)
    await page.goto((await nextMail(address, other.service.url)).link)
    await press(page, 'Sign in', `Signed in as ${name}`)
    expect(await claimsOf(page)).toMatchObject({ amr: ['mail'], acr: 'aal1' })
  })

  test('an expired code has a message, and an expired link leads to a new mail', async () => {
    const { name, address } = await registerAtOther()
    const page = await openSignin('', other.service.url)
    await askFor(page, address)
    const first = await nextMail(address, other.service.url)
    clock.move(10 * MINUTE_MS)
    await typeCode(page, first.code)
    await alert(page, INVALID)
    await page.getByText('The code is valid for 10 minutes, the link for 60.').waitFor()
    await press(page, 'Send another mail')
    const second = await nextMail(address, other.service.url)
    await typeCode(page, second.code)
    await heading(page, `Signed in as ${name}`).waitFor()
    await press(page, 'Sign out', 'Sign in')
    await page.goto(first.link)
    await press(page, 'Sign in', `Signed in as ${name}`)

    await press(page, 'Sign out', 'Sign in')
    await askFor(page, address)
    const { link } = await nextMail(address, other.service.url)
    clock.move(60 * MINUTE_MS)
    await page.goto('about:blank')
    await page.goto(link)
    await press(page, 'Sign in')
    await alert(page, INVALID)
    await page.getByRole('link', { name: 'ask for a new one' }).click()
    await heading(page, 'Check your mail').waitFor()
    await press(page, 'Send another mail')
    await code(page).fill((await nextMail(address, other.service.url)).code)
    await press(page, 'Continue', `Signed in as ${name}`)
  })
})

const refusal = (detail: string) => ({ status: 403, body: expect.objectContaining({ detail }) })
const FORBIDDEN = refusal('This request needs the header Sec-Fetch-Site: same-origin.')
const FOREIGN = refusal('The session cookie needs an Origin that the service allows by name.')

/** Opens the link of a mail that another browser asked for: the page refuses it. */
async function openLink(page: Page, link: string): Promise<void> {
  await page.goto('about:blank')
  await page.goto(link)
  await press(page, 'Sign in')
  await alert(page, ELSEWHERE)
}

/** Returns the selector of the session in the browser of a page, or nothing. Each page that is opened changes the secret after it. */
const sessionOf = async (page: Page) =>
  (await page.context().cookies())
    .find(({ name }) => name === '__Host-refresh')
    ?.value.replace(/\.[^.]*$/, '')

/** Opens a tab of another page's browser. */
async function inContextOf(page: Page, url: string): Promise<Page> {
  const tab = await page.context().newPage()
  await tab.goto(url)
  return tab
}

/** Sends JSON with the cookies from the page of an app, as its script could. */
const sendFrom = (page: Page, path: string, body: object) =>
  page.evaluate<{ status: number; body: object }>(`(async () => {
    const response = await fetch('${other.service.url}/${path}', {
      method: 'POST', credentials: 'include', headers: { 'Content-Type': 'application/json' },
      body: ${JSON.stringify(JSON.stringify(body))},
    })
    return { status: response.status, body: await response.json() }
  })()`)

/** Sends JSON to the other service, without a browser. */
async function send(path: string, body: object) {
  const headers = { 'Content-Type': 'application/json' }
  const response = await fetch(`${other.service.url}/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
  const sent: { mailId: string; browserKey: string } = Object(await response.json())
  return { status: response.status, body: sent }
}

/** Creates an account of the other service. */
async function registerAtOther() {
  const { name, address } = newName()
  expect((await send('register', { email: address })).status).toBe(202)
  const { link } = await nextMail(address, other.service.url)
  const body = { token: link.replace(/.*=/, ''), password: PASSWORD, username: name }
  expect((await send('register/confirm', body)).status).toBe(200)
  return { name, address }
}
