import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { saveProgram, startServer } from '../verifiers/programs.ts'
import { open, press, signIn, useBrowser } from './browser.ts'

// The examples run unchanged, with the addresses that they name. Chromium connects to free ports instead.

const SERVICE = 'http://localhost:3000'
const API = 'http://localhost:4000'
const PAGE = 'http://localhost:5173'

const PYTHON = '/usr/bin/python3'
const REACT = join(root, 'examples/react')
const INSTALL =
  'The examples need: apt-get install python3-fastapi python3-uvicorn python3-jwt && npm ci --prefix examples/react'
const isInstalled =
  existsSync(join(REACT, 'node_modules/react')) &&
  spawnSync(PYTHON, ['-c', 'import fastapi, uvicorn, jwt']).status === 0

let service: Service
const stops: (() => unknown)[] = []
beforeAll(async () => {
  if (!isInstalled && process.env.CI) throw new Error(INSTALL)
  service = await startService({ allowedOrigins: PAGE })
  stops.push(() => service.stop())
})
afterAll(() => Promise.all(stops.map((stop) => stop())))
beforeEach(({ skip }) => skip(!isInstalled, INSTALL))

const { scripts } = JSON.parse(readFileSync(join(REACT, 'package.json'), 'utf8'))
const ESBUILD = join(root, 'node_modules/.bin/esbuild')

/** Serves an example's page by the command that examples/README.md shows, on another port. */
const PAGES: Record<string, () => ReturnType<typeof startServer>> = {
  plain: () => startServer(ESBUILD, (port) => ['--servedir=examples/plain', `--serve=localhost:${port}`]),
  react: () =>
    startServer(
      'sh',
      (port) => ['-c', `exec node_modules/.bin/${scripts.start.replace('5173', port)}`],
      {},
      REACT,
    ),
}

describe.each(Object.keys(PAGES))('%s', (example) => {
  const rules: string[] = []
  beforeAll(async () => {
    if (!isInstalled) return
    const program = saveProgram('FastAPI and PyJWT', `${example}.py`)
    const api = await startServer(PYTHON, () => [program], { ISSUER: service.url })
    const page = await PAGES[example]?.()
    stops.push(api.stop, () => page?.stop())
    const connect = (origin: string, port: unknown) =>
      rules.push(`MAP ${new URL(origin).host} 127.0.0.1:${port}`)
    connect(SERVICE, new URL(service.url).port)
    connect(API, api.port)
    connect(PAGE, page?.port)
  })
  useBrowser(() => [`--host-resolver-rules=${rules.join(',')}`])

  // React's development build suggests a browser extension.
  const openExample = () => open(PAGE, { origins: [SERVICE, API], known: /React DevTools/ })
  const shows = (page: Page, text: string) => page.getByText(text).waitFor()
  const shownAfter = async (page: Page, button: string) => {
    await press(page, button)
    await page.getByText(/^GET \S+ returned/).waitFor()
    return page.locator('output').textContent()
  }

  test('a user signs in, gets the content of the role, and signs out', async () => {
    const page = await openExample()
    await signIn(page, 'user', 'wrong')
    await shows(page, 'Incorrect username or password.')
    await signIn(page, 'user')
    await shows(page, 'Signed in as user, role user')
    expect(await shownAfter(page, 'Get content')).toMatch(/^GET \/ returned 200: \{"sub":"[\w-]{22}"\}$/)
    await press(page, 'Get admin content')
    await shows(page, 'GET /admin returned 403: {"detail":"Forbidden"}')
    await press(page, 'Sign out')
    await page.getByLabel('Username').waitFor()
    await signIn(page, 'admin')
    await shows(page, 'Signed in as admin, role admin')
    expect(await shownAfter(page, 'Get admin content')).toMatch(/^GET \/admin returned 200/)
  })

  test('a reload stays signed in, and scripts can read no token in storage', async () => {
    const page = await openExample()
    await signIn(page, 'user')
    await shows(page, 'Signed in as user, role user')
    await page.reload()
    await shows(page, 'Signed in as user, role user')
    expect(await shownAfter(page, 'Get content')).toMatch(/^GET \/ returned 200/)
    const stored = `indexedDB.databases().then((databases) =>
      [document.cookie, { ...localStorage }, { ...sessionStorage }, databases])`
    expect(await page.evaluate(stored)).toEqual(['', {}, {}, []])
  })

  test('a page shows the reason if the service does not respond', async () => {
    const page = await open(PAGE, { origins: [SERVICE, API], known: /React DevTools|Failed to load/ })
    await page.route(`${SERVICE}/refresh`, (route) => route.abort())
    await page.reload()
    await shows(page, 'The service did not respond.')
  })

  test('a second tab is signed in, and signing out in one signs out in both', async () => {
    const page = await openExample()
    await signIn(page, 'user')
    await shows(page, 'Signed in as user, role user')
    const other = await page.context().newPage()
    await other.goto(PAGE)
    await shows(other, 'Signed in as user, role user')
    await press(other, 'Sign out')
    await page.getByLabel('Username').waitFor()
    await other.getByLabel('Username').waitFor()
    await signIn(page, 'admin')
    await shows(other, 'Signed in as admin, role admin')
  })

  test('the API gets no cookie, but other servers on localhost do', async () => {
    const page = await openExample()
    await signIn(page, 'user')
    await shows(page, 'Signed in as user, role user')
    const [request] = await Promise.all([page.waitForRequest(`${API}/`), press(page, 'Get content')])
    expect(await request.headerValue('cookie')).toBe(null)
    const [reload] = await Promise.all([page.waitForRequest(`${PAGE}/`), page.reload()])
    expect(await reload.headerValue('cookie')).toMatch(/^__Host-refresh=/)
  })
})
