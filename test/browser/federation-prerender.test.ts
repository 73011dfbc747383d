import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startFarEnd } from '../federation/far-end.ts'
import { listen } from '../local/aws-service.ts'
import { serviceUrl } from './accounts.ts'
import { ARGUMENTS, CHROMIUM } from './browser.ts'
import { addProvider } from './identity-provider.ts'

// DevTools, and so Playwright, turn prerendering off. This browser has none: a page of the service's origin acts, and a proxy sees all.

const PROVIDER = 'prerendered'

test.skipIf(!existsSync(CHROMIUM) && !process.env.CI).each([
  ['the page that a provider leads to', 'response'],
  ['the sign-in page of a tab with a response', 'signin'],
  ['the account page of a tab with a response', 'account'],
])('%s uses no response before its user opens it, and then once', async (_what, kind) => {
  const { origin, seen, isShown } = await startProxy(kind)
  await addFarEnd()
  startBrowser(`${origin}/lure`)
  await isShown
  const prerendered = seen.filter(({ isPrerendered }) => isPrerendered).map(({ route }) => route)
  const pages = ['GET /signin', 'GET /account', `GET /signin/${PROVIDER}`]
  expect(prerendered.filter((route) => pages.includes(route))).toEqual([`GET ${pathOf(kind)}`])
  expect(prerendered.filter((route) => route.startsWith('POST'))).toEqual([])
  const routes = seen.map(({ route }) => route)
  expect(routes.filter((route) => route === 'POST /login/provider')).toHaveLength(1)
  expect(routes.indexOf('POST /login/provider')).toBeGreaterThan(routes.indexOf('GET /opened'))
})

const pathOf = (kind: string) => (kind === 'response' ? `/signin/${PROVIDER}` : `/${kind}`)

/** Begins a sign-in or a link, makes the browser prerender a page, and opens it when it sends nothing more. */
const lure = (kind: string) => `<!doctype html><title>Lure</title><script type="module">
  const headers = { 'Content-Type': 'application/json' }
  const post = async (path, body) =>
    (await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) })).json()
  const isLink = ${kind === 'account'}
  if (isLink) await post('/login', { username: 'user', password: 'user', session: 'cookie' })
  const purpose = isLink ? 'link' : 'sign-in'
  const begun = await post('/login/provider/options', { provider: '${PROVIDER}', purpose })
  const state = new URL(begun.authorizationUrl).searchParams.get('state')
  await fetch('/nonce?' + new URL(begun.authorizationUrl).searchParams)
  const query = String(new URLSearchParams({ code: 'a-code', state }))
  const isKept = ${kind !== 'response'}
  if (isKept) sessionStorage.setItem('provider-response', JSON.stringify({ provider: '${PROVIDER}', query }))
  const url = '${pathOf(kind)}' + (isKept ? '' : '?' + query)
  const rules = document.createElement('script')
  rules.type = 'speculationrules'
  rules.textContent = JSON.stringify({ prerender: [{ urls: [url], eagerness: 'immediate' }] })
  document.head.append(rules)
  await fetch('/idle')
  await fetch('/opened')
  location.href = url
</script>`

/** A script of each page, before its own ones. With Web Locks, a prerendered page would wait for the session's lock, for a while. */
const FIRST = 'delete Navigator.prototype.locks'

/** The last script of each page. It reports when the others have begun, and when the page shows where the response led. */
const LAST = `if (document.prerendering) await fetch('/has-run')
  const tell = () => {
    if (!document.querySelector('#identity, #change-dialog[open], .notice.error')) return
    observer.disconnect()
    fetch('/shown')
  }
  const observer = new MutationObserver(tell)
  observer.observe(document, { subtree: true, childList: true, attributes: true })
  tell()`

/** A page that has sent nothing for this time sends nothing more by itself. */
const IDLE_MS = 700

const SCRIPTS = '<script src="/first.js"></script><script type="module" src="/last.js"></script>'

/** Serves the service and the lure at one origin, and notes all requests. */
async function startProxy(kind: string) {
  const seen: { route: string; isPrerendered: boolean }[] = []
  const idle = Promise.withResolvers<void>()
  const shown = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  const own: Record<string, (response: ServerResponse, query: URLSearchParams) => unknown> = {
    '/lure': (response) => response.setHeader('Content-Type', 'text/html').end(lure(kind)),
    '/first.js': (response) => sendScript(response, FIRST),
    '/last.js': (response) => sendScript(response, LAST),
    '/nonce': (response, query) => {
      claims.nonce = query.get('nonce')
      response.end()
    },
    '/idle': (response) => idle.promise.then(() => response.end()),
    '/opened': (response) => response.end(),
    '/has-run': (response) => {
      timer = setTimeout(idle.resolve, IDLE_MS)
      response.end()
    },
    '/shown': (response) => {
      shown.resolve()
      response.end()
    },
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://proxy')
    const isPrerendered = /prerender/.test(String(request.headers['sec-purpose']))
    seen.push({ route: `${request.method} ${pathname}`, isPrerendered })
    if (own[pathname]) return own[pathname](response, searchParams)
    const wait = () => timer?.refresh()
    wait()
    response.on('finish', wait)
    return pass(request, response)
  })
  const { port, stop } = await listen(server)
  onTestFinished(stop)
  return { origin: `http://localhost:${port}`, seen, isShown: shown.promise }
}

const sendScript = (response: ServerResponse, script: string) =>
  response.setHeader('Content-Type', 'text/javascript').end(script)

/** Passes a request on, as if its page were at the address of the service. Pages get two scripts more. */
function pass(request: IncomingMessage, response: ServerResponse): void {
  const { 'accept-encoding': _, ...headers } = request.headers
  const origin = headers.origin && { origin: serviceUrl() }
  const options = {
    method: request.method,
    headers: { ...headers, host: new URL(serviceUrl()).host, ...origin },
  }
  const passed = send(new URL(String(request.url), serviceUrl()), options, (answer) => {
    const isPage = /^text\/html/.test(String(answer.headers['content-type']))
    const { 'content-length': __, ...others } = answer.headers
    response.writeHead(Number(answer.statusCode), isPage ? others : answer.headers)
    answer.on('end', () => response.end(isPage ? SCRIPTS : ''))
    answer.pipe(response, { end: false })
  })
  request.pipe(passed)
}

let claims: Record<string, unknown> = {}

async function addFarEnd(): Promise<void> {
  const farEnd = await startFarEnd()
  claims = farEnd.claims
  await addProvider(farEnd.provider({ id: PROVIDER, name: 'Prerendered' }))
}

function startBrowser(url: string): void {
  const profile = mkdtempSync(join(tmpdir(), 'profile-'))
  const child = spawn(CHROMIUM, [...ARGUMENTS, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
    detached: true,
  })
  onTestFinished(async () => {
    process.kill(-Number(child.pid))
    await new Promise((resolve) => child.once('close', resolve))
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  })
}
