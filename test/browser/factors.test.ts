import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { NEXT_PASSWORD, openAccount, PASSWORD, post, register, serviceUrl } from './accounts.ts'
import { alert, expectFocus, heading, inspect, LOOKS, open, press, signIn, useBrowser } from './browser.ts'
import {
  addApp,
  closeWhileBusy,
  confirmPassword,
  dialog,
  faultIn,
  fillIn,
  pressIn,
  saveCodes,
  shownSecret,
  startApp,
} from './factors.ts'

useBrowser()

const EXPIRED = 'The sign-in has expired. Sign in again.'
const APP_CODE = 'Code from your authenticator app'

describe('an authenticator app', () => {
  test('is set up after a wrong password and a wrong code, and its recovery codes are shown once', async () => {
    const { name } = await register()
    const elsewhere = await post('login', { username: name, password: PASSWORD })
    const { refreshToken } = JSON.parse(elsewhere.body)
    const page = await openAccount(name, { permissions: ['clipboard-read', 'clipboard-write'] })
    expect(await rowOf(page, 'Authenticator app')).toEqual(['Authenticator app Off Set up'])
    expect(await rowOf(page, 'Recovery codes')).toEqual([])
    await press(page, 'Set up the authenticator app')
    await confirmPassword(page, 'Continue', 'wrong')
    await faultIn(page, 'Current password', /^Incorrect password\.$/)
    await confirmPassword(page, 'Continue')
    await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
    const secret = await shownSecret(page)
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const uri = String(
      await dialog(page).getByRole('link', { name: 'Add the account to it' }).getAttribute('href'),
    )
    expect(new URL(uri).searchParams.get('secret')).toBe(secret)
    await expectFocus(page, 'totp-code')
    const nextCode = startApp(secret)
    const correct = nextCode()
    await fillIn(page, 'Code from the app', correct === '000000' ? '000001' : '000000', 'Confirm')
    await faultIn(page, 'Code from the app', /^Incorrect code\. /)
    // Only screen readers need the summary next to it.
    const summary = dialog(page).getByRole('alert').filter({ hasText: 'One or more fields are invalid.' })
    expect(await summary.getAttribute('class')).toBe('notice visually-hidden')
    await fillIn(page, 'Code from the app', `${correct.slice(0, 3)} ${correct.slice(3)}`, 'Confirm')

    await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
    await expectFocus(page, 'codes-title')
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('Escape')
    // For browsers that do not know `closedby`.
    const isClosable =
      "document.getElementById('codes-dialog').dispatchEvent(new Event('cancel', { cancelable: true }))"
    expect(await page.evaluate(isClosable)).toBe(false)
    const codes = await dialog(page).locator('#codes li').allTextContents()
    expect(new Set(codes).size).toBe(10)
    await pressIn(page, 'Copy')
    await dialog(page).getByText('The codes were copied.').waitFor()
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${codes.join('\n')}\n`)
    const [download] = await Promise.all([page.waitForEvent('download'), pressIn(page, 'Download')])
    expect(download.suggestedFilename()).toBe('recovery-codes.txt')
    expect(readFileSync(await download.path(), 'utf8')).toBe(`${codes.join('\n')}\n`)
    await pressIn(page, 'I saved the codes')
    await alert(page, 'The authenticator app is set up.')
    await expectFocus(page, 'factors-title')
    const html = await page.content()
    for (const shown of [secret, ...codes]) expect(html).not.toContain(shown)
    expect(await rowOf(page, 'Authenticator app')).toEqual(['Authenticator app On Replace Remove'])
    expect(await rowOf(page, 'Recovery codes')).toEqual(['Recovery codes 10 codes left Get new codes'])
    expect((await post('refresh', { refreshToken })).status).toBe(401)
    await page.reload()
    await heading(page, 'Your account').waitFor()
  })

  test('shows its recovery codes, also if the user cancels the request or reloads the page', async () => {
    const { name } = await register()
    const page = await openAccount(name)
    await press(page, 'Set up the authenticator app')
    await confirmPassword(page, 'Continue')
    await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
    await fillIn(page, 'Code from the app', startApp(await shownSecret(page))())
    await closeWhileBusy(page, 'Confirm', '**/factors/totp/confirm')
    await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
    const asked = page.waitForEvent('dialog')
    // The page does not respond until the question is answered.
    const reloaded = page.evaluate('location.reload()')
    const question = await asked
    expect(question.type()).toBe('beforeunload')
    await question.dismiss()
    await reloaded
    expect(await saveCodes(page)).toHaveLength(10)
    await alert(page, 'The authenticator app is set up.')
    await page.reload()
    await heading(page, 'Your account').waitFor()
  })

  test('and each other change say which sessions end: another factor ends none', async () => {
    const { name } = await register()
    const page = await openAccount(name)
    const read = async (button: string) => {
      await press(page, button)
      const texts = await dialog(page).locator('#change-title, #change-text').allTextContents()
      await pressIn(page, 'Cancel')
      return texts
    }
    const added = 'A sign-in with the password then needs a code of the app or another factor.'
    const passkey =
      'Your device or phone then signs you in, without the password. A security key without a PIN is a second factor only.'
    expect(await read('Set up the authenticator app')).toEqual([
      'Set up an authenticator app',
      `${added} Your other sessions end.`,
    ])
    expect(await read('Add a passkey')).toEqual(['Add a passkey', `${passkey} Your other sessions end.`])
    await addApp(page)
    expect(await read('Replace the authenticator app')).toEqual([
      'Replace the authenticator app',
      'The codes of your former app stop working, and your other sessions end.',
    ])
    expect(await read('Add a passkey')).toEqual(['Add a passkey', passkey])
  })

  test('with too many wrong codes leaves the other factors, and the time is read in words', async () => {
    const { name } = await openWithApp()
    const page = await openFactor(name)
    await page.route('**/login/totp', (route) =>
      route.fulfill({
        status: 429,
        headers: { 'Retry-After': '11117' },
        json: { title: 'Too Many Requests', detail: 'Too many failed attempts. Try again later.' },
      }),
    )
    await fillIn(page, APP_CODE, '123456', 'Continue')
    await alert(dialog(page), 'Try again later. Your other factors still work.')
    expect(await page.locator('#announcement').textContent()).toBe(
      'Try again in 3 hours 5 minutes 17 seconds.',
    )
  })

  test('is asked for at the sign-in, and a recovery code replaces it', async () => {
    const { name, nextCode, recoveryCodes } = await openWithApp()
    const page = await openFactor(name)
    await expectFocus(page, 'factor-code')
    expect(await dialog(page).getByLabel(APP_CODE).getAttribute('autocomplete')).toBe('one-time-code')
    expect(await dialog(page).getByRole('button').allInnerTexts()).toEqual([
      'Continue',
      'Use a recovery code instead',
      'Cancel',
    ])
    await fillIn(page, APP_CODE, '12345', 'Continue')
    await faultIn(page, APP_CODE, / 6 digits\. /)
    await fillIn(page, APP_CODE, nextCode())
    await page.keyboard.press('Enter')
    await heading(page, `Signed in as ${name}`).waitFor()
    await expectFocus(page, 'who')
    expect(await claim(page, 'acr')).toMatch(/^aal2/)
    expect(await claim(page, 'amr')).toMatch(/^pwd,otp,mfa/)
    await press(page, 'Sign out', 'Sign in')

    await signIn(page, name, PASSWORD)
    await pressIn(page, 'Use a recovery code instead')
    await expectFocus(page, 'factor-recovery-code')
    const [code = ''] = recoveryCodes
    await fillIn(page, 'Recovery code', ` ${code.toLowerCase()} `, 'Continue')
    await heading(page, `Signed in as ${name}`).waitFor()
    await press(page, 'Sign out')
    await signIn(page, name, PASSWORD)
    await pressIn(page, 'Use a recovery code instead')
    await fillIn(page, 'Recovery code', code, 'Continue')
    await faultIn(page, 'Recovery code', /^Incorrect code\. /)
    await fillIn(page, 'Recovery code', recoveryCodes[1] ?? '', 'Continue')
    await heading(page, `Signed in as ${name}`).waitFor()
    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByText('8 codes left').waitFor()
  })

  test('is removed with the password, and the password alone signs in again', async () => {
    const { name, page, recoveryCodes } = await openWithApp()
    await press(page, 'Remove the authenticator app')
    await confirmPassword(page, 'Remove')
    await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
    await pressIn(page, 'Use a recovery code instead')
    await fillIn(page, 'Recovery code', recoveryCodes[0] ?? '', 'Continue')
    await alert(page, 'The authenticator app was removed.')
    expect(await rowOf(page, 'Authenticator app')).toEqual(['Authenticator app Off Set up'])
    expect(await rowOf(page, 'Recovery codes')).toEqual([])
    expect(JSON.parse((await post('login', { username: name, password: PASSWORD })).body)).toHaveProperty(
      'authToken',
    )
  })
})

describe('a sign-in', () => {
  test('that is cancelled signs no user in, and the user can begin again', async () => {
    const { name, nextCode } = await openWithApp()
    const page = await openFactor(name)
    await fillIn(page, APP_CODE, '123')
    await page.keyboard.press('Escape')
    await alert(page, 'You are not signed in: the second factor is missing.')
    await expectFocus(page, 'password')
    expect(await page.context().cookies()).toEqual([])
    await signIn(page, name, PASSWORD)
    expect(await dialog(page).getByLabel(APP_CODE).inputValue()).toBe('')
    await fillIn(page, APP_CODE, nextCode(), 'Continue')
    await heading(page, `Signed in as ${name}`).waitFor()
  })

  test('whose tries are used up leads back to the password, with the reason', async () => {
    const { name, recoveryCodes } = await openWithApp()
    const page = await openFactor(name)
    await pressIn(page, 'Use a recovery code instead')
    await useUpTries(page)
    await alert(page, EXPIRED)
    expect(await page.locator('dialog[open]').count()).toBe(0)
    await expectFocus(page, 'password')
    await signIn(page, name, PASSWORD)
    await pressIn(page, 'Use a recovery code instead')
    await fillIn(page, 'Recovery code', recoveryCodes[0] ?? '', 'Continue')
    await heading(page, `Signed in as ${name}`).waitFor()
  })

  test('leads on to ?next= after the second factor only', async () => {
    const { name, nextCode } = await openWithApp()
    const page = await open(`${serviceUrl()}/signin?next=docs`)
    await signIn(page, name, PASSWORD)
    await fillIn(page, APP_CODE, nextCode())
    expect(new URL(page.url()).pathname).toBe('/signin')
    await pressIn(page, 'Continue')
    await page.waitForURL(`${serviceUrl()}/docs`)
  })
})

describe('a change that needs a recent sign-in with two factors', () => {
  test('asks for the second factor, is repeated, and asks no second time', async () => {
    const { name, page, nextCode } = await openWithApp()
    const changes: string[] = []
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      if (pathname === '/password') changes.push(`${response.request().method()} ${response.status()}`)
    })
    await page.getByText('Change password', { exact: true }).first().click()
    const form = page.locator('#password-form')
    const change = async (current: string, next: string) => {
      await form.getByLabel('Current password').fill(current)
      await form.getByLabel('New password').fill(next)
      await form.getByRole('button', { name: 'Change password' }).click()
    }
    await change('wrong', NEXT_PASSWORD)
    await form
      .getByRole('textbox', { name: 'Current password', description: 'Incorrect password.' })
      .waitFor()
    await change(PASSWORD, NEXT_PASSWORD)
    await dialog(page).getByLabel(APP_CODE).waitFor()
    await pressIn(page, 'Cancel')
    await alert(page, 'Nothing was changed: the second factor is missing.')
    await change(PASSWORD, NEXT_PASSWORD)
    await fillIn(page, APP_CODE, nextCode(), 'Continue')
    await alert(page, 'Your password was changed.')
    await change(NEXT_PASSWORD, PASSWORD)
    await expect.poll(() => changes.filter((one) => one.endsWith('204'))).toHaveLength(2)
    expect(changes).toEqual(['PUT 401', 'PUT 401', 'PUT 401', 'PUT 204', 'PUT 204'])
    expect((await post('login', { username: name, password: PASSWORD })).status).toBe(200)
    // The session that was stepped up has ended.
    expect(await page.locator('#sessions strong').allTextContents()).toEqual(['Chrome on Linux'])
  })

  test('deletes the account after the second factor', async () => {
    const { name, page, nextCode } = await openWithApp()
    await page.getByText('Delete account').first().click()
    await page.locator('#delete-password').fill(PASSWORD)
    await press(page, 'Delete account')
    await fillIn(page, APP_CODE, nextCode(), 'Continue')
    await heading(page, 'Your account was deleted').waitFor()
    expect((await post('login', { username: name, password: PASSWORD })).status).toBe(401)
  })

  test('whose tries are used up shows the reason in the dialog of the change', async () => {
    const { page, nextCode } = await openWithApp()
    await press(page, 'Get new codes')
    await confirmPassword(page, 'Get new codes')
    await pressIn(page, 'Use a recovery code instead')
    await useUpTries(page)
    await alert(dialog(page), EXPIRED)
    await pressIn(page, 'Get new codes')
    await fillIn(page, APP_CODE, nextCode(), 'Continue')
    expect(new Set(await saveCodes(page)).size).toBe(10)
    await alert(page, 'You have new recovery codes.')
  })
})

test('a new authenticator app and the sign-in with it work with the keyboard alone', async () => {
  const { name } = await register()
  const page = await openAccount(name)
  await page.getByRole('button', { name: 'Set up the authenticator app' }).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')
  await dialog(page).getByLabel('Code from the app').waitFor()
  const nextCode = startApp(await shownSecret(page))
  await page.keyboard.type(nextCode())
  await page.keyboard.press('Enter')
  await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
  for (let times = 0; times < 3; times += 1) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await alert(page, 'The authenticator app is set up.')
  const other = await open(`${serviceUrl()}/signin`)
  await signIn(other, name, PASSWORD)
  await dialog(other).getByLabel(APP_CODE).waitFor()
  await other.keyboard.type(nextCode())
  await other.keyboard.press('Enter')
  await heading(other, `Signed in as ${name}`).waitFor()
})

test.each(LOOKS)('the dialogs fit and are accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const { name } = await register()
  const page = await openAccount(name, appearance)
  const take = (state: string, shown = page) => inspect(shown, `factors-${state}-${width}-${colorScheme}`)
  await press(page, 'Set up the authenticator app')
  await confirmPassword(page, 'Continue', 'wrong')
  await faultIn(page, 'Current password', /^Incorrect/)
  await take('password')
  await confirmPassword(page, 'Continue')
  await dialog(page).getByRole('img').waitFor()
  await take('secret')
  const nextCode = startApp(await shownSecret(page))
  await fillIn(page, 'Code from the app', nextCode(), 'Confirm')
  await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
  await take('codes')
  await saveCodes(page)
  await alert(page, 'The authenticator app is set up.')
  await take('account')
  const other = await openFactor(name, appearance)
  await take('sign-in', other)
  await pressIn(other, 'Use a recovery code instead')
  await fillIn(other, 'Recovery code', 'wrong', 'Continue')
  await dialog(other).locator('.fault').filter({ visible: true }).waitFor()
  await take('recovery', other)
})

test('a change of a user who must set up a factor since leads to the sign-in page', async () => {
  const { name } = await register()
  const page = await openAccount(name, { known: /status of 401/ })
  // What a service responds that was deployed with requireSecondFactor after the page was opened.
  const problem = { error: 'insufficient_user_authentication', detail: 'Sign in again to continue.' }
  await page.route('**/password', (route) => route.fulfill({ status: 401, json: problem }))
  const step = { next: 'enrolment', proofs: ['mail', 'code'], enrolmentToken: 'token' }
  await page.route('**/login', (route) => route.fulfill({ json: step }))
  await page.getByRole('heading', { name: 'Change password' }).click()
  const form = page.locator('#password-form')
  await form.getByLabel('Current password', { exact: true }).fill(PASSWORD)
  await form.getByLabel('New password', { exact: true }).fill(NEXT_PASSWORD)
  await form.getByRole('button', { name: 'Change password' }).click()
  await page.waitForURL(`${serviceUrl()}/signin?next=account`)
  await heading(page, 'Sign in').waitFor()
  expect(await page.context().cookies()).toEqual([])
  await page.unroute('**/login')
  await signIn(page, name, PASSWORD)
  await page.waitForURL(`${serviceUrl()}/account`)
})

/** Opens /account of a new user, who has an authenticator app. */
async function openWithApp(options: Parameters<typeof open>[1] = {}) {
  const { name } = await register()
  const page = await openAccount(name, options)
  return { name, page, ...(await addApp(page)) }
}

const rowOf = async (page: Page, name: string) =>
  (await page.locator('#factors .facts > div').filter({ hasText: name, visible: true }).allInnerTexts()).map(
    (text) => text.replaceAll('\n', ' '),
  )

/** Opens /signin in a new profile and types the password. The dialog for the second factor opens. */
async function openFactor(name: string, options: Parameters<typeof open>[1] = {}) {
  const page = await open(`${serviceUrl()}/signin`, options)
  await signIn(page, name, PASSWORD)
  await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
  return page
}

const claim = (page: Page, name: string) => page.locator(`#claims dt:text-is("${name}") + dd`).textContent()

/** Sends wrong codes until the service ends the sign-in. */
async function useUpTries(page: Page): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    await fillIn(page, 'Recovery code', `0000-0000-0000-000${tries}`)
    await Promise.all([page.waitForResponse('**/login/recovery-code'), pressIn(page, 'Continue')])
    await faultIn(page, 'Recovery code', /^Incorrect code\./)
  }
  await fillIn(page, 'Recovery code', '0000-0000-0000-0009', 'Continue')
}
