import '../support/process/real-argon2.ts'
import { randomBytes } from 'node:crypto'
import type { BrowserContext, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Service, startService } from '../support/process/service.ts'
import { operator, tableAt } from '../support/users/sessions.ts'
import { type AppServer, startAppServer } from './app-server.ts'
import { open, useBrowser } from './browser.ts'

let allowed: AppServer
let hostile: AppServer
let service: Service

/** An allowed page in a sandbox has the origin `null`. */
const SANDBOX = '<iframe sandbox="allow-scripts allow-forms" srcdoc="<title>Sandbox</title>"></iframe>'

useBrowser()

beforeAll(async () => {
  const render = (path: string) => `<title>Page</title>${path === '/sandbox' ? SANDBOX : ''}`
  ;[allowed, hostile] = await Promise.all([startAppServer(render), startAppServer(render)])
  service = await startService({ allowedOrigins: `http://localhost:${allowed.port}` })
})

afterAll(async () => {
  allowed.stop()
  hostile.stop()
  await service.stop()
})

/** Routes that set, read or delete the cookie, with a body that would change something. */
const ROUTES: Record<string, object> = {
  login: { username: 'admin', password: 'admin', session: 'cookie' },
  'register/confirm': { token: 'AAAA', password: 'correct horse battery staple', session: 'cookie' },
  refresh: {},
  logout: { everywhere: true },
}

interface Attempt {
  url: string
  json: string
}

const JSON_TYPE = 'application/json'

/** Returns the code of a page that sends a request by `fetch`. */
const fetched =
  (init: object) =>
  ({ url, json }: Attempt) =>
    `fetch('${url}', { method: 'POST', body: '${json}', ...${JSON.stringify(init)} })`

/** Returns the code of a page that submits a form, to a frame or as a new page. */
const submitted =
  (enctype: string, target: string) =>
  ({ url, json }: Attempt) => {
    // As plain text, this is the JSON and another member: name and value with `=` between them.
    const name = `${json.slice(0, -1)}${json === '{}' ? '' : ','}"x":"`
    // The page may be gone before the evaluation has a result.
    return `void setTimeout(() => {
      document.body.innerHTML = '<iframe name="inner"></iframe><form method="post"><input></form>'
      const form = document.querySelector('form')
      Object.assign(form, { action: '${url}', enctype: '${enctype}', target: '${target}' })
      Object.assign(form.firstChild, { name: '${name}', value: '"}' })
      form.submit()
    })`
  }

/** Returns the code of a page that loads the URL as a part of itself. */
const embedded =
  (tag: string, attribute: string) =>
  ({ url }: Attempt) =>
    `document.body.append(Object.assign(document.createElement('${tag}'), { ${attribute}: '${url}', rel: 'stylesheet' }))`

const HOWS: Record<string, (attempt: Attempt) => string> = {
  'a form in a frame': submitted('application/x-www-form-urlencoded', 'inner'),
  'a form of plain text in a frame': submitted('text/plain', 'inner'),
  'a form of several parts in a frame': submitted('multipart/form-data', 'inner'),
  'a form of plain text as the page': submitted('text/plain', '_self'),
  'an image': embedded('img', 'src'),
  'a script': embedded('script', 'src'),
  'a style': embedded('link', 'href'),
  'a frame': embedded('iframe', 'src'),
  'fetch without CORS': fetched({ mode: 'no-cors', credentials: 'include' }),
  'fetch without CORS, as JSON': fetched({
    mode: 'no-cors',
    credentials: 'include',
    headers: { 'Content-Type': JSON_TYPE },
  }),
  'fetch of plain text with credentials': fetched({ credentials: 'include' }),
  'fetch of plain text without credentials': fetched({ credentials: 'omit' }),
  'fetch of JSON with credentials': fetched({
    credentials: 'include',
    headers: { 'Content-Type': JSON_TYPE },
  }),
  'fetch of JSON without credentials': fetched({
    credentials: 'omit',
    headers: { 'Content-Type': JSON_TYPE },
  }),
  'a beacon of text': ({ url, json }) => `navigator.sendBeacon('${url}', '${json}')`,
  'a beacon of JSON': ({ url, json }) =>
    `navigator.sendBeacon('${url}', new Blob(['${json}'], { type: '${JSON_TYPE}' }))`,
}

