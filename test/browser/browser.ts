import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest'
import { root } from '../support/process/service-description.ts'

/** Path of the browser in Debian's package `chromium`. */
export const CHROMIUM = '/usr/bin/chromium'
const INSTALL = `The tests of the pages need Chromium at ${CHROMIUM}: apt-get install chromium.`

/** Arguments of every browser of the tests. */
export const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Arguments of Playwright that users do not have: they have the back/forward cache. */
const UNUSUAL = ['--disable-back-forward-cache']

/** How long a test waits for an element. */
const PATIENCE_MS = 15_000

/** The browser's own console message for each error response. The tests expect many of them. */
const EXPECTED =
  /^Failed to load resource: the server responded with a status of (400|401|403|404|422|429|503) /

/** The browser's message if a test fills a field before `autofocus` has moved the focus. Only pages of other services use it. */
const FILLED_EARLY = 'Autofocus processing was blocked because a document already has a focused element.'

/** How each page is tested: each width and each scheme once, because a scheme changes colours only. */
export const LOOKS = [
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
] as const

let browser: Browser | undefined

/**
 * Starts a browser for the tests of a file or a block. Without a browser the tests are skipped, or fail in CI.
 *
 * @param readArguments - Returns further arguments of Chromium, when it starts.
 */
export function useBrowser(readArguments: () => readonly string[] = () => []): void {
  beforeAll(async () => {
    const args = [...ARGUMENTS, ...readArguments()]
    if (existsSync(CHROMIUM)) {
      browser = await chromium.launch({ executablePath: CHROMIUM, args, ignoreDefaultArgs: UNUSUAL })
    } else if (process.env.CI) throw new Error(INSTALL)
    else console.warn(INSTALL)
  })
  beforeEach(({ skip }) => skip(browser === undefined, INSTALL))
  afterAll(() => browser?.close())
}

let areWaitsCounted = false

/** Makes each wait for an element an assertion, which Vitest demands of every test. Many tests of pages have no other. */
function countWaits(page: Page): void {
  if (areWaitsCounted) return
  areWaitsCounted = true
  const locators: Pick<Locator, 'waitFor'> = Object.getPrototypeOf(page.locator('html'))
  const { waitFor } = locators
  locators.waitFor = async function (options) {
    expect(await waitFor.call(this, options)).toBeUndefined()
  }
}

/**
 * Opens a page in a new browser profile.
 *
 * At the end of the test it expects no console message, no violation of the Content-Security-Policy, no exception, and no
 * request to another origin. This includes the tabs that the test opens in `page.context()`.
 *
 * @param url - The page may send requests to this origin only, and to `origins`.
 * @param options - Of Playwright. `width` is in pixels. `known` matches faults to ignore.
 */
export async function open(
  url: string,
  {
    width = 1280,
    known,
    origins = [],
    ...options
  }: BrowserContextOptions & { width?: number; known?: RegExp; origins?: readonly string[] } = {},
): Promise<Page> {
  if (browser === undefined) throw new Error(INSTALL)
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const allowed = [new URL(url).origin, ...origins]
  const faults: string[] = []
  await context.exposeFunction('reportViolation', (text: string) => faults.push(`CSP: ${text}`))
  // Each view of /signin would ask for a challenge, and all tests together for more than a source gets.
  await context.addInitScript(`if (globalThis.PublicKeyCredential)
    PublicKeyCredential.isConditionalMediationAvailable = async () => false`)
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (violation) =>
    reportViolation(violation.violatedDirective + ' ' + violation.blockedURI))`)
  context.on('console', (message) => {
    const [type, text] = [message.type(), message.text()]
    const isExpected = type === 'error' ? EXPECTED.test(text) : text === FILLED_EARLY
    if (!isExpected) faults.push(`${type}: ${text}`)
  })
  context.on('weberror', (error) => faults.push(String(error.error())))
  context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol !== 'data:' && !allowed.includes(origin)) faults.push(`request to ${origin}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults.filter((fault) => !known?.test(fault)).join('\n')).toBe('')
  })
  const page = await context.newPage()
  countWaits(page)
  // The clock runs normally until a test controls it.
  await page.clock.install()
  await page.goto(url)
  return page
}

/**
 * Opens a page in a browser with preferences, as a user sets them.
 *
 * @param preferences - Of Chromium, by their names in the file `Preferences`.
 */
