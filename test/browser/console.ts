import '../support/process/real-argon2.ts'
import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { inject } from 'vitest'
import type { User } from '../../lib/users/user.ts'
import { operator, PASSWORD, tableAt } from '../support/users/sessions.ts'
import { serviceUrl } from './accounts.ts'
import { heading, open, press, signIn } from './browser.ts'

export { PASSWORD }

/** Where a test runs: the service, and the address of its DynamoDB. */
export interface Place {
  url: string
  dynamoDbUrl: string
}

export const shared = (): Place => ({ url: serviceUrl(), dynamoDbUrl: inject('dynamoDbUrl') })

/** The operator's actions on the table of a service. */
export const storeOf = ({ dynamoDbUrl }: Place) => operator(tableAt(dynamoDbUrl))

/** Adds a user with an address. */
export async function addUser(user: Partial<User> = {}, place = shared()) {
  const username = `ada${randomBytes(4).toString('hex')}`
  const email = `${username}@example.org`
  const store = storeOf(place)
  await store.add({ username, email, emailVerified: true, ...user })
  const { id } = await store.user(username)
  return { id, username, email }
}

/** Opens the console as a new operator of a role, who signs in on the way. @param path - With a fragment, if the page shows a user. */
export async function openConsole(
  role: 'support' | 'admin',
  {
    path = '',
    place = shared(),
    ...options
  }: Parameters<typeof open>[1] & { path?: string; place?: Place } = {},
) {
  const own = await addUser({ role }, place)
  const page = await open(`${place.url}/admin-console${path}`, options)
  await heading(page, 'Sign in').waitFor()
  await signIn(page, own.username, PASSWORD)
  await page.waitForURL(/admin-console/)
  if (path === '') await heading(page, 'Users').waitFor()
  return { page, ...own }
}

/** Types words into the search, as a paste does, and presses Enter. */
export async function find(page: Page, words: string): Promise<void> {
  await page.getByLabel('Username, e-mail address or id').fill(words)
  await page.keyboard.press('Enter')
}

/** Finds a user by a name, and waits for the account. */
export async function show(page: Page, { username }: { username: string }): Promise<void> {
  await find(page, username)
  await heading(page, username).waitFor()
}

/** Presses a button, and the same in the dialog. */
export async function change(page: Page, name: string, button = name): Promise<void> {
  await press(page, name)
  await page.getByRole('dialog').getByRole('button', { name: button, exact: true, disabled: false }).click()
}

/** Waits for the message above the account. */
export const says = (page: Page, text: string) =>
  page.locator('#user-notice').filter({ hasText: text, visible: true }).waitFor()

/** Returns why the user cannot sign in. */
export const reasons = (page: Page) => page.locator('#sign-in li').allTextContents()

/** Returns the value of a fact. */
export const fact = (page: Page, name: string) =>
  page
    .locator('#facts > div')
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator('dd')

/** Counts the changes that a page sends to the admin API. */
export function changesOf(page: Page): string[] {
  const sent: string[] = []
  page.on('request', (request) => {
    const { pathname } = new URL(request.url())
    if (pathname.startsWith('/admin-api/') && request.method() !== 'GET')
      sent.push(`${request.method()} ${pathname.replace(/[\w-]{22}/g, '{id}')}`)
  })
  return sent
}
