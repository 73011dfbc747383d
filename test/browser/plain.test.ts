import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { useLocalService } from '../support/process/local-service.ts'
import { TECHNICAL } from '../support/technical-words.ts'
import {
  ACCOUNT,
  askForMail,
  choosePassword,
  code,
  NEXT_PASSWORD,
  newName,
  nextMail,
  PASSWORD,
  rows,
} from './accounts.ts'
import { alert, expectFocus, heading, inspect, LOOKS, open, press, signIn, useBrowser } from './browser.ts'
import { confirmPassword, dialog, fillIn, saveCodes, shownSecret, startApp } from './factors.ts'

const SIGN_IN = 'Sign in to Acme Shop'
const service = await useLocalService({ params: { demo: 'off', serviceName: 'Acme Shop' } })

useBrowser()

describe.each(LOOKS)('at $width pixels, $colorScheme', (appearance) => {
  const look = `${appearance.width}-${appearance.colorScheme}`

  test('a customer registers, forgets the password, and signs in', async () => {
    const { address } = newName()
    const page = await open(url('signin'), appearance)
    await heading(page, SIGN_IN).waitFor()
    await take(page, `signin-${look}`)
    await signIn(page, 'a b', 'wrong')
    await page.getByText('Must be 1 to 64 characters').waitFor()
    await signIn(page, 'nobody', 'wrong')
    await alert(page, 'Incorrect username or password.')
    await take(page, `signin-refused-${look}`)

    await page.getByRole('link', { name: 'Create an account' }).click()
    await heading(page, 'Create an account').waitFor()
    await take(page, `register-${look}`)
    await askForMail(page, 'E-mail address', address)
    await take(page, `register-proof-${look}`)
    await page.goto((await nextMail(address, service.url)).link)
    await heading(page, 'Create your account').waitFor()
    await take(page, `confirm-${look}`)
    await choosePassword(page, PASSWORD, 'Create account', 'Your account was created')
    await take(page, `confirm-done-${look}`)
    await page.getByRole('link', { name: 'Go to your account' }).click()
    await rows(page).first().waitFor()
    // Once, as the e-mail address, and not as the username too.
    expect(await page.getByText(address).filter({ visible: true }).count()).toBe(1)
    await take(page, `account-${look}`)
    await press(page, 'Sign out', 'You are signed out')
    await take(page, `account-left-${look}`)

    await page.goto(url('forgot'))
    await take(page, `forgot-${look}`)
    await askForMail(page, 'Username or e-mail address', address)
    await take(page, `forgot-proof-${look}`)
    await code(page).fill((await nextMail(address, service.url)).code)
    await choosePassword(page, NEXT_PASSWORD, 'Change password', 'Your password was changed')
    await take(page, `forgot-done-${look}`)
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await heading(page, SIGN_IN).waitFor()
    await signIn(page, address, NEXT_PASSWORD)
    await heading(page, ACCOUNT).waitFor()
    expect(page.url()).toBe(url('account'))
  })

  test('a customer with a second factor signs in, and changes the account', async () => {
    const page = await open(url('account'), appearance)
    await heading(page, SIGN_IN).waitFor()
    await signIn(page, 'user')
    await rows(page).first().waitFor()
    await press(page, 'Set up the authenticator app')
    await confirmPassword(page, 'Continue', 'user')
    const app = startApp(await shownSecret(page))
    await take(page, `account-app-${look}`)
    await fillIn(page, 'Code from the app', app(), 'Confirm')
    await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
    await take(page, `account-codes-${look}`)
    await saveCodes(page)
    for (const part of ['Change password', 'Change e-mail address', 'Delete account'])
      await page.getByRole('heading', { name: part }).click()
    await take(page, `account-open-${look}`)
    await press(page, 'Sign out')
    await page.getByRole('main').getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, 'user')
    await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
    await take(page, `signin-factor-${look}`)
    await fillIn(page, 'Code from your authenticator app', app(), 'Continue')
    await rows(page).first().waitFor()
    await take(page, `account-two-steps-${look}`)
    await press(page, 'Remove the authenticator app')
    await confirmPassword(page, 'Remove', 'user')
    await alert(page, 'The authenticator app was removed.')
  })
})

test('a customer who is signed in is led from /signin to /account, or to the page that asked', async () => {
  const page = await open(url('signin'))
  await signIn(page, 'user')
  await heading(page, ACCOUNT).waitFor()
  await page.goto(url('signin'))
  await page.waitForURL(url('account'))
  await heading(page, ACCOUNT).waitFor()
  await page.goto(url('signin?next=forgot'))
  await page.waitForURL(url('forgot'))
})

test('with a new account, the page stays while another user is signed in, and says why', async () => {
  const page = await open(url('signin'))
  await signIn(page, 'user')
  await heading(page, ACCOUNT).waitFor()
  await page.evaluate("sessionStorage.setItem('enrolment', 'token')")
  await page.goto(url('signin'))
  await heading(page, 'Signed in as user').waitFor()
  await alert(page, 'You are signed in as user. To set up a new account, sign out, then sign in with it.')
  await take(page, 'signin-other')
  await press(page, 'Sign out', SIGN_IN)
  await expectFocus(page, 'sign-in-title')
  await signIn(page, 'user')
  await page.waitForURL(url('account'))
})

const url = (path: string) => `${service.url}/${path}`

/** Expects that the page names the service and has no technical word, and inspects it. */
async function take(page: Page, state: string): Promise<void> {
  expect(await page.title()).toMatch(/ · Acme Shop$/)
  expect(await page.locator('.brand').textContent()).toBe('Acme Shop')
  const text = await page.evaluate<string>('document.body.innerText')
  // Off this machine, the page does not have it.
  expect(text.replace('This local service shows its mails at /mailbox.', '').match(TECHNICAL)).toBeNull()
  await inspect(page, `plain-${state}`)
}
