import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { begin } from '../support/process/command.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { newName, nextMail, PASSWORD, typePassword } from './accounts.ts'
import { addAuthenticator, judgeRecorded, recordResponses } from './authenticator.ts'
import {
  alert,
  expectFocus,
  heading,
  inspect,
  LOOKS,
  open,
  pauseClock,
  press,
  signIn,
  useBrowser,
} from './browser.ts'
import { closeWhileBusy, dialog, enrolApp, fillIn, pressIn, saveCodes } from './factors.ts'

useBrowser()

const MISSING = 'You are not signed in: the second factor is missing.'
const service = await useLocalService({
  params: { requireSecondFactor: 'all', limitMailSource: '1000/3600' },
})

test('the code of a mail and an authenticator app complete the first sign-in', async () => {
  const { name, address, page } = await openEnrolment({ known: /status of 409/ })
  await pressIn(page, 'Send mail')
  await dialog(page).getByLabel('Code from the mail').waitFor()
  await expectFocus(page, 'enrolment-mail-code')
  const { code } = await nextMail(address, service.url)
  await fillIn(page, 'Code from the mail', code === '00000000' ? '11111111' : '00000000', 'Continue')
  await alert(dialog(page), 'The link or code is invalid or expired.')
  await fillIn(page, 'Code from the mail', code, 'Continue')
  const nextCode = await enrolApp(page)
  expect(await saveCodes(page)).toHaveLength(10)
  await heading(page, `Signed in as ${name}`).waitFor()
  await press(page, 'Sign out')
  await signIn(page, name, PASSWORD)
  await fillIn(page, 'Code from your authenticator app', nextCode(), 'Continue')
  await heading(page, `Signed in as ${name}`).waitFor()
  await page.getByRole('link', { name: 'Your account' }).click()
  await press(page, 'Remove the authenticator app')
  await fillIn(page, 'Current password', PASSWORD, 'Remove')
  await alert(dialog(page), 'This account must have a second factor. Add another one first.')
})