export async function openWithPreferences(url: string, preferences: object): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'profile-'))
  mkdirSync(join(folder, 'Default'))
  writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences))
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: CHROMIUM,
    args: ARGUMENTS,
  })
  onTestFinished(async () => {
    await context.close()
    rmSync(folder, { recursive: true })
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = context.pages()[0] ?? (await context.newPage())
  countWaits(page)
  await page.goto(url)
  return page
}

/** Stops the clock of a page in a minute: Playwright refuses an instant that has passed by the time it reaches the page. */
export const pauseClock = async (page: Page) =>
  page.clock.pauseAt(await page.evaluate<number>('Date.now() + 60_000'))

/** Returns the title of a page. That of the sign-in page names the service, if the page leads on or has no demo. */
export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name: name === 'Sign in' ? SIGN_IN : name, exact: true })
const SIGN_IN = /^Sign in( to serverless-jwt-auth)?$/

/** Presses a button, and waits for the title that the page has then, if it has another one. */
export async function press(page: Page, name: string, title?: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click()
  if (title !== undefined) await heading(page, title).waitFor()
}

/** Goes back. A page that the browser restores does not load, so this waits for the change of the address. */
export const goBack = (page: Page) => page.goBack({ waitUntil: 'commit' })

/** Waits for an alert in a page, or in a part of it. */
export const alert = (within: Page | Locator, text: string) =>
  within.getByRole('alert').filter({ hasText: text, visible: true }).waitFor()
export const status = (page: Page, text: string) =>
  page.getByRole('status').filter({ hasText: text }).waitFor()
/** Returns how screen readers read a time of at most a minute. */
export const inWords = (seconds: number) =>
  seconds === 60 ? '1 minute' : `${seconds} second${seconds > 1 ? 's' : ''}`

/** Waits until an element has the focus. Pages move it after what is seen has changed. */
export const expectFocus = (page: Page, id: string | null) =>
  expect.poll(() => page.evaluate('document.activeElement.id')).toBe(id)

/** Signs in on the page /signin with the Enter key. */
export async function signIn(page: Page, username: string, password = username): Promise<void> {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.keyboard.press('Enter')
}

/** Lets a page be opened at `/prod/…` too, as at the own address of an API. @returns The paths that it requests. */
export async function underStage(page: Page): Promise<string[]> {
  const { origin } = new URL(page.url())
  const requested: string[] = []
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    requested.push(pathname)
    return route.continue({ url: `${origin}${pathname.replace(/^\/prod/, '')}` })
  })
  return requested
}

/**
 * Returns the texts of a page that wrap where they should not: links next to the brand, and words with a
 * hyphen.
 */
const WRAPPED = `(() => {
  const box = (element) => element.getBoundingClientRect()
  const links = [...document.querySelectorAll('.masthead > :not(:first-child)')]
  const isBroken = (lead) => [...lead.childNodes].some((node) =>
    [...(node.data ?? '').matchAll(/\\w+-\\w+/g)].some(({ index, 0: word }) => {
      const range = document.createRange()
      range.setStart(node, index)
      range.setEnd(node, index + word.length)
      return range.getClientRects().length > 1
    }))
  return [
    ...links.filter((link) => box(link).top >= box(link.previousElementSibling).bottom),
    ...[...document.querySelectorAll('.lead')].filter(isBroken),
  ].map(({ textContent }) => textContent)
})()`

/**
 * Takes a screenshot for `.results/screenshots`, and expects that the page fits its width, that nothing wraps which should
 * not, and that axe finds no violation.
 */
export async function inspect(page: Page, name: string): Promise<void> {
  await inspectWrapped(page, name)
  expect(await page.evaluate(WRAPPED)).toEqual([])
}

/** Inspects a page like {@link inspect}, in a language whose words may wrap anywhere. */
export async function inspectWrapped(page: Page, name: string): Promise<void> {
  mkdirSync(`${root}/.results/screenshots`, { recursive: true })
  await page.screenshot({ path: `${root}/.results/screenshots/${name}.png`, fullPage: true })
  expect(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  ).toBe(0)
  const notices =
    "[...document.querySelectorAll('.notice')].filter((one) => one.checkVisibility() && !one.textContent).length"
  expect(await page.evaluate(notices), 'notices without text').toBe(0)
  const results: AxeResults = await page.evaluate(`${axe.source}; axe.run()`)
  expect(
    results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
  ).toEqual([])
  expect(results.passes.length).toBeGreaterThan(10)
}
