import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import {
  askForMail,
  choosePassword,
  code,
  NEXT_PASSWORD,
  newName,
  nextMail,
  PASSWORD,
  register,
} from './accounts.ts'
import { heading, open, signIn, useBrowser } from './browser.ts'
import { agree, expectCode, screen, startShop } from './shop.ts'

useBrowser()
const shop = await startShop()

const TITLE = 'Sign in to continue to Shop'
const CREATED = 'Your account was created'
const CHANGED = 'Your password was changed'

const RETURN = 'Return to the app'
const ELSEWHERE = 'If you came from an app, return to the app.'

describe('a registration on the way to an app', () => {
  test('by the code of the mail leads back to the app', async () => {
    const { name, address } = newName()
    const page = await follow('Create an account', 'Create an account')
    await askForMail(page, 'E-mail address', address)
    await code(page).fill((await nextMail(address)).code)
    await page.getByLabel('Username').fill(name)
    await choosePassword(page, PASSWORD, 'Create account', CREATED)
    await returnLink(page).click()
    await expectReturn(page, name)
  })

  test('by the link of the mail, in another tab, lets the first tab continue', async () => {
    const { name, address } = newName()
    const page = await follow('Create an account', 'Create an account')
    await askForMail(page, 'E-mail address', address)
    const tab = await page.context().newPage()
    await tab.goto((await nextMail(address)).link)
    await tab.getByLabel('Username').fill(name)
    await choosePassword(tab, PASSWORD, 'Create account', CREATED)
    await tab.getByText(ELSEWHERE).waitFor()
    await returnLink(page).click()
    await expectReturn(page, name)
  })

  test('by the link of the mail, in the tab itself, leads back to the app', async () => {
    const { name, address } = newName()
    const page = await follow('Create an account', 'Create an account')
    await askForMail(page, 'E-mail address', address)
    await page.goto((await nextMail(address)).link)
    await page.getByLabel('Username').fill(name)
    await choosePassword(page, PASSWORD, 'Create account', CREATED)
    expect(await page.getByText(ELSEWHERE).isVisible()).toBe(false)
    await returnLink(page).click()
    await expectReturn(page, name)
  })
})

describe('a forgotten password on the way to an app', () => {
  test('by the code of the mail leads to the sign-in for the app', async () => {
    const { name, address } = await register()
    const page = await follow('Forgot your password?', 'Choose a new password')
    await askForMail(page, 'Username or e-mail address', name)
    await code(page).fill((await nextMail(address)).code)
    await choosePassword(page, NEXT_PASSWORD, 'Change password', CHANGED)
    await page.locator('main').getByRole('link', { name: 'Sign in' }).click()
    await heading(page, TITLE).waitFor()
    await signIn(page, name, NEXT_PASSWORD)
    await expectReturn(page, name)
  })

  test('by the link of the mail in another browser says where to continue', async () => {
    const { name, address } = await register()
    const page = await follow('Forgot your password?', 'Choose a new password')
    await askForMail(page, 'Username or e-mail address', name)
    const elsewhere = await open((await nextMail(address)).link)
    await choosePassword(elsewhere, NEXT_PASSWORD, 'Change password', CHANGED)
    await elsewhere.getByText(ELSEWHERE).waitFor()
    await page.locator('header').getByRole('link', { name: 'Sign in' }).click()
    await heading(page, TITLE).waitFor()
    await signIn(page, name, NEXT_PASSWORD)
    await expectReturn(page, name)
  })
})

/** Opens the sign-in page by a click on the link of the app, and follows a link there. */
async function follow(link: string, title: string): Promise<Page> {
  const page = await shop.open()
  await shop.click(page, shop.requestOf(await shop.register(), { state: 'a+b%26 &c#' }))
  await heading(page, TITLE).waitFor()
  await page.getByRole('link', { name: link }).click()
  await heading(page, title).waitFor()
  return page
}

/** Waits for the screen of a user who comes back, agrees, and compares what the app gets. */
async function expectReturn(page: Page, username: string): Promise<void> {
  await screen(page, username)
  await agree(page)
  await expectCode(page)
  expect(new URL(page.url()).searchParams.get('state')).toBe('a+b%26 &c#')
}

const returnLink = (page: Page) => page.getByRole('link', { name: RETURN }).filter({ visible: true })