interface Place {
  page(): string
  /** Whether the browser sends the cookie: only then is the cookie what the service rejects. */
  isSameSite: boolean
  frame?: (page: Page) => Frame
}

const PLACES: Record<string, Place> = {
  'another port of localhost': { page: () => `http://localhost:${hostile.port}/`, isSameSite: true },
  '127.0.0.1': { page: () => `http://127.0.0.1:${hostile.port}/`, isSameSite: false },
  'a sandboxed frame of the allowed origin': {
    page: () => `http://localhost:${allowed.port}/sandbox`,
    isSameSite: false,
    frame: (page) => page.frames()[1] as Frame,
  },
}

test('pages of other origins can neither use nor change the session in the cookie', async () => {
  const { scan } = operator(tableAt(service.dynamoDbUrl))
  const own = await open(`http://localhost:${allowed.port}/`, {
    origins: [service.url, `http://localhost:${hostile.port}`, `http://127.0.0.1:${hostile.port}`, 'null'],
    known: /./,
  })
  const context = own.context()
  expect(await ownRequest(own, 'login', { username: 'user', password: 'user', session: 'cookie' })).toBe(200)
  const [before, cookie] = [await scan(), await cookieOf(context)]
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict' })

  let attempts = 0
  for (const [place, { page: pageUrl, frame, isSameSite }] of Object.entries(PLACES)) {
    const refusals = new Map<string, number>()
    for (const [how, codeOf] of Object.entries(HOWS)) {
      for (const [route, body] of Object.entries(ROUTES)) {
        const page = await context.newPage()
        await page.goto(pageUrl())
        const seen = requestsSeen().length
        const path = `/${route}?attempt=${randomBytes(8).toString('hex')}`
        const code = codeOf({ url: service.url + path, json: JSON.stringify(body) })
        const target = frame?.(page) ?? page
        const outcome = await target
          .evaluate(`Promise.resolve(${code}).then(() => '', (error) => String(error))`)
          .catch((error) => String(error))
        const what = `${how} at ${place}, ${route}: ${outcome}`
        await expect.poll(() => requestsSeen().length, { message: what }).toBeGreaterThan(seen)
        for (const { method, status } of requestsSeen().slice(seen)) {
          // A preflight is no request of the page. It does not allow the one that would follow.
          const refusal = method === 'OPTIONS' ? 'by a preflight' : `with ${status}`
          if (method !== 'OPTIONS') expect([403, 404, 415], what).toContain(status)
          refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1)
        }
        expect(await cookieOf(context), what).toEqual(cookie)
        await page.close()
        attempts += 1
      }
    }
    expect(await scan(), place).toEqual(before)
    expect(refusals.has('with 403'), place).toBe(isSameSite)
    console.log(`${place}: ${[...refusals].map(([by, count]) => `${count} refused ${by}`).join(', ')}`)
  }
  // The session is still there, and an allowed page may use it.
  expect(await ownRequest(own, 'refresh', {})).toBe(200)
  expect(await ownRequest(own, 'logout', {})).toBe(204)
  expect(await cookieOf(context)).toBeUndefined()
  console.log(`${attempts} attempts in all, and no change`)
}, 300_000)

const cookieOf = async (context: BrowserContext) =>
  (await context.cookies(service.url)).find(({ name }) => name === '__Host-refresh')

/** Returns the lines of requests in the output of the service: method, path and status. */
const requestsSeen = () =>
  [...service.output().matchAll(/^.*?\b(GET|HEAD|POST|OPTIONS)\s+(\/\S*)\s+(\d{3})\b/gm)].map(
    ([, method, path, status]) => ({ method, path, status: Number(status) }),
  )

/** Sends JSON from an allowed page, as the client does. */
const ownRequest = (page: Page, route: string, body: object) =>
  page.evaluate(
    async ([url, json]) => {
      const headers = { 'Content-Type': 'application/json' }
      return (await fetch(url, { method: 'POST', body: json, headers, credentials: 'include' })).status
    },
    [`${service.url}/${route}`, JSON.stringify(body)] as const,
  )
