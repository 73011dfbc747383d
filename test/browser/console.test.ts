import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { findApp } from '../../lib/oauth/grants/app.ts'
import { allowApp } from '../admin/console.ts'
import { sendForAll } from '../support/http/http.ts'
import { giveFactors } from '../support/users/users.ts'
import { mails, serviceUrl } from './accounts.ts'
import { expectFocus, heading, inspect, LOOKS, press, useBrowser } from './browser.ts'
import {
  addUser,
  change,
  changesOf,
  fact,
  find,
  openConsole,
  PASSWORD,
  reasons,
  says,
  shared,
  show,
  storeOf,
} from './console.ts'

// What operators do in the console, by mouse and by keyboard.

useBrowser()

const BROWSER = '<img src=x onerror=alert(1)>'

/** Signs a user in elsewhere. @returns Whether the session is still live. */
async function signInElsewhere(username: string) {
  const json = { 'Content-Type': 'application/json' }
  const { status, body } = await sendForAll(
    `${serviceUrl()}/login`,
    'POST',
    { ...json, 'User-Agent': BROWSER },
    JSON.stringify({ username, password: PASSWORD }),
  )
  expect(status).toBe(200)
  let { refreshToken } = JSON.parse(body)
  return async () => {
    const response = await sendForAll(
      `${serviceUrl()}/refresh`,
      'POST',
      json,
      JSON.stringify({ refreshToken }),
    )
    if (response.status === 200) refreshToken = JSON.parse(response.body).refreshToken
    return response.status === 200
  }
}

const latestMail = (to: string) =>
  expect.poll(async () => (await mails()).find((mail) => mail.to === to)?.subject, { timeout: 15_000 })

