import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  askForMail,
  choosePassword,
  code,
  forget,
  INVALID,
  NEXT_PASSWORD,
  newPassword,
  PASSWORD,
  register,
  serviceUrl,
} from './accounts.ts'
import {
  alert,
  expectFocus,
  heading,
  inspect,
  LOOKS,
  open,
  press,
  underStage,
  useBrowser,
} from './browser.ts'

useBrowser()

test('an invalid address is marked, with the reason below it', async () => {
  const page = await open(`${serviceUrl()}/register`)
  await page.getByLabel('E-mail address', { exact: true }).fill('ada@-')
  await page.evaluate("document.getElementById('ask-form').noValidate = true")
  await press(page, 'Send mail')
  const field = page.getByRole('textbox', {
    name: 'E-mail address',
    description: 'Must be an e-mail address.',
  })
  await field.waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await expectFocus(page, 'email')
})

test('password managers and keyboards recognise the fields', async () => {
  const attributes = (page: Page) =>
    page.evaluate<object[]>(`[...document.querySelectorAll('input')].map(
      ({ name, type, autocomplete, inputMode }) => [name, type, autocomplete, inputMode].join(' ').trim())`)
  const page = await open(`${serviceUrl()}/register`)
  expect(await attributes(page)).toEqual([
    'email email email',
    'code text one-time-code numeric',
    'username text username',
    'password password new-password',
    // The dialog of a new authenticator app, which comes with that of the recovery codes.
    'code text one-time-code numeric',
  ])
  await page.goto(`${serviceUrl()}/forgot`)
  expect(await attributes(page)).toEqual([
    'login text username',
    'code text one-time-code numeric',
    'username text username',
    'password password new-password',
  ])
  await askForMail(page, 'Username or e-mail address', 'ada')
  expect(await page.evaluate("document.getElementById('username').value")).toBe('ada')
  await page.getByRole('button', { name: 'Show password' }).click()
  expect(await newPassword(page).getAttribute('type')).toBe('text')
  await page.goto(`${serviceUrl()}/confirm`)
  expect(await attributes(page)).toEqual([
    'username text username',
    'password password new-password',
    'username text username',
    'password password new-password',
    'keepIdentities checkbox',
    'code text one-time-code numeric',
  ])
})

test('without its script a page sends nothing', async () => {
  const page = await open(`${serviceUrl()}/signin`, { known: /ERR_FAILED/ })
  await page.route('**/register-*.js', (route) => route.abort())
  await page.goto(`${serviceUrl()}/register`)
  await page.getByLabel('E-mail address', { exact: true }).fill('ada@example.org')
  await page.keyboard.press('Enter')
  expect(await page.getByRole('button', { name: 'Send mail' }).isDisabled()).toBe(true)
  expect(page.url()).toBe(`${serviceUrl()}/register`)
})

test('under the path of a stage the pages send every request to that path', async () => {
  const { name, address } = await register()
  const { link } = await forget(name, address)
  const page = await open(`${serviceUrl()}/forgot`)
  const requested = await underStage(page)
  await page.goto(link.replace('/confirm', '/prod/confirm'))
  expect(page.url()).toBe(`${serviceUrl()}/prod/confirm`)
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
  await page.goto(`${serviceUrl()}/prod/forgot`)
  await askForMail(page, 'Username or e-mail address', name)
  const expected = ['/prod/confirm', '/prod/password/reset', '/prod/forgot', '/prod/password/forgot']
  expect(requested).toEqual(expect.arrayContaining(expected))
  expect(requested.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

describe('with an outage', () => {
  test('a 503 shows what to do, and the same form works afterwards', async () => {
    const page = await open(`${serviceUrl()}/forgot`)
    const detail = 'The service is temporarily unavailable. Try again shortly.'
    await page.route('**/password/forgot', (route) =>
      route.fulfill({ status: 503, headers: { 'Retry-After': '5' }, json: { detail } }),
    )
    await page.getByLabel('Username or e-mail address').fill('ada')
    await press(page, 'Send mail')
    await alert(page, detail)
    await page.unroute('**/password/forgot')
    await press(page, 'Send mail', 'Check your mail')
  })

  test('without a network a page shows that, and keeps what the user has typed', async () => {
    const { name, address } = await register()
    const { link } = await forget(name, address)
    const page = await open(link, { known: /ERR_INTERNET_DISCONNECTED/ })
    await newPassword(page).fill(NEXT_PASSWORD)
    await page.context().setOffline(true)
    await press(page, 'Change password')
    await alert(page, 'The service did not respond. Try again.')
    await page.context().setOffline(false)
    await press(page, 'Change password', 'Your password was changed')
  })
})

const TOKEN = `AAAAAAAAAAAAAAAAAAAAAA.${Buffer.from(`${'ada'.repeat(15)}@example.org`).toString('base64url')}.${'A'.repeat(43)}`

test.each([
  ...LOOKS,
  { width: 320, colorScheme: 'light' as const },
  { width: 1200, colorScheme: 'light' as const },
])('the pages fit and are accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await open(`${serviceUrl()}/register`, appearance)
  const take = (state: string) => inspect(page, `account-${state}-${width}-${colorScheme}`)
  await take('register')
  await askForMail(page, 'E-mail address', `${'ada'.repeat(15)}@example.org`)
  await take('register-proof')
  await code(page).fill('12')
  await page.getByLabel('Username').fill('a b')
  await choosePassword(page, 'short', 'Create account')
  await page.getByText('Must be 8 digits.').waitFor()
  await take('register-faults')
  await page.goto(`${serviceUrl()}/forgot`)
  await take('forgot')
  await askForMail(page, 'Username or e-mail address', 'ada')
  await take('forgot-proof')
  await code(page).fill('00000000')
  await choosePassword(page, PASSWORD, 'Change password')
  await alert(page, INVALID)
  await take('forgot-refused')
  await page.goto(`${serviceUrl()}/confirm`)
  await heading(page, 'Open the link from the mail').waitFor()
  await take('confirm-missing')
  for (const kind of ['registration', 'invitation', 'reset', 'address']) {
    await page.goto(`${serviceUrl()}/confirm#${kind}=${TOKEN}`)
    await page.waitForURL(`${serviceUrl()}/confirm`)
    await take(`confirm-${kind}`)
  }
  const { name, address } = await register()
  await page.goto((await forget(name, address)).link)
  await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
  await take('confirm-done')
})
