import { existsSync, mkdirSync } from 'node:fs'
import axe, { type AxeResults } from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest'
import { root } from '../support/service-description.ts'

/** Where Debian's package `chromium` puts it. */
const CHROMIUM = '/usr/bin/chromium'
const INSTALL = `The pages need a browser to be tested in: apt-get install chromium (looked for ${CHROMIUM}).`

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** How long a page may take to show what it is waited for. */
const PATIENCE_MS = 15_000

/** What the browser itself says of every answer that is an error; the tests are full of those. */
const EXPECTED = /^Failed to load resource: the server responded with a status of (401|403|404|422|429) /

/** Each look that a page must have: telephone and desk, by day and by night. */
export const LOOKS = [360, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

let browser: Browser | undefined

/** Starts a browser for the tests of a file. Where there is none they count as skipped; in CI they fail. */
export function useBrowser(): void {
  beforeAll(async () => {
    if (existsSync(CHROMIUM)) browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
    else if (process.env.CI) throw new Error(INSTALL)
    else console.warn(INSTALL)
  })
  beforeEach(({ skip }) => skip(browser === undefined, INSTALL))
  afterAll(() => browser?.close())
}

/**
 * Opens a page with a profile of its own, and sees at the end of the test that all went by the rules: nothing on the
 * console, no violation of the Content-Security-Policy, no exception, and no request to another origin.
 *
 * @param url - Its origin is the only one that may be asked.
 * @param options - Of Playwright; `width` in pixels; `known` are faults that there may be.
 */
export async function open(
  url: string,
  { width = 1280, known, ...options }: BrowserContextOptions & { width?: number; known?: RegExp } = {},
): Promise<Page> {
  if (browser === undefined) throw new Error(INSTALL)
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    reducedMotion: 'reduce',
    ...options,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const faults: string[] = []
  await page.exposeFunction('reportViolation', (text: string) => faults.push(`CSP: ${text}`))
  await page.addInitScript(`document.addEventListener('securitypolicyviolation', (violation) =>
    reportViolation(violation.violatedDirective + ' ' + violation.blockedURI))`)
  page.on('console', (message) => {
    const isExpected = message.type() === 'error' && EXPECTED.test(message.text())
    if (!isExpected) faults.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol !== 'data:' && origin !== new URL(url).origin) faults.push(`asks ${origin}`)
  })
  onTestFinished(async () => {
    await context.close()
    expect(faults.filter((fault) => !known?.test(fault))).toEqual([])
  })
  // Time goes by as ever, until a test takes it into its hands.
  await page.clock.install()
  await page.goto(url)
  return page
}

/**
 * Looks at the page as it is now: takes its picture for `.results/screenshots`, and sees that it fits its width and
 * that axe finds nothing.
 */
export async function look(page: Page, name: string): Promise<void> {
  mkdirSync(`${root}/.results/screenshots`, { recursive: true })
  await page.screenshot({ path: `${root}/.results/screenshots/${name}.png`, fullPage: true })
  expect(
    await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  ).toBe(0)
  const results: AxeResults = await page.evaluate(`${axe.source}; axe.run()`)
  expect(
    results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
  ).toEqual([])
  expect(results.passes.length).toBeGreaterThan(10)
}
