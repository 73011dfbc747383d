import { expect, test } from 'vitest'
import { atEnd } from '../support/at-end.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { authenticator } from '../support/users/authenticator.ts'
import { addAuthenticator } from './authenticator.ts'
import { alert, heading, inspect, press, signIn, useBrowser } from './browser.ts'
import { addUser, change, changesOf, fact, find, openConsole, PASSWORD, says, show } from './console.ts'
import { addPasskey, confirmPassword, dialog, fillIn, pressIn, saveCodes, shownSecret } from './factors.ts'
import { startClock } from './service-clock.ts'

// A change that needs a recent sign-in: the operator signs in again in the dialog, once, and the change is repeated.

useBrowser()

const clock = startClock()
atEnd(() => clock.remove())
const place = await useLocalService({ options: clock.options })

/** Longer than the sign-in for such a change may be past. */
const LATER_MS = 6 * 60_000

/** Opens a user in the console, as an administrator whose sign-in is too old. */
async function openLater() {
  const ada = await addUser({}, place)
  const opened = await openConsole('admin', { place, known: /401/ })
  await show(opened.page, ada)
  clock.move(LATER_MS)
  await opened.page.getByRole('heading', { name: 'Change the role' }).click()
  await opened.page.locator('#new-role').selectOption('support')
  return { ...opened, ada, sent: changesOf(opened.page) }
}

test('a step-up by password happens once, in the dialog, and a wrong password stays there', async () => {
  const { page, sent, username } = await openLater()
  await change(page, 'Change the role')
  await page.getByLabel('Your password').waitFor()
  await inspect(page, 'console-step-up')
  await page.getByLabel('Your password').fill('wrong')
  await pressIn(page, 'Continue')
  await dialog(page).getByText('Incorrect password.').waitFor()
  await inspect(page, 'console-step-up-wrong')
  await page.getByLabel('Your password').fill(PASSWORD)
  await page.keyboard.press('Enter')
  await says(page, 'The role was changed.')
  expect(await fact(page, 'Role').textContent()).toBe('support')
  expect(sent).toEqual(['PUT /admin-api/users/{id}/role', 'PUT /admin-api/users/{id}/role'])
  expect(await page.locator('#step-up-username').inputValue()).toBe(username)
  expect(await page.locator('#your-password').inputValue()).not.toBe('wrong')
  await page.getByRole('heading', { name: 'Change the role' }).click()
  await page.locator('#new-role').selectOption('user')
  await change(page, 'Change the role')
  await says(page, 'The role was changed.')
  expect(sent).toHaveLength(3)
})

test('a step-up that is cancelled changes nothing', async () => {
  const { page, sent } = await openLater()
  await change(page, 'Change the role')
  await page.getByLabel('Your password').fill(PASSWORD)
  await pressIn(page, 'Cancel')
  await expect.poll(() => page.locator('dialog[open]').count()).toBe(0)
  expect([sent.length, await fact(page, 'Role').textContent()]).toEqual([1, 'user'])
})

test('a step-up by password and authenticator app', async () => {
  const { page, ada } = await openLater()
  await page.goto(`${place.url}/account`)
  await press(page, 'Set up the authenticator app')
  await confirmPassword(page, 'Continue', PASSWORD)
  const codeAt = authenticator(await shownSecret(page))
  await fillIn(page, 'Code from the app', codeAt(new Date(clock.now())), 'Confirm')
  await saveCodes(page)
  await alert(page, 'The authenticator app is set up.')
  await page.goto(`${place.url}/admin-console`)
  await show(page, ada)
  clock.move(LATER_MS)
  await page.getByRole('heading', { name: 'Remove or delete' }).click()
  await change(page, 'Delete the user')
  await fillIn(page, 'Your password', PASSWORD, 'Continue')
  await dialog(page).getByRole('heading', { name: 'Second factor' }).waitFor()
  await inspect(page, 'console-step-up-factor')
  await fillIn(page, 'Code from your authenticator app', codeAt(new Date(clock.now())), 'Continue')
  await page.getByText('The user was deleted.').waitFor()
})

test('a step-up by passkey', async () => {
  const { page, ada } = await openLater()
  await page.goto(`${place.url}/account`)
  await heading(page, 'Your account').waitFor()
  await addAuthenticator(page)
  await addPasskey(page, '', PASSWORD)
  await saveCodes(page)
  await alert(page, 'The passkey was added.')
  await page.goto(`${place.url}/admin-console`)
  await show(page, ada)
  clock.move(LATER_MS)
  await page.getByRole('heading', { name: 'Change the role' }).click()
  await page.locator('#new-role').selectOption('support')
  await change(page, 'Change the role')
  await pressIn(page, 'Use a passkey instead')
  await says(page, 'The role was changed.')
})

test('who has neither goes to the sign-in page, and comes back to the same user', async () => {
  const { page, ada, username } = await openLater()
  await change(page, 'Change the role')
  await page.getByRole('link', { name: 'Sign in on another page' }).click()
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, PASSWORD)
  await heading(page, ada.username).waitFor()
  expect(new URL(page.url()).hash).toBe(`#/users/${ada.id}`)
})

test('after half a day the page leads to the sign-in, and back', async () => {
  const { page, ada, username } = await openLater()
  clock.move(13 * 3_600_000)
  await press(page, 'Cancel').catch(() => {})
  await page.getByRole('link', { name: 'Search' }).click()
  await find(page, ada.username)
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, PASSWORD)
  await heading(page, 'Users').waitFor()
})
