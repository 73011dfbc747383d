import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import {
  choosePassword,
  confirmRegistration,
  forget,
  INVALID,
  NEXT_PASSWORD,
  newName,
  nextMail,
  openAccount,
  PASSWORD,
  post,
  register,
  serviceUrl,
  tokenOf,
  typePassword,
} from './accounts.ts'
import { alert, goBack, heading, open, press, signIn, useBrowser } from './browser.ts'

useBrowser()

test('a link is spent once: of two tabs, the second shows that it is invalid', async () => {
  const { address } = newName()
  await post('register', { email: address })
  const { link } = await nextMail(address)
  const tabs = [await open(`${serviceUrl()}/signin`), await open(`${serviceUrl()}/signin`)] as const
  for (const tab of tabs) {
    await tab.goto(link)
    await typePassword(tab, PASSWORD)
  }
  await press(tabs[0], 'Create account', 'Your account was created')
  await press(tabs[1], 'Create account')
  await alert(tabs[1], INVALID)
  await tabs[1].getByRole('link', { name: 'ask for a new one' }).click()
  await heading(tabs[1], 'Create an account').waitFor()
})

test('a second link that is opened in the same tab replaces the first one', async () => {
  const { name, address } = await register()
  const fresh = newName()
  await post('register', { email: fresh.address })
  const page = await open(`${serviceUrl()}/signin`)
  await page.goto((await nextMail(fresh.address)).link)
  await heading(page, 'Create your account').waitFor()
  await typePassword(page, 'of the first link')
  await page.goto((await forget(name, address)).link)
  await heading(page, 'Choose a new password').waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/confirm`)
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
  await tokenOf(name, NEXT_PASSWORD)
})

test('opening a link spends nothing, by a scanner or by a browser', async () => {
  const { name, address } = await register()
  const { link } = await forget(name, address)
  for (let time = 0; time < 10; time += 1) {
    expect((await fetch(link)).status).toBe(200)
    // No route has this method.
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(404)
  }
  const requests: string[] = []
  const page = await open(`${serviceUrl()}/forgot`)
  page.on('request', (request) => requests.push(`${request.method()} ${request.url()}`))
  await page.goto(link)
  await heading(page, 'Choose a new password').waitFor()
  expect(requests.filter((request) => !request.startsWith('GET '))).toEqual([])
  expect(requests.join()).not.toContain(link.replace(/.*#/, ''))
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
})

test('the token is in no address, history, storage or text, and a reload discards it', async () => {
  const { name, address } = await register()
  const { link } = await forget(name, address)
  const secret = String(link.split('.').at(-1))
  const page = await open(`${serviceUrl()}/signin`)
  await page.goto(link)
  await heading(page, 'Choose a new password').waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/confirm`)
  expect(await page.content()).not.toContain(secret)
  expect(await page.evaluate('history.state')).toBeNull()
  expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] })
  expect(await page.evaluate('[localStorage.length, sessionStorage.length]')).toEqual([0, 0])
  await page.goto(`${serviceUrl()}/signin`)
  await goBack(page)
  expect(page.url()).toBe(`${serviceUrl()}/confirm`)
  await page.reload()
  await heading(page, 'Open the link from the mail').waitFor()
})

const base64url = (text: string) => Buffer.from(text).toString('base64url')

test.each([
  ['without a fragment', ''],
  ['with an empty one', '#'],
  ['of an unknown kind', '#login=a.b.c'],
  ['without a token', '#reset='],
  ['with a registration that names no address', '#registration=a.b'],
  ['with an address that is not base64url', '#registration=a.b.c'],
  ['with a text as its address', `#registration=a.${base64url('Call +1 555 0100 at once')}.c`],
  ['with a text beside an address', `#invitation=a.${base64url('Call ada@example.org')}.c`],
  ['with a long address', `#address=a.${base64url(`${'a'.repeat(65)}@example.org`)}.c`],
  ['with markup', '#registration=<img src=x onerror=alert(1)>.b.c'],
  ['with a second fragment', '#reset=a.b#reset=c.d'],
])('/confirm %s asks for the link, and cleans the address bar', async (_what, fragment) => {
  const page = await open(`${serviceUrl()}/confirm${fragment}`)
  await heading(page, 'Open the link from the mail').waitFor()
  expect(page.url()).toBe(`${serviceUrl()}/confirm`)
})

