import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { expect, inject, test } from 'vitest'
import { tokenOf } from '../support/http/http.ts'
import { codeOf } from '../support/http/problems.ts'
import { startAtMinute, startOther } from './accounts.ts'
import { inspect, LOOKS, open, underStage, useBrowser } from './browser.ts'

const url = inject('serviceUrl')

useBrowser()

const problem = (status: number, title: string, detail: string) => ({
  status,
  body: { type: 'about:blank', title, status, detail, code: codeOf(status, detail) },
})
const UNAUTHORIZED = problem(401, 'Unauthorized', 'Could not validate credentials.')
const FORBIDDEN = problem(403, 'Forbidden', 'You do not have permission to access this resource.')

test('the content returns 401 without a token', async () => {
  const page = await openDocs()
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
  expect(await execute(page, 'get', '/admin')).toEqual(UNAUTHORIZED)
})

test('after POST /login as user the page is authorised for the user content only', async () => {
  const page = await openDocs()
  await login(page, 'user')
  expect(await execute(page, 'get', '/')).toEqual(userContent('user'))
  expect(await execute(page, 'get', '/admin')).toEqual(FORBIDDEN)
})

test('after POST /login as admin the page is authorised for both contents', async () => {
  const page = await openDocs()
  await login(page, 'admin')
  expect(await execute(page, 'get', '/')).toEqual(userContent('admin'))
  expect(await execute(page, 'get', '/admin')).toEqual({
    status: 200,
    body: { message: 'Admin only content.', username: 'admin', role: 'admin' },
  })
  await openDialog(page)
  await dialogOf(page).getByRole('button', { name: 'Logout' }).click()
  await closeDialog(page)
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
})

test('after POST /refresh the page uses the new token', async () => {
  const page = await openDocs()
  const { body } = await login(page, 'user')
  await openDialog(page)
  await dialogOf(page).getByRole('button', { name: 'Logout' }).click()
  await closeDialog(page)
  await execute(page, 'post', '/refresh', { refreshToken: body.refreshToken })
  expect(await execute(page, 'get', '/')).toEqual(userContent('user'))
})

test('the page accepts a token in the Authorize dialog', async () => {
  const token = await tokenOf(url, 'user')
  const page = await openDocs()
  await openDialog(page)
  const bearer = dialogOf(page).locator('.auth-container').filter({ hasText: 'Bearer' })
  await bearer.getByRole('textbox').fill(token)
  await bearer.getByRole('button', { name: 'Authorize' }).click()
  await closeDialog(page)
  expect(await execute(page, 'get', '/')).toEqual(userContent('user'))
})

test('a wrong password gets no token, and does not authorise the page', async () => {
  const page = await openDocs()
  expect(await login(page, 'user', 'wrong')).toEqual(
    problem(401, 'Unauthorized', 'Incorrect username or password.'),
  )
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
})

test('a reload discards the token', async () => {
  const page = await openDocs()
  await login(page, 'user')
  expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] })
  await page.reload()
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
})

test('an opened route fits a screen, and shows headers and error examples on demand', async () => {
  const page = await openDocs()
  const block = operation(page, 'get', '/admin')
  await block.getByRole('button').first().click()
  const errors = block.locator('.responses-table .response[data-code="403"]')
  await errors.waitFor()
  expect((await block.boundingBox())?.height).toBeLessThan(800)
  await errors.getByText('You do not have permission to access this resource.').first().waitFor()
  expect(await errors.locator('.model-example').isVisible()).toBe(false)
  await page.getByLabel('Show headers and error examples').check()
  expect(await errors.locator('.model-example').isVisible()).toBe(true)
  expect(await errors.locator('.headers-wrapper').isVisible()).toBe(true)
})

test('under the path of a stage the page loads its files and the description', async () => {
  const page = await open(`${url}/docs`)
  const requested = await underStage(page)
  await page.goto(`${url}/prod/docs`)
  await operation(page, 'get', '/').waitFor()
  expect(requested).toEqual(expect.arrayContaining(['/prod/docs', '/prod/openapi.json']))
  expect(requested.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

test('with an expired token, the content returns 401', async () => {
  const preload = fileURLToPath(new URL('../local/login-an-hour-ago.ts', import.meta.url))
  const page = await openDocs(await startOther({}, ['--import', preload]))
  await login(page, 'user')
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
})

test('after too many failed attempts, the page shows 429 and Retry-After for the correct password', async () => {
  const page = await openDocs(await startAtMinute({ limitUserAndSource: '1/60' }))
  await login(page, 'user', 'wrong')
  expect(await login(page, 'user')).toEqual(
    problem(429, 'Too Many Requests', 'Too many failed attempts. Try again later.'),
  )
  const header = operation(page, 'post', '/login').locator('.headerline', { hasText: /retry-after:/ })
  expect(await header.textContent()).toMatch(/^\s*retry-after: \d{1,2}\s*$/)
})

test.each(LOOKS)('the page fits and is accessible at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await open(`${url}/docs`, appearance)
  await operation(page, 'get', '/').waitFor()
  const take = (state: string) => inspect(page, `docs-${state}-${width}-${colorScheme}`)
  await take('list')
  await openDialog(page)
  await dialogOf(page).waitFor()
  await take('authorize')
  await closeDialog(page)
  await login(page, 'user')
  await execute(page, 'get', '/admin')
  await operation(page, 'put', '/password').getByRole('button').first().click()
  await operation(page, 'delete', '/sessions/{id}').getByRole('button').first().click()
  await take('tried')
  await page.getByLabel('Show headers and error examples').check()
  await take('details')
})

async function openDocs(origin = url): Promise<Page> {
  const page = await open(`${origin}/docs`)
  await operation(page, 'get', '/').waitFor()
  return page
}

const operation = (page: Page, method: string, path: string) =>
  page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) })

/** Sends a request with the Execute button. @returns Status and body of the shown response. */
async function execute(page: Page, method: string, path: string, body?: object) {
  const block = operation(page, method, path)
  const summary = block.getByRole('button').first()
  if ((await summary.getAttribute('aria-expanded')) === 'false') {
    await summary.click()
    await block.getByRole('button', { name: 'Try it out' }).click()
  }
  if (body !== undefined) await block.getByLabel('Request body').fill(JSON.stringify(body))
  const [response] = await Promise.all([
    page.waitForResponse((each) => each.request().method() === method.toUpperCase()),
    block.getByRole('button', { name: 'Execute' }).click(),
  ])
  const shown = block.locator('.live-responses-table tbody .response')
  await shown.filter({ hasText: String(response.status()) }).waitFor()
  const status = await shown.locator('.response-col_status').textContent()
  const text = await shown.locator('.highlight-code code').first().textContent()
  return { status: Number.parseInt(String(status), 10), body: JSON.parse(String(text)) }
}

const login = (page: Page, username: string, password = username) =>
  execute(page, 'post', '/login', { username, password })

const openDialog = (page: Page) => page.getByRole('button', { name: 'Authorize', exact: true }).click()

const dialogOf = (page: Page) => page.locator('.dialog-ux')

// The first close button is the cross in the corner.
const closeDialog = (page: Page) => dialogOf(page).getByRole('button', { name: 'Close' }).last().click()

const userContent = (username: string) => ({
  status: 200,
  body: { message: 'This content for authorised users only.', username, role: username },
})
