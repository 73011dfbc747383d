import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { addByCommand } from '../oauth/add-by-command.ts'
import { wordsOf } from '../support/process/command.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { startServer } from '../verifiers/programs.ts'
import { serviceUrl } from './accounts.ts'
import { heading, open, press, signIn, useBrowser } from './browser.ts'
import { addUser, CODE_FROM_ANOTHER_SITE, cookiesOf, FROM_ANOTHER_SITE, signInTo, signOutAt } from './shop.ts'

// oidc-client-ts and openid-client sign users in, in the examples as they are, at another site than that of the service.

/** The commands that examples/README.md shows. */
const [, esbuild = '', node = ''] =
  /^npx (esbuild \S*oidc-spa.*)$.*^(node \S*oidc-server.*)$/ms.exec(
    readFileSync(join(root, 'examples/README.md'), 'utf8'),
  ) ?? []

const shows = (page: Page, text: string | RegExp) => page.getByText(text).waitFor()

describe('oidc-client-ts in a page', () => {
  // The page names these addresses. Chromium connects to free ports instead.
  const SERVICE = 'http://localhost:3000'
  const PAGE = 'http://127.0.0.1:5173'
  const NAME = 'Demo page'

  let service: Service
  const rules: string[] = []
  const stops: (() => unknown)[] = []
  beforeAll(async () => {
    service = await startService({ issuer: SERVICE })
    stops.push(() => service.stop())
    const command = (port: number) => `exec node_modules/.bin/${esbuild.replace('5173', String(port))}`
    const page = await startServer('sh', (port) => ['-c', command(port)])
    stops.push(page.stop)
    rules.push(`MAP localhost:3000 127.0.0.1:${new URL(service.url).port}`)
    rules.push(`MAP 127.0.0.1:5173 127.0.0.1:${page.port}`)
  })
  afterAll(() => Promise.all(stops.map((stop) => stop())))
  useBrowser(() => [`--host-resolver-rules=${rules.join(',')}`])

  /** Opens the page, and signs in at the service. */
  async function openSignedIn(): Promise<Page> {
    const page = await open(PAGE, { origins: [SERVICE] })
    await press(page, 'Sign in', `Sign in to continue to ${NAME}`)
    await signIn(page, 'user')
    await heading(page, `Continue as user to ${NAME}`).waitFor()
    await press(page, 'Continue')
    await shows(page, 'Signed in as user')
    return page
  }

  const tokensOf = async (page: Page): Promise<{ access_token: string; refresh_token: string }> =>
    JSON.parse(await page.evaluate('Object.values(sessionStorage)[0]'))

  test('signs in, refreshes, and reads userinfo with the new token', async () => {
    const page = await openSignedIn()
    expect(page.url()).toBe(`${PAGE}/`)
    const first = await tokensOf(page)
    await press(page, 'Refresh')
    await shows(page, /^The access token is valid until /)
    const next = await tokensOf(page)
    expect(next.access_token).not.toBe(first.access_token)
    expect(next.refresh_token).not.toBe(first.refresh_token)
    await press(page, 'Get userinfo')
    await shows(page, /^GET \/userinfo returned 200: \{"sub":"[\w-]{22}","preferred_username":"user"\}$/)
    await page.reload()
    await shows(page, 'Signed in as user')
  })

  test('signs in again without a password after it has signed out here', async () => {
    const page = await openSignedIn()
    await press(page, 'Sign out here')
    const cookies = cookiesOf(page)
    await press(page, 'Sign in', `Continue as user to ${NAME}`)
    await expect.poll(() => cookies).toEqual(FROM_ANOTHER_SITE)
    await press(page, 'Continue')
    await shows(page, 'Signed in as user')
  })

  test('signs the user out, if a refresh says that the grant has ended', async () => {
    const page = await openSignedIn()
    await signOutAt(SERVICE, page)
    await press(page, 'Refresh')
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    expect(await page.locator('output').textContent()).not.toBe('')
  })
})

/** The commands that docs/OAUTH.md shows for a new app. */
const [, adding = '', starting = ''] =
  /^\$ npm run clients -- add (my-app .*?) --local$.*^(CLIENT=my-app [^\n]*)$/ms.exec(
    readFileSync(join(root, 'docs/OAUTH.md'), 'utf8'),
  ) ?? []

describe('an app that was just registered', () => {
  let stop = () => {}
  afterAll(() => stop())
  useBrowser()

  test('signs a user in', async () => {
    const secret = await addByCommand(inject('dynamoDbUrl'), wordsOf(adding))
    const command = `export ${starting.replace('…', secret).replace(' node', '; exec node')}`
    const server = await startServer('sh', () => ['-c', command], { SERVICE: serviceUrl() })
    stop = server.stop
    const username = await addUser()
    const page = await open(`http://127.0.0.1:${server.port}`, { origins: [serviceUrl()] })
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signInTo(page, username, 'My app')
    await shows(page, `Signed in as ${username}`)
  })
})

describe('openid-client on a server', () => {
  const NAME = 'Demo shop'
  let url: string
  let stop = () => {}
  beforeAll(async () => {
    const server = await startServer('sh', () => ['-c', `exec ${node}`], { SERVICE: serviceUrl() })
    stop = server.stop
    url = `http://127.0.0.1:${server.port}`
  })
  afterAll(() => stop())
  useBrowser()

  /** Opens the app, and signs a new user in. */
  async function openSignedIn() {
    const username = await addUser()
    const page = await open(url, { origins: [serviceUrl()] })
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signInTo(page, username, NAME)
    await shows(page, `Signed in as ${username}`)
    return { page, username }
  }

  test('signs in, reads userinfo, and refreshes', async () => {
    const { page, username } = await openSignedIn()
    const who = () => page.getByText(`Signed in as ${username}`).textContent()
    const first = await who()
    await press(page, 'Refresh')
    // The page shows the end of the access token.
    await expect.poll(who).not.toBe(first)
    expect(page.url()).toBe(`${url}/`)
  })

  test('signs in again without a screen after it has signed out here', async () => {
    const { page, username } = await openSignedIn()
    await press(page, 'Sign out here')
    const cookies = cookiesOf(page)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await shows(page, `Signed in as ${username}`)
    await expect.poll(() => cookies).toEqual(CODE_FROM_ANOTHER_SITE)
  })

  test('signs the user out, if a refresh says that the grant has ended', async () => {
    const { page } = await openSignedIn()
    await signOutAt(serviceUrl(), page)
    await press(page, 'Refresh')
    await page.getByRole('link', { name: 'Start again' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
  })
})
