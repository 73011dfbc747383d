import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Service, startService } from '../support/service.ts'
import { LOOKS, look, open, useBrowser } from './browser.ts'

const url = inject('serviceUrl')

useBrowser()

async function openDocs(origin = url): Promise<Page> {
  const page = await open(`${origin}/docs`)
  await operation(page, 'get', '/').waitFor()
  return page
}

const operation = (page: Page, method: string, path: string) =>
  page.locator(`.opblock-${method}`).filter({ has: page.locator(`[data-path="${path}"]`) })

/** Sends a request as a reader does, with Execute. @returns What is shown as the answer: its status and its body. */
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
// The first of them is the cross in the corner.
const closeDialog = (page: Page) => dialogOf(page).getByRole('button', { name: 'Close' }).last().click()

/** Signs in by POST /login, and gives the token to Authorize. */
async function signInAs(page: Page, username: string): Promise<void> {
  const { body } = await login(page, username)
  await openDialog(page)
  await dialogOf(page).getByRole('textbox').fill(body.authToken)
  await dialogOf(page).getByRole('button', { name: 'Authorize' }).click()
  await closeDialog(page)
}

const problem = (status: number, title: string, detail: string) => ({
  status,
  body: { type: 'about:blank', title, status, detail },
})
const UNAUTHORIZED = problem(401, 'Unauthorized', 'Could not validate credentials.')
const userContent = (username: string) => ({
  status: 200,
  body: { message: 'This content for authorised users only.', username, role: username },
})

test('without a token the content is refused with 401', async () => {
  const page = await openDocs()
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
  expect(await execute(page, 'get', '/admin')).toEqual(UNAUTHORIZED)
})

test('with the token from login, given to Authorize, the user gets the user content and no more', async () => {
  const page = await openDocs()
  await signInAs(page, 'user')
  expect(await execute(page, 'get', '/')).toEqual(userContent('user'))
  expect(await execute(page, 'get', '/admin')).toEqual(
    problem(403, 'Forbidden', 'You do not have permission to access this resource.'),
  )
})

test('with the token of an administrator both contents are there, until it is taken out again', async () => {
  const page = await openDocs()
  await signInAs(page, 'admin')
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

test('a wrong password gets no token', async () => {
  const page = await openDocs()
  expect(await login(page, 'user', 'wrong')).toEqual(
    problem(401, 'Unauthorized', 'Incorrect username or password.'),
  )
})

test('a token is forgotten when the page is loaded again', async () => {
  const page = await openDocs()
  await signInAs(page, 'user')
  expect(await page.context().storageState({ indexedDB: true })).toEqual({ cookies: [], origins: [] })
  await page.reload()
  expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
})

test('under the path of a stage the page finds its files and the description', async () => {
  const page = await open(`${url}/docs`)
  const asked: string[] = []
  await page.route(`${url}/**`, (route) => {
    const { pathname } = new URL(route.request().url())
    asked.push(pathname)
    return route.continue({ url: `${url}${pathname.replace(/^\/prod/, '')}` })
  })
  await page.goto(`${url}/prod/docs`)
  await operation(page, 'get', '/').waitFor()
  expect(asked).toEqual(expect.arrayContaining(['/prod/docs', '/prod/openapi.json']))
  expect(asked.filter((path) => !path.startsWith('/prod/'))).toEqual([])
})

describe('with a token that has expired', () => {
  const preload = fileURLToPath(new URL('../support/login-an-hour-ago.ts', import.meta.url))
  let service: Service
  beforeAll(async () => {
    service = await startService({}, ['--import', preload])
  })
  afterAll(() => service.stop())

  test('the content is refused with 401', async () => {
    const page = await openDocs(service.url)
    await signInAs(page, 'user')
    expect(await execute(page, 'get', '/')).toEqual(UNAUTHORIZED)
  })
})

describe('after too many failures', () => {
  let service: Service
  beforeAll(async () => {
    service = await startService({ limitUserAndSource: '1/60' })
  })
  afterAll(() => service.stop())

  test('the right password is refused too, with the seconds to wait in a header', async () => {
    const page = await openDocs(service.url)
    await login(page, 'user', 'wrong')
    expect(await login(page, 'user')).toEqual(
      problem(429, 'Too Many Requests', 'Too many failed attempts. Try again later.'),
    )
    const header = operation(page, 'post', '/login').locator('.headerline', { hasText: /retry-after:/ })
    expect(await header.textContent()).toMatch(/^\s*retry-after: \d{1,2}\s*$/)
  })
})

test.each(LOOKS)('is fit to be seen and heard at $width pixels, $colorScheme', async (appearance) => {
  const { width, colorScheme } = appearance
  const page = await open(`${url}/docs`, appearance)
  await operation(page, 'get', '/').waitFor()
  const seen = (state: string) => look(page, `docs-${state}-${width}-${colorScheme}`)
  await seen('list')
  await openDialog(page)
  await dialogOf(page).waitFor()
  await seen('authorize')
  await closeDialog(page)
  await signInAs(page, 'user')
  await execute(page, 'get', '/admin')
  await operation(page, 'put', '/password').getByRole('button').first().click()
  await operation(page, 'delete', '/sessions/{id}').getByRole('button').first().click()
  await seen('tried')
})
