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
])('%s uses no response before its user opens it, and then once', async (_what, kind) => {
  const { origin, seen, isDone } = await startProxy(kind)
  await addFarEnd()
  startBrowser(`${origin}/lure`)
  await isDone
  const prerendered = seen.filter(({ isPrerendered }) => isPrerendered).map(({ route }) => route)
  expect(prerendered).toContain(kind === 'signin' ? 'GET /signin' : `GET /signin/${PROVIDER}`)
  expect(prerendered.filter((route) => route.startsWith('POST'))).toEqual([])
  const routes = seen.map(({ route }) => route)
  expect(routes.filter((route) => route === 'POST /login/provider')).toHaveLength(1)
  expect(routes.indexOf('POST /login/provider')).toBeGreaterThan(routes.indexOf('GET /opened'))
})

/** Begins a sign-in, makes the browser prerender a page, and opens it when its script has run. */
const lure = (kind: string) => `<!doctype html><title>Lure</title><script type="module">
  const body = JSON.stringify({ provider: '${PROVIDER}' })
  const headers = { 'Content-Type': 'application/json' }
  const begun = await (await fetch('/login/provider/options', { method: 'POST', headers, body })).json()
  const state = new URL(begun.authorizationUrl).searchParams.get('state')
  await fetch('/nonce?' + new URL(begun.authorizationUrl).searchParams)
  const query = String(new URLSearchParams({ code: 'a-code', state }))
  const isSignin = ${kind === 'signin'}
  if (isSignin) sessionStorage.setItem('provider-response', JSON.stringify({ provider: '${PROVIDER}', query }))
  const url = isSignin ? '/signin' : '/signin/${PROVIDER}?' + query
  const rules = document.createElement('script')
  rules.type = 'speculationrules'
  rules.textContent = JSON.stringify({ prerender: [{ urls: [url], eagerness: 'immediate' }] })
  document.head.append(rules)
  await fetch('/ran')
  await fetch('/opened')
  location.href = url
</script>`

/** A script of each page, before its own ones. With Web Locks, a prerendered page would wait for the session's lock, for a while. */
const FIRST = 'delete Navigator.prototype.locks'

/** The last script of each page: the others have run. */
const LAST = "if (document.prerendering) await fetch('/has-run')"

const SCRIPTS = '<script src="/first.js"></script><script type="module" src="/last.js"></script>'

/** Serves the service and the lure at one origin, and notes all requests. */
async function startProxy(kind: string) {
  const seen: { route: string; isPrerendered: boolean }[] = []
  const ran = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const own: Record<string, (response: ServerResponse, query: URLSearchParams) => unknown> = {
    '/lure': (response) => response.setHeader('Content-Type', 'text/html').end(lure(kind)),
    '/first.js': (response) => sendScript(response, FIRST),
    '/last.js': (response) => sendScript(response, LAST),
    '/nonce': (response, query) => {
      claims.nonce = query.get('nonce')
      response.end()
    },
    '/ran': (response) => ran.promise.then(() => response.end()),
    '/opened': (response) => response.end(),
    '/has-run': (response) => {
      ran.resolve()
      response.end()
    },
  }
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(String(request.url), 'http://proxy')
    const isPrerendered = /prerender/.test(String(request.headers['sec-purpose']))
    seen.push({ route: `${request.method} ${pathname}`, isPrerendered })
    if (own[pathname]) return own[pathname](response, searchParams)
    if (pathname === '/login/provider') response.on('finish', () => done.resolve())
    return pass(request, response)
  })
  const { port, stop } = await listen(server)
  onTestFinished(stop)
  return { origin: `http://localhost:${port}`, seen, isDone: done.promise }
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