describe('support', () => {
  test('disables and enables a user with two clicks after a paste, and sees why she cannot sign in', async () => {
    const ada = await addUser()
    const isLive = await signInElsewhere(ada.username)
    const { page } = await openConsole('support')
    const sent = changesOf(page)
    await find(page, ` ${ada.email.toUpperCase()} `)
    await heading(page, ada.username).waitFor()
    expect(new URL(page.url()).hash).toBe(`#/users/${ada.id}`)
    expect(await page.title()).not.toContain(ada.username)
    expect(await reasons(page)).toEqual(['Nothing keeps this user from signing in.'])
    await change(page, 'Disable')
    await says(page, 'The user is disabled. All sessions have ended.')
    await expectFocus(page, 'user-title')
    expect(await reasons(page)).toEqual(['This user is disabled, and cannot sign in.'])
    expect(await isLive()).toBe(false)
    await change(page, 'Enable')
    await says(page, 'The user is enabled.')
    expect(sent).toEqual(['PATCH /admin-api/users/{id}', 'PATCH /admin-api/users/{id}'])
    await page.getByText('Account enabled').waitFor()
    await page.getByText('By an operator').first().waitFor()
  })

  test('does the same by the keyboard alone, and Enter by mistake changes nothing', async () => {
    const ada = await addUser()
    const { page } = await openConsole('support')
    const sent = changesOf(page)
    await expectFocus(page, 'name')
    await page.keyboard.type(ada.id)
    await page.keyboard.press('Enter')
    await heading(page, ada.username).waitFor()
    await expectFocus(page, 'user-title')
    await page.keyboard.press('Tab')
    await expectFocus(page, 'disable')
    await page.keyboard.press('Enter')
    await expectFocus(page, 'confirm-cancel')
    await page.keyboard.press('Enter')
    await expectFocus(page, 'disable')
    expect(sent).toEqual([])
    await page.locator('#disable:not([aria-disabled])').waitFor()
    await page.keyboard.press('Enter')
    await expectFocus(page, 'confirm-cancel')
    await page.keyboard.press('Shift+Tab')
    await page.locator('#confirm:not([aria-disabled])').waitFor()
    await page.keyboard.press('Enter')
    await says(page, 'The user is disabled.')
    await page.keyboard.press('Shift+Tab')
    await page.keyboard.press('Enter')
    await expectFocus(page, 'name')
    expect(await page.evaluate('getSelection().toString()')).toBe(ada.id)
  })

  test('ends one session, and all of them', async () => {
    const ada = await addUser()
    const [one, other] = [await signInElsewhere(ada.username), await signInElsewhere(ada.username)]
    const { page } = await openConsole('support')
    await show(page, ada)
    const rows = page.locator('#sessions li')
    await rows.nth(1).waitFor()
    expect(await rows.first().locator('strong').textContent()).toBe(BROWSER)
    await rows.first().getByRole('button').click()
    await page.locator('#confirm:not([aria-disabled])').click()
    await says(page, 'The session has ended.')
    expect([await one(), await other()].sort()).toEqual([false, true])
    await change(page, 'End all sessions')
    await says(page, 'All sessions have ended.')
    await page.getByText('The user has no session.').waitFor()
    expect([await one(), await other()]).toEqual([false, false])
  })

  test('removes the access of an app', async () => {
    const ada = await addUser()
    const { table } = storeOf(shared())
    const app = await allowApp(table, ada.id, { id: `notes-${ada.username}`, name: 'Notes' })
    const { page } = await openConsole('support')
    const sent = changesOf(page)
    await show(page, ada)
    await press(page, 'Remove access: Notes')
    await page.locator('#confirm:not([aria-disabled])').click()
    await says(page, 'The access was removed.')
    await page.getByText('No app has access.').waitFor()
    expect(await findApp(table, ada.id, app.id)).toMatchObject({ scopes: [], revokedAt: expect.any(Number) })
    expect(sent).toEqual([`POST /admin-api/users/{id}/grants/${app.id}/end`])
  })

  test('sends a mail for a new password, and resets factors by mail', async () => {
    const ada = await addUser()
    await giveFactors(storeOf(shared()).table, ada)
    const { page } = await openConsole('support')
    await show(page, ada)
    await change(page, 'Send a mail for a new password', 'Send the mail')
    await says(page, 'The mail is on its way.')
    await latestMail(ada.email).toMatch(/password/)
    await change(page, 'Reset second factors by mail', 'Send the mail')
    await says(page, 'The mail is on its way.')
    await latestMail(ada.email).toMatch(/factors/)
    await page
      .getByText('second factors will be removed')
      .or(page.getByText('was requested'))
      .first()
      .waitFor()
  })

  test('has no button for what it may not, and finds no user whom it may not help', async () => {
    const { page } = await openConsole('support')
    const admin = await addUser({ role: 'admin' })
    for (const name of [admin.username, admin.id]) {
      await find(page, name)
      await page.getByText('No user was found.').waitFor()
    }
    await page.goto(`${serviceUrl()}/admin-console#/users/${admin.id}`)
    await page.reload()
    await page.getByText('No user whom you may help has this name.').waitFor()
    await page.getByRole('link', { name: 'Search' }).click()
    await show(page, await addUser())
    expect(await page.locator('details:visible').count()).toBe(0)
    expect(await page.getByRole('button', { name: 'Delete' }).count()).toBe(0)
  })

  test('sees hits as a list, and opens one', async () => {
    const [ada, other] = [await addUser(), await addUser()]
    const { page } = await openConsole('support')
    await find(page, 'ada')
    await page.locator('#users li').first().waitFor()
    await find(page, 'a')
    await page.getByText('Must be 3 to 254 characters, without spaces.').first().waitFor()
    await find(page, ada.username.slice(0, -1))
    await page.getByRole('link', { name: ada.username }).click()
    await heading(page, ada.username).waitFor()
    await page.evaluate(`void (location.hash = '#/users/${other.id}')`)
    await heading(page, other.username).waitFor()
  })
})