test('a new account sets up its factor without a password or a second mail', async () => {
  const { name, page } = await registerAt(service.url)
  await addAuthenticator(page)
  expect(await stored(page)).toEqual({})
  // No other click opens another tab, and leaves the token here.
  const button = page.getByRole('button', { name: 'Set up a second factor' })
  await button.click({ button: 'middle' })
  await button.click({ button: 'right' })
  expect(await stored(page)).toEqual({})
  expect(page.context().pages()).toEqual([page])
  await button.click()
  await dialog(page).getByRole('button', { name: 'Create a passkey' }).waitFor()
  expect(await stored(page)).toEqual({})
  await pressIn(page, 'Create a passkey')
  expect(await saveCodes(page)).toHaveLength(10)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('the set-up of a new account is dropped if its page does not learn who is signed in', async () => {
  const { name, address, page } = await registerAt(service.url)
  const refused = 'The service is down.'
  await page.route('**/refresh', (route) => route.fulfill({ status: 400, json: { detail: refused } }))
  await press(page, 'Set up a second factor')
  await alert(page, refused)
  expect(await stored(page)).toEqual({})
  await signIn(page, name, PASSWORD)
  await prove(page, address)
})

test('the set-up of a new account does not replace a user who is signed in', async () => {
  const { address, name, page: other } = await openEnrolment()
  await prove(other, address)
  await enrolApp(other)
  await saveCodes(other)
  await heading(other, `Signed in as ${name}`).waitFor()
  const { page } = await registerAt(service.url, {}, false, await other.context().newPage())
  await press(page, 'Set up a second factor', `Signed in as ${name}`)
  await alert(page, `You are signed in as ${name}. To set up a new account, sign out, then sign in with it.`)
  expect(await page.locator('dialog[open]').count()).toBe(0)
  expect(await stored(page)).toEqual({})
  await press(page, 'Sign out', 'Sign in')
  await page.reload()
  await heading(page, 'Sign in').waitFor()
  expect(await page.locator('dialog[open]').count()).toBe(0)
})

test('a new account that cancels the set-up of its factor signs in with the password', async () => {
  const { name, address, page } = await registerAt(service.url, {}, true)
  await press(page, 'Set up a second factor')
  await pressIn(page, 'Cancel')
  await alert(page, MISSING)
  await expectFocus(page, 'sign-in-title')
  await page.reload()
  await signIn(page, name, PASSWORD)
  await prove(page, address)
})

test('a new account whose set-up was used up shows that it has expired', async () => {
  const { page } = await registerAt(service.url, { known: /status of 401/ })
  await page.evaluate(
    (token) => sessionStorage.setItem('enrolment', token),
    `${'A'.repeat(22)}.${'A'.repeat(43)}`,
  )
  await page.goto(`${service.url}/signin`)
  await pressIn(page, 'Use an authenticator app')
  await alert(page, 'The sign-in has expired. Sign in again.')
})

test('a dialog that waits for its response stays open, and shows the recovery codes', async () => {
  const { name, address, page } = await openEnrolment()
  await addAuthenticator(page)
  await prove(page, address)
  await closeWhileBusy(page, 'Create a passkey', '**/enrolment/passkey')
  expect(await saveCodes(page)).toHaveLength(10)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('a second mail is sent, and the code of an operator stays possible', async () => {
  const { address, page } = await openEnrolment()
  await pressIn(page, 'Send mail')
  await nextMail(address, service.url)
  await pressIn(page, 'Send again')
  await prove(page, address)
  const { page: other } = await openEnrolment()
  await pressIn(other, 'Send mail')
  await dialog(other).getByLabel('Code from the mail').waitFor()
  await pressIn(other, 'I have a code from an operator')
  await dialog(other).getByLabel('Code from an operator').waitFor()
})

test('the link of the mail in another tab and a passkey complete the first sign-in', async () => {
  const { name, address, page } = await openEnrolment()
  await addAuthenticator(page)
  await recordResponses(page)
  await pressIn(page, 'Send mail')
  const { link } = await nextMail(address, service.url)
  const tab = await page.context().newPage()
  await tab.goto(link)
  await heading(tab, 'Confirm that the account is yours').waitFor()
  expect(tab.url()).toBe(`${service.url}/confirm`)
  // The other tab has a second to say that it has the link.
  await pauseClock(tab)
  await press(tab, 'Confirm', 'Confirmed')
  await tab.clock.resume()
  // Browsers create passkeys for the page in front only.
  await page.bringToFront()
  await pressIn(page, 'Create a passkey')
  expect(await saveCodes(page)).toHaveLength(10)
  await heading(page, `Signed in as ${name}`).waitFor()
  await press(page, 'Sign out')
  await press(page, 'Sign in with a passkey', `Signed in as ${name}`)
  await judgeRecorded()
})

test('the link of the mail proves its own enrolment, if another user enrols in another tab', async () => {
  const { page: other } = await openEnrolment({ known: /status of 40/ })
  const { address, page } = await openEnrolment({}, await other.context().newPage())
  await pressIn(page, 'Send mail')
  const { link } = await nextMail(address, service.url)
  const refusal = other.waitForResponse('**/enrolment/proof')
  await page.route('**/enrolment/proof', async (route) => {
    await refusal
    return route.continue()
  })
  const opened = await other.context().newPage()
  await opened.goto(link)
  await pauseClock(opened)
  await press(opened, 'Confirm', 'Confirmed')
  expect((await refusal).status()).toBeGreaterThanOrEqual(400)
  await dialog(page).getByRole('button', { name: 'Use an authenticator app' }).waitFor()
})

test('a link in a browser that does not sign in proves nothing', async () => {
  const { address, page } = await openEnrolment()
  await pressIn(page, 'Send mail')
  const other = await open((await nextMail(address, service.url)).link)
  await press(other, 'Confirm')
  await alert(other, 'The sign-in page is not open in this browser.')
  await dialog(page).getByLabel('Code from the mail').waitFor()
})

test('the code of an operator proves the account, after a wrong one', async () => {
  const { name, page } = await openEnrolment()
  await pressIn(page, 'I have a code from an operator')
  await expectFocus(page, 'enrolment-code')
  await fillIn(page, 'Code from an operator', 'wrong', 'Continue')
  await dialog(page).locator('.notice.error, .fault').filter({ visible: true }).first().waitFor()
  const command = ['start-enrolment', name, '--local', '--endpoint', service.dynamoDbUrl]
  const { stdout } = await begin('scripts/users.ts', command).outcome
  await fillIn(page, 'Code from an operator', stdout.split('\n')[0] ?? '', 'Continue')
  await enrolApp(page)
  await saveCodes(page)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('an enrolment that is cancelled gives no session, and begins again with the password', async () => {
  const { name, address, page } = await openEnrolment()
  await prove(page, address)
  await pressIn(page, 'Use an authenticator app')
  await dialog(page).getByLabel('Code from the app').waitFor()
  await pressIn(page, 'Cancel')
  await pressIn(page, 'Cancel')
  await alert(page, MISSING)
  await expectFocus(page, 'password')
  expect(await page.context().cookies()).toEqual([])
  await signIn(page, name, PASSWORD)
  await prove(page, address)
  await enrolApp(page)
  await saveCodes(page)
  await heading(page, `Signed in as ${name}`).waitFor()
})

test('a page that leads on after the sign-in shows the recovery codes first', async () => {
  const { name, address, page } = await registerAt(service.url)
  await page.goto(`${service.url}/signin?next=docs`)
  await signIn(page, name, PASSWORD)
  await prove(page, address)
  await enrolApp(page)
  await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/signin')
  await saveCodes(page)
  await page.waitForURL(`${service.url}/docs`)
})

test('a link cancels a reset of the factors', async () => {
  const { name, address, page } = await openEnrolment()
  await prove(page, address)
  await enrolApp(page)
  await saveCodes(page)
  const command = ['reset-factors', name, '--local', '--endpoint', service.dynamoDbUrl]
  const { status } = await begin('scripts/users.ts', command).outcome
  expect(status).toBe(0)
  await page.goto((await nextMail(address, service.url)).link)
  await heading(page, 'Keep your second factors').waitFor()
  await press(page, 'Keep my second factors', 'Your second factors stay')
})

test.each(LOOKS)('the enrolment fits and is accessible at $width pixels, $colorScheme', async (look) => {
  const { width, colorScheme } = look
  const { address, page } = await openEnrolment(look)
  const take = (state: string, shown = page) => inspect(shown, `enrolment-${state}-${width}-${colorScheme}`)
  await take('mail')
  await pressIn(page, 'Send mail')
  await dialog(page).getByLabel('Code from the mail').waitFor()
  await take('code')
  const { link, code } = await nextMail(address, service.url)
  const tab = await page.context().newPage()
  await tab.goto(link)
  await heading(tab, 'Confirm that the account is yours').waitFor()
  await take('confirm', tab)
  await tab.goto(`${service.url}/confirm#cancel-reset=a.b.c`)
  await heading(tab, 'Keep your second factors').waitFor()
  await take('cancel', tab)
  await fillIn(page, 'Code from the mail', code, 'Continue')
  await dialog(page).getByRole('button', { name: 'Create a passkey' }).waitFor()
  await take('factor')
})

/** Registers on the pages of a service whose users must have a second factor, up to the link that sets it up. */
async function registerAt(
  origin: string,
  options: Parameters<typeof open>[1] = {},
  isByCode = false,
  tab?: Page,
) {
  const { name, address } = newName()
  await tab?.goto(`${origin}/register`)
  const page = tab ?? (await open(`${origin}/register`, options))
  await page.getByLabel('E-mail address', { exact: true }).fill(address)
  await press(page, 'Send mail', 'Check your mail')
  const { link, code } = await nextMail(address, origin)
  if (isByCode) await page.getByLabel('Code from the mail').fill(code)
  else await page.goto(link)
  await page.getByLabel('Username').fill(name)
  await typePassword(page, PASSWORD)
  await press(page, 'Create account')
  await page.getByText('Before you can use it, set up a second factor.').waitFor()
  return { name, address, page }
}

/** Returns what the pages have stored in the tab. */
const stored = (page: Page) => page.evaluate(() => ({ ...sessionStorage, ...localStorage }))

/** Opens /signin of a new user, and the dialog of the enrolment. */
async function openEnrolment(options: Parameters<typeof open>[1] = {}, tab?: Page) {
  const opened = await registerAt(service.url, options, false, tab)
  await opened.page.goto(`${service.url}/signin`)
  await signIn(opened.page, opened.name, PASSWORD)
  await dialog(opened.page).getByRole('heading', { name: 'Set up a second factor' }).waitFor()
  return opened
}

/** Proves by the code in the mail that the account is the user's. */
async function prove(page: Page, address: string): Promise<void> {
  await pressIn(page, 'Send mail')
  await fillIn(page, 'Code from the mail', (await nextMail(address, service.url)).code, 'Continue')
  await dialog(page).getByRole('button', { name: 'Use an authenticator app' }).waitFor()
}
