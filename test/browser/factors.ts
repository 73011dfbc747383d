import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { authenticator } from '../support/users/authenticator.ts'
import { PASSWORD } from './accounts.ts'
import { alert, expectFocus, press } from './browser.ts'

/** The dialog on top. */
export const dialog = (page: Page) => page.locator('dialog[open]').last()

/** Presses a button of the dialog on top. */
export const pressIn = (page: Page, name: string) =>
  dialog(page).getByRole('button', { name, exact: true }).click()

/** Types into a field of the dialog on top, and then presses a button of it, if one is named. */
export async function fillIn(page: Page, label: string, value: string, button?: string): Promise<void> {
  await dialog(page).getByLabel(label, { exact: true }).filter({ visible: true }).fill(value)
  if (button !== undefined) await pressIn(page, button)
}

/** Waits until a field of the dialog on top has a fault, and the focus. */
export async function faultIn(page: Page, label: string, fault: RegExp): Promise<void> {
  const field = dialog(page).getByRole('textbox', { name: label, description: fault })
  await field.waitFor()
  expect(await field.getAttribute('aria-invalid')).toBe('true')
  await expectFocus(page, await field.getAttribute('id'))
}

/** Types the current password into the dialog before a change. */
export const confirmPassword = (page: Page, button: string, password = PASSWORD) =>
  fillIn(page, 'Current password', password, button)

/**
 * Presses a button of the dialog on top, and tries to close the dialog before the service responds.
 *
 * @param route - Of the request. The service gets it after the last try.
 */
export async function closeWhileBusy(page: Page, button: string, route: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  await page.route(route, async (held) => {
    await promise
    await held.continue()
  })
  const id = await dialog(page).getAttribute('id')
  await Promise.all([page.waitForRequest(route), pressIn(page, button)])
  for (let times = 0; times < 3; times += 1) await page.keyboard.press('Escape')
  // For browsers that do not know `closedby`.
  const isClosable = `document.getElementById('${id}').dispatchEvent(new Event('cancel', { cancelable: true }))`
  expect(await page.evaluate(isClosable)).toBe(false)
  const cancel = dialog(page).getByRole('button', { name: 'Cancel', exact: true })
  expect(await cancel.getAttribute('aria-disabled')).toBe('true')
  await cancel.click({ force: true })
  expect(await page.locator('dialog[open]').last().getAttribute('id')).toBe(id)
  resolve()
}

const STEP_MS = 30_000

/** An authenticator app. Each call returns a code that the service accepts now, and has not seen. Two calls work at once. */
export function startApp(secret: string): () => string {
  const codeAt = authenticator(secret)
  let last = 0
  return () => {
    const now = new Date()
    const step = Math.floor(now.getTime() / STEP_MS)
    last = Math.max(step, last + 1)
    if (last > step + 1) throw new Error('the service accepts no further code now')
    return codeAt(now, last - step)
  }
}

/** Returns the secret that the dialog shows. */
export async function shownSecret(page: Page): Promise<string> {
  const text = await dialog(page).locator('#totp-secret').textContent()
  return String(text).replaceAll(' ', '')
}

/** Returns the recovery codes that the dialog shows, and closes it. */
export async function saveCodes(page: Page): Promise<string[]> {
  await dialog(page).getByRole('heading', { name: 'Save your recovery codes' }).waitFor()
  const codes = await dialog(page).locator('#codes li').allTextContents()
  await pressIn(page, 'I saved the codes')
  return codes
}

/** Sets up an authenticator app on /account, for a user without a factor. */
export async function addApp(page: Page) {
  await press(page, 'Set up the authenticator app')
  await confirmPassword(page, 'Continue')
  await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
  const nextCode = startApp(await shownSecret(page))
  await fillIn(page, 'Code from the app', nextCode(), 'Confirm')
  const recoveryCodes = await saveCodes(page)
  await alert(page, 'The authenticator app is set up.')
  return { nextCode, recoveryCodes }
}

/** Sets up an authenticator app in the dialog of an enrolment. */
export async function enrolApp(page: Page): Promise<() => string> {
  await pressIn(page, 'Use an authenticator app')
  await dialog(page).getByRole('img', { name: 'QR code with the key' }).waitFor()
  const nextCode = startApp(await shownSecret(page))
  await fillIn(page, 'Code from the app', nextCode(), 'Confirm')
  return nextCode
}

/** Adds a passkey on /account. */
export async function addPasskey(page: Page, name = '', password = PASSWORD): Promise<void> {
  await press(page, 'Add a passkey')
  await fillIn(page, 'Name of the passkey', name)
  await confirmPassword(page, 'Create the passkey', password)
}
