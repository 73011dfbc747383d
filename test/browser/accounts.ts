import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { Page } from 'playwright-core'
import { expect, inject, onTestFinished } from 'vitest'
import { sendForAll } from '../support/http/http.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { heading, open, press, signIn } from './browser.ts'
import { startClock } from './service-clock.ts'

export const PASSWORD = 'correct horse battery staple'
export const NEXT_PASSWORD = 'four other random words'
export const INVALID = 'The link or code is invalid or expired.'

interface Mail {
  id: string
  to: string
  subject: string
  text: string
  link?: string
}

const read = new Set<string>()

/** Returns the URL of the service under test. */
export const serviceUrl = () => inject('serviceUrl')

/** Starts another service for one test. @returns Its URL. */
export async function startOther(params: Record<string, string>, options?: string[]): Promise<string> {
  return (await useLocalService({ params, ...(options && { options }) })).url
}

/** Starts another service for one test, which begins with a minute of the service: no second one begins in it. @returns Its URL. */
export async function startAtMinute(params: Record<string, string>): Promise<string> {
  const clock = startClock()
  onTestFinished(clock.remove)
  const url = await startOther(params, clock.options)
  clock.beginMinute()
  return url
}

/** Returns the names of a user whom no other test has. */
export function newName(): { name: string; address: string } {
  const name = `ada${randomBytes(4).toString('hex')}`
  return { name, address: `${name}@example.org` }
}

/** Returns all mails, the newest first. */
export const mails = async (origin = serviceUrl()): Promise<Mail[]> =>
  (await fetch(`${origin}/mailbox.json`)).json() as Promise<Mail[]>

/** Waits for the next mail with a link to confirm, and returns the link and the code. */
export async function nextMail(to: string, origin = serviceUrl()): Promise<{ link: string; code: string }> {
  const unread = async () =>
    (await mails(origin)).findLast(
      (mail) => mail.to === to && !read.has(mail.id) && /confirm(?:\?lang=[\w-]+)?#/.test(mail.text),
    )
  await expect.poll(unread, { timeout: 15_000 }).toBeDefined()
  const { id = '', text = '', link = '' } = (await unread()) ?? {}
  read.add(id)
  return { link, code: /code: (\d{8})/.exec(text)?.[1] ?? '' }
}

/** Sends a JSON body. */
export const post = async (path: string, body: object, token?: string, method = 'POST') =>
  sendForAll(
    `${serviceUrl()}/${path}`,
    method,
    { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    JSON.stringify(body),
  )

export async function tokenOf(username: string, password = PASSWORD): Promise<string> {
  const { status, body } = await post('login', { username, password })
  expect(status).toBe(200)
  return JSON.parse(body).authToken
}

/** Creates the account of a link over HTTP. */
export async function confirmRegistration(link: string, username?: string): Promise<void> {
  const body = { token: link.replace(/.*=/, ''), password: PASSWORD, ...(username && { username }) }
  expect((await post('register/confirm', body)).status).toBe(200)
}

/** Creates an account over HTTP. */
export async function register(): Promise<{ name: string; address: string }> {
  const { name, address } = newName()
  expect((await post('register', { email: address })).status).toBe(202)
  await confirmRegistration((await nextMail(address)).link, name)
  return { name, address }
}

/** Asks for a new password over HTTP. */
export async function forget(login: string, to: string) {
  expect((await post('password/forgot', { login })).status).toBe(202)
  return nextMail(to)
}

export const ACCOUNT = 'Your account'
/** The rows of the list of sessions. */
export const rows = (page: Page) => page.locator('#sessions li')

/** Opens /account, and signs in on the way. */
export async function openAccount(
  username: string,
  { password = PASSWORD, path = 'account', origin = serviceUrl(), ...options }: Options = {},
): Promise<Page> {
  const page = await open(`${origin}/${path}`, options)
  await heading(page, 'Sign in').waitFor()
  await signIn(page, username, password)
  await heading(page, ACCOUNT).waitFor()
  await rows(page).first().waitFor()
  return page
}
type Options = Parameters<typeof open>[1] & { password?: string; path?: string; origin?: string }

/** Returns the claims of the access token on the page /signin. */
export async function claimsOf(page: Page) {
  const token = page.locator('#raw-token')
  await token.locator('.part-2').waitFor({ state: 'attached' })
  return decodeJwt(String(await token.textContent()))
}

/** The field of the section that is shown. */
export const newPassword = (page: Page) =>
  page.getByLabel('New password', { exact: true }).filter({ visible: true })

/** Types a new password. On pages with sign-ins by a mail, a new account needs none, and the part of the field is closed at first. */
export async function typePassword(page: Page, password: string): Promise<void> {
  const part = page.getByText('Choose a password (optional)').filter({ visible: true })
  await part.or(newPassword(page)).first().waitFor()
  if (!(await newPassword(page).isVisible())) await part.click()
  await newPassword(page).fill(password)
}

/** Types a new password, and presses a button. Waits for the title that the page has then, if it has another one. */
export async function choosePassword(page: Page, password: string, button: string, title?: string) {
  await typePassword(page, password)
  await press(page, button, title)
}

/** The field of the section that is shown. */
export const code = (page: Page) => page.getByLabel('Code from the mail').filter({ visible: true })

/** Asks for a mail on /register or /forgot. */
export async function askForMail(page: Page, label: string, value: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).fill(value)
  await press(page, 'Send mail', 'Check your mail')
}
