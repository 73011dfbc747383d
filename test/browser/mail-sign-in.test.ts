import { expect, test } from 'vitest'
import {
  INVALID,
  mails,
  newName,
  nextMail,
  PASSWORD,
  register,
  serviceUrl,
  typePassword,
} from './accounts.ts'
import { alert, goBack, heading, inspect, LOOKS, open, press, useBrowser } from './browser.ts'
import { askFor, ELSEWHERE, openSignin, typeCode, wrong } from './mail-sign-ins.ts'

useBrowser()

test('the code signs in the browser that asked, also after a reload', async () => {
  const { name, address } = await register()
  const page = await openSignin()
  await askFor(page, address)
  const mail = await nextMail(address)
  await page.reload()
  await heading(page, 'Check your mail').waitFor()
  await typeCode(page, wrong(mail.code))
  await alert(page, INVALID)
  await typeCode(page, mail.code)
  await heading(page, `Signed in as ${name}`).waitFor()
  await page.reload()
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('the link signs in the browser that asked, and leads to where the sign-in began', async () => {
  const { name, address } = await register()
  const page = await openSignin('?next=account')
  await askFor(page, address)
  const tab = await page.context().newPage()
  const { link } = await nextMail(address)
  await tab.goto(link)
  await press(tab, 'Sign in', 'Your account')
  expect(new URL(tab.url()).pathname).toBe('/account')
  // Only one of both tabs leads on.
  await heading(page, `Signed in as ${name}`).waitFor()
  await page.getByText('You continue in the tab where you opened the link.').waitFor()
})

test.each(['asked', 'other'])(
  'neither code nor link works in another browser; then the %s one asks again',
  async (last) => {
    const { name, address } = await register()
    const [asked, other] = [await openSignin(), await openSignin()]
    await askFor(asked, address)
    const mail = await nextMail(address)
    for (const _ of Array(7)) {
      await other.goto('about:blank')
      await other.goto(mail.link)
      await press(other, 'Sign in')
      await alert(other, ELSEWHERE)
    }
    const shown = await other.locator('main').textContent()
    expect([mail.code, name, address].filter((text) => shown?.includes(text))).toEqual([])
    if (last === 'other') {
      await other.goto(`${serviceUrl()}/signin`)
      await askFor(other, address)
      const own = await nextMail(address)
      await typeCode(asked, own.code)
      await alert(asked, INVALID)
      await typeCode(other, own.code)
      await heading(other, `Signed in as ${name}`).waitFor()
    }
    await typeCode(asked, mail.code)
    await heading(asked, `Signed in as ${name}`).waitFor()
  },
)

test('another browser tries a code by its mail id: it is refused by name, and no try is counted', async () => {
  const { name, address } = await register()
  const page = await openSignin()
  const mailId = await askFor(page, address)
  const { code: digits } = await nextMail(address)
  const other = await openSignin()
  const statuses = await other.evaluate<string[]>(`Promise.all(Array.from({ length: 8 }, async () => {
    const response = await fetch('login/mail/confirm', {
      method: 'POST', headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ mailId: '${mailId}', code: '${digits}', session: 'cookie' }),
    })
    return response.status + ' ' + (await response.json()).error
  }))`)
  expect(new Set(statuses)).toEqual(new Set(['401 other_browser']))
  await typeCode(page, digits)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('a thousand requests for a link, and a browser with and one without a script, leave it valid', async () => {
  const { name, address } = await register()
  const page = await openSignin()
  await askFor(page, address)
  const { link } = await nextMail(address)
  const bodies = new Set<string>()
  for (let count = 0; count < 1000; count += 50) {
    const got = Array.from({ length: 50 }, async () => (await fetch(link)).text())
    for (const body of await Promise.all(got)) bodies.add(body)
  }
  expect(bodies.size).toBe(1)
  await (await open(link, { javaScriptEnabled: false })).close()
  const scanner = await open(link)
  await heading(scanner, 'Sign in').waitFor()
  const tab = await page.context().newPage()
  await tab.goto(link)
  await press(tab, 'Sign in', `Signed in as ${name}`)
})

test('the same mail and page create the account of a new address, without a password', async () => {
  const { name, address } = newName()
  const page = await openSignin()
  await askFor(page, address)
  await typeCode(page, (await nextMail(address)).code)
  await heading(page, 'Create your account').waitFor()
  await page.getByText(`You confirmed the address ${address}.`).waitFor()
  await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await press(page, 'Create account', `Signed in as ${name}`)
  expect(await page.locator('#mail-account').count()).toBe(0)
})

test('a new address may also get a password, and the link of its mail creates the account too', async () => {
  const { name, address } = newName()
  const page = await openSignin()
  await askFor(page, address)
  const tab = await page.context().newPage()
  await tab.goto((await nextMail(address)).link)
  await heading(tab, 'Create your account').waitFor()
  await tab.getByLabel('Username or e-mail address').filter({ visible: true }).fill(name)
  await typePassword(tab, PASSWORD)
  await press(tab, 'Create account', 'Your account was created')
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('after another mail, the code of the one before works in each tab that asked', async () => {
  const { name, address } = await register()
  const page = await openSignin()
  await askFor(page, address)
  const tab = await page.context().newPage()
  await tab.goto(`${serviceUrl()}/signin`)
  await askFor(tab, address)
  const [first, second] = [await nextMail(address), await nextMail(address)]
  await press(tab, 'Send another mail')
  await tab.getByText('We sent another mail.').first().waitFor()
  await nextMail(address)
  expect(second.code).not.toBe(first.code)
  // The first tab has learned of the mails of the second one.
  await typeCode(page, second.code)
  for (const one of [page, tab]) await heading(one, `Signed in as ${name}`).waitFor()
})

test('a lost response and too many requests have messages, and the same code works afterwards', async () => {
  const { name, address } = await register()
  const page = await openSignin()
  await page.route('**/login/mail', (route) =>
    route.fulfill({
      status: 429,
      headers: { 'Retry-After': '2', 'Content-Type': 'application/problem+json' },
      json: {
        title: 'Too Many Requests',
        status: 429,
        detail: 'Too many mails.',
        error: 'too_many_attempts',
      },
    }),
  )
  await press(page, 'Continue with e-mail', 'Continue with e-mail')
  await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(address)
  await press(page, 'Send mail')
  await alert(page, 'Too many mails.')
  await page.getByText('You can try again now.').waitFor()
  await page.unroute('**/login/mail')
  await press(page, 'Send mail', 'Check your mail')
  const mail = await nextMail(address)
  await page.context().setOffline(true)
  await typeCode(page, mail.code)
  await alert(page, 'The service did not respond. Try again.')
  await page.context().setOffline(false)
  await typeCode(page, mail.code)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('back and forward keep the mail, and another address forgets it', async () => {
  const { address } = await register()
  const page = await openSignin()
  await askFor(page, address)
  await page.goto(`${serviceUrl()}/docs`)
  await goBack(page)
  await heading(page, 'Check your mail').waitFor()
  expect(await page.locator('#mail-address').textContent()).toBe(address)
  await press(page, 'Use another address', 'Continue with e-mail')
  await press(page, 'Sign in in another way', 'Sign in')
  await page.reload()
  await heading(page, 'Sign in').waitFor()
  await page.getByRole('button', { name: 'Continue with e-mail' }).waitFor()
  expect((await mails()).filter(({ to }) => to === address).length).toBeGreaterThan(0)
})

test.each(LOOKS)('every screen fits, and axe finds nothing: %j', async (look) => {
  const { address } = newName()
  const page = await open(`${serviceUrl()}/signin`, look)
  await page.getByRole('button', { name: 'Continue with e-mail' }).waitFor()
  await inspect(page, `mail-signin-${look.width}`)
  await press(page, 'Continue with e-mail', 'Continue with e-mail')
  await inspect(page, `mail-ask-${look.width}`)
  await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(address)
  await press(page, 'Send mail', 'Check your mail')
  await inspect(page, `mail-code-${look.width}`)
  await typeCode(page, (await nextMail(address)).code)
  await heading(page, 'Create your account').waitFor()
  await page.getByText('Choose a password (optional)').click()
  await inspect(page, `mail-account-${look.width}`)
  await page.goto(`${serviceUrl()}/confirm#sign-in=${'a'.repeat(22)}.YWRh.${'b'.repeat(43)}`)
  await heading(page, 'Sign in').waitFor()
  await press(page, 'Sign in')
  await page.getByRole('alert').filter({ hasText: /\w/, visible: true }).waitFor()
  await inspect(page, `mail-link-${look.width}`)
})