test.each([
  ['registration', /^To create an account, ask for a new link\./, 'register'],
  ['invitation', /^To create an account, ask the person who invited you for a new link\./, 'forgot'],
  ['reset', /^If you have an account, you can choose a new password/, 'forgot'],
])('a cut-off link of the kind %s shows how to get another one', async (kind, text, next) => {
  const page = await open(`${serviceUrl()}/confirm#${kind}=`)
  await heading(page, 'Open the link from the mail').waitFor()
  const shown = page.locator('#missing p:not(.lead)').filter({ visible: true })
  expect(await shown.first().textContent()).toMatch(text)
  expect(await shown.count()).toBe(kind === 'reset' ? 1 : 2)
  await shown.getByRole('link').first().click()
  await page.waitForURL(`${serviceUrl()}/${next}`)
})

test('a link with a wrong secret, or of another kind, shows that it is invalid', async () => {
  const { name, address } = await register()
  const { link } = await forget(name, address)
  const page = await openAccount(name)
  await page.goto(link.replace(/.{6}$/, 'AAAAAA'))
  await choosePassword(page, NEXT_PASSWORD, 'Change password')
  await alert(page, INVALID)
  await page.goto(link.replace('#reset=', '#address=').replace(/\.(?=[\w-]+$)/, `.${base64url('a@b.c')}.`))
  await press(page, 'Confirm the address')
  await alert(page, INVALID)
  await page.getByText('Your account gets the address a@b.c.').waitFor()
})

/** Asks for a new address of a user over HTTP. Returns the address, and the link in its mail. */
async function askForAddress(name: string) {
  const { address: next } = newName()
  const change = { email: next, currentPassword: PASSWORD }
  expect((await post('email', change, await tokenOf(name), 'PUT')).status).toBe(202)
  return { next, link: (await nextMail(next)).link }
}

const stored = (page: Page) => page.evaluate('Object.keys(sessionStorage)')

test('an address that got an account meanwhile is not confirmed', async () => {
  const { name } = await register()
  const { next, link } = await askForAddress(name)
  await post('register', { email: next })
  await confirmRegistration((await nextMail(next)).link)
  const page = await openAccount(name)
  await page.goto(link)
  await press(page, 'Confirm the address')
  await alert(page, 'This address already has an account.')
})

test('a link to a new address that is opened signed out asks for a sign-in, and confirms after it', async () => {
  const { name } = await register()
  const { next, link } = await askForAddress(name)
  const page = await open(link)
  await page.getByText('You are signed out. The next page asks you to sign in').waitFor()
  expect(await stored(page)).toEqual([])
  await press(page, 'Confirm the address')
  await page.waitForURL(`${serviceUrl()}/signin?next=confirm`)
  await signIn(page, name, PASSWORD)
  await page.getByText(`You are signed in as ${name}.`).waitFor()
  await page.getByText(`Your account gets the address ${next}.`).waitFor()
  expect([page.url(), await stored(page)]).toEqual([`${serviceUrl()}/confirm`, []])
  await press(page, 'Confirm the address', 'Your address was confirmed')
  await tokenOf(next)
})

test('the page confirms no address as a user whom it has not shown', async () => {
  const [ada, bob] = [await register(), await register()]
  const { next, link } = await askForAddress(bob.name)
  const page = await openAccount(ada.name)
  await page.goto(link)
  await page.getByText(`You are signed in as ${ada.name}.`).waitFor()
  // As a page of another origin signs in, of which this one learns when its token is due.
  await page.evaluate(
    (bob) => {
      const body = JSON.stringify({ ...bob, session: 'cookie' })
      return fetch('login', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body })
    },
    { username: bob.name, password: PASSWORD },
  )
  await page.clock.setSystemTime(Date.now() + 35 * 60_000)
  await press(page, 'Confirm the address')
  await alert(page, `You are signed in as ${bob.name} now. Nothing was sent.`)
  expect((await post('login', { username: next, password: PASSWORD })).status).toBe(401)
  await press(page, 'Confirm the address', 'Your address was confirmed')
})

test('a victim who opens the link of an attacker, signed out or in, does not confirm its address', async () => {
  const [mallory, victim] = [await register(), await register()]
  const { next, link } = await askForAddress(mallory.name)
  const page = await open(link)
  await press(page, 'Confirm the address', 'Sign in')
  await signIn(page, victim.name, PASSWORD)
  await page.getByText(`You are signed in as ${victim.name}.`).waitFor()
  await press(page, 'Confirm the address')
  const refused = `You are signed in as ${victim.name}. The link belongs to another user.`
  await alert(page, refused)
  expect((await post('login', { username: next, password: PASSWORD })).status).toBe(401)

  // Nothing is spent: the user who asked can sign in instead.
  await press(page, 'Sign in as another user', 'Sign in')
  await signIn(page, mallory.name, PASSWORD)
  await page.getByText(`You are signed in as ${mallory.name}.`).waitFor()
  await press(page, 'Confirm the address', 'Your address was confirmed')
  expect(await stored(page)).toEqual([])
})
