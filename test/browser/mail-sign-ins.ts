import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { code, serviceUrl } from './accounts.ts'
import { heading, open, press } from './browser.ts'

/** What the page of a link says in another browser than the one that asked for the mail. */
export const ELSEWHERE =
  'Open this link in the browser in which you asked for it, or type the code from the mail there.'

/** Opens /signin in a new browser profile. */
export async function openSignin(query = '', origin = serviceUrl()): Promise<Page> {
  const page = await open(`${origin}/signin${query}`, { known: /ERR_INTERNET_DISCONNECTED/ })
  await heading(page, 'Sign in').waitFor()
  return page
}

/** Asks for a mail on the page /signin. @returns The id of the mail. */
export async function askFor(page: Page, address: string): Promise<string> {
  await press(page, 'Continue with e-mail', 'Continue with e-mail')
  await page.getByLabel('E-mail address', { exact: true }).filter({ visible: true }).fill(address)
  const [response] = await Promise.all([
    page.waitForResponse((one) => one.url().endsWith('/login/mail')),
    press(page, 'Send mail', 'Check your mail'),
  ])
  expect(response.status()).toBe(202)
  return (await response.json()).mailId
}

/** Types the code of a mail on the page /signin. */
export async function typeCode(page: Page, digits: string): Promise<void> {
  await code(page).fill(digits)
  await press(page, 'Continue')
}

/** Returns another code than this one. */
export const wrong = (digits: string) => (digits === '00000000' ? '11111111' : '00000000')