describe('an administrator', () => {
  test('changes role and names, removes factors, and deletes a user', async () => {
    const ada = await addUser()
    const store = storeOf(shared())
    await giveFactors(store.table, ada)
    const { page } = await openConsole('admin')
    await show(page, ada)
    await openPart(page, 'Change the role')
    await page.getByLabel('Role', { exact: true }).filter({ visible: true }).selectOption('support')
    await change(page, 'Change the role')
    await says(page, 'The role was changed.')
    expect(await fact(page, 'Role').textContent()).toBe('support')

    await openPart(page, 'Change username and address')
    await page.getByLabel('Username', { exact: true }).fill(`${ada.username}x`)
    await change(page, 'Change username and address')
    await says(page, 'The username and address were changed.')
    await heading(page, `${ada.username}x`).waitFor()

    await openPart(page, 'Remove or delete')
    await change(page, 'Remove second factors at once', 'Remove all')
    await says(page, 'All second factors were removed.')
    expect(await fact(page, 'Second factor').textContent()).toBe('None')

    await openPart(page, 'Remove or delete')
    await change(page, 'Delete the user')
    await page.getByText('The user was deleted.').waitFor()
    expect(new URL(page.url()).hash).toBe('#/')
    await expect(store.user(`${ada.username}x`)).rejects.toThrow('there is no user')
  })

  test('sees at the field what is wrong with a name', async () => {
    const [ada, other] = [await addUser(), await addUser()]
    const { page } = await openConsole('admin')
    await show(page, ada)
    await openPart(page, 'Change username and address')
    await page.getByLabel('Username', { exact: true }).fill('a b')
    await change(page, 'Change username and address')
    await page.locator('#new-username-fault:not([hidden])').waitFor()
    await page.getByLabel('Username', { exact: true }).fill(other.username)
    await change(page, 'Change username and address')
    await page.getByText(/taken/).first().waitFor()
  })

  test('invites a user', async () => {
    const { page } = await openConsole('admin')
    const email = `new-${Date.now()}@example.org`
    await openPart(page, 'Invite a user')
    await page.getByLabel('E-mail address', { exact: true }).fill(email)
    await change(page, 'Send the invitation')
    await page.getByText('The invitation is on its way.').waitFor()
    await latestMail(email).toMatch(/invit/i)
    await page.getByLabel('E-mail address', { exact: true }).fill(email)
    await page.locator('#invite-role').selectOption('admin')
    await change(page, 'Send the invitation')
    await page.getByText('Invite with another role, and change the role afterwards.').waitFor()
  })

  test('lists the users of a role, page by page', async () => {
    await addUser({ role: 'support' })
    const { page } = await openConsole('admin')
    await page.locator('#of-role').selectOption('support')
    await press(page, 'Search')
    await page.locator('#users li').first().waitFor()
    expect(new Set(await page.locator('#users li .badge:first-of-type').allTextContents())).toEqual(
      new Set(['support']),
    )
  })
})

test.each([...LOOKS, { width: 768, colorScheme: 'dark' as const }])(
  'the console fits and is accessible at $width pixels, $colorScheme',
  async (look) => {
    const ada = await addUser()
    await signInElsewhere(ada.username)
    await giveFactors(storeOf(shared()).table, ada)
    const { page } = await openConsole('admin', look)
    const take = (state: string) => inspect(page, `console-${state}-${look.width}-${look.colorScheme}`)
    await openPart(page, 'Invite a user')
    await take('search')
    await find(page, 'ada')
    await page.locator('#users li').first().waitFor()
    await take('hits')
    await show(page, ada)
    await page.getByText('Signed in with the password').waitFor()
    await take('user')
    for (const part of ['Change the role', 'Change username and address', 'Remove or delete'])
      await openPart(page, part)
    await take('open')
    await press(page, 'Disable')
    await page.locator('#confirm:not([aria-disabled])').waitFor()
    await take('dialog')
    await page.locator('#confirm').click()
    await says(page, 'The user is disabled.')
    await take('disabled')
  },
)

const openPart = (page: Page, name: string) => page.getByRole('heading', { name, exact: true }).click()
