import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Page } from 'playwright-core'
import { expect, onTestFinished, test } from 'vitest'
import type { Auth } from '../../client/client.js'
import { listen } from '../local/aws-service.ts'
import { startAppWithService } from './app-server.ts'
import { open, openWithPreferences, useBrowser } from './browser.ts'

useBrowser()

const { app, origin, service } = await startAppWithService(
  (url, path) => `<title>App</title>
      ${path === '/bare' ? "<script>Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }); delete window.BroadcastChannel</script>" : ''}
      <script type="module">
        import { createAuth } from '${url}/client.js'
        const apis = new URLSearchParams(location.search).getAll('api')
        globalThis.auth = createAuth({ url: '${url}', apis })
      </script>`,
)

/** What runs in a page. */
declare const auth: Auth

test('a redirect to another origin does not take the access token there', async () => {
  const received: (string | undefined)[] = []
  const foreign = await startApi(({ headers }, response) => {
    received.push(headers.authorization)
    response.end('foreign')
  })
  const api = await startApi(({ headers, url }, response) => {
    received.push(headers.authorization)
    const location = url === '/away' ? `http://localhost:${foreign}/` : '/there'
    if (url === '/there') response.end('there')
    else response.writeHead(307, { Location: location }).end()
  })
  const origin = `http://localhost:${api}`
  const page = await open(appUrl(`/?api=${origin}`), {
    origins: [service.url, origin, `http://localhost:${foreign}`],
  })
  await signIn(page)
  const get = (path: string) =>
    page.evaluate(async (url) => (await auth.fetch(url)).text(), `${origin}${path}`)
  expect(await get('/here')).toBe('there')
  expect(received.splice(0)).toEqual([expect.stringMatching(/^Bearer /), expect.stringMatching(/^Bearer /)])
  expect(await get('/away')).toBe('foreign')
  expect(received).toEqual([expect.stringMatching(/^Bearer /), undefined])
})

test('a user stays signed in with third-party cookies blocked', async () => {
  const third = await startApi(({ headers, url }, response) => {
    if (url === '/set') response.setHeader('Set-Cookie', 'seen=1; SameSite=None; Secure')
    response.end(headers.cookie ?? 'none')
  })
  const page = await openWithPreferences(appUrl('/bare'), {
    profile: { cookie_controls_mode: 1, block_third_party_cookies: true },
  })
  const cookieSeen = () =>
    page.evaluate(async (url) => {
      await fetch(`${url}/set`, { credentials: 'include' })
      return (await fetch(`${url}/get`, { credentials: 'include' })).text()
    }, `http://localhost:${third}`)
  expect(await cookieSeen()).toBe('seen=1')
  // Another site than localhost.
  await page.goto(`http://127.0.0.1:${app.port}/bare`)
  expect(await cookieSeen()).toBe('none')

  await page.goto(appUrl())
  expect(await signIn(page)).toBe('user')
  await page.reload()
  expect(await sessionKnown(page)).toEqual(['string', 'user'])
})

test('with all cookies and storage blocked, a user is signed in until a reload', async () => {
  // 2 blocks.
  const page = await openWithPreferences(appUrl(), {
    profile: { default_content_setting_values: { cookies: 2 } },
  })
  expect(await page.evaluate('try { localStorage.length } catch (error) { error.name }')).toBe(
    'SecurityError',
  )
  expect(await signIn(page)).toBe('user')
  expect(await sessionKnown(page)).toEqual(['string', 'user'])
  await page.reload()
  expect(await sessionKnown(page)).toEqual(['undefined', undefined])
  expect(await page.evaluate(() => auth.user)).toBeNull()
})

test('without Web Locks and BroadcastChannel, tabs that open at once are all signed in', async () => {
  const first = await open(appUrl('/bare'), { origins: [service.url] })
  expect(await first.evaluate('[navigator.locks, window.BroadcastChannel]')).toEqual([undefined, undefined])
  await signIn(first)
  const tabs = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const tab = await first.context().newPage()
      await tab.goto(appUrl('/bare'))
      return tab
    }),
  )
  const known = await Promise.all(tabs.map(sessionKnown))
  expect(known).toEqual(tabs.map(() => ['string', 'user']))
  await first.reload()
  expect(await sessionKnown(first)).toEqual(['string', 'user'])
})

const appUrl = (path = '/') => `${origin}${path}`

const signIn = (page: Page) =>
  page.evaluate(async () => {
    const user = await auth.signIn({ username: 'user', password: 'user' })
    return user.next ?? user.username
  })

const sessionKnown = (page: Page) =>
  page.evaluate(async () => [typeof (await auth.getAccessToken()), auth.user?.username])

/** Starts a server that pages of all origins may read, cookies included. @returns Its port. */
async function startApi(respond: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*')
    response.setHeader('Access-Control-Allow-Credentials', 'true')
    response.setHeader('Access-Control-Allow-Headers', 'authorization')
    if (request.method === 'OPTIONS') response.end()
    else respond(request, response)
  })
  const { port, stop } = await listen(server)
  onTestFinished(stop)
  return port
}
