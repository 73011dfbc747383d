import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UnauthorizedError } from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { clientsCommand } from '../../scripts/clients/command.ts'
import { APP_URL, HOST, startDocumentHost } from '../oauth/document-host.ts'
import {
  INSTALL,
  isInstalled,
  makeServer,
  REVISIONS,
  sendCall,
  startFunctionUrl,
  startMcpServer,
} from '../oauth/mcp.ts'
import { beginInProcess } from '../support/process/command.ts'
import { type Service, startService } from '../support/process/service.ts'
import { root } from '../support/process/service-description.ts'
import { startAppServer } from './app-server.ts'
import { open, useBrowser } from './browser.ts'
import { pressIn } from './factors.ts'
import { DONE, NOTES, type Session, signInAt } from './mcp-client.ts'
import { startClock } from './service-clock.ts'
import { signOutAt } from './shop.ts'

// The MCP SDK's client, which knows only the URL of the MCP server, signs the demo user in. The clock of the
// service and of the servers moves.

const TTL_MS = 30 * 60_000

const folder = mkdtempSync(join(tmpdir(), 'clock-'))
const clock = startClock()

const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true }), clock.remove]
let service: Service
/** URLs of two MCP servers. */
let notes: string
let other: string
let callback: string

beforeAll(async () => {
  if (!isInstalled && process.env.CI) throw new Error(INSTALL)
  if (!isInstalled) return
  const { options } = clock
  const documents = await startDocumentHost()
  stops.push(() => documents.stop())
  const ca = join(folder, 'test-hosts.pem')
  writeFileSync(ca, documents.certificate.cert)
  Object.assign(process.env, { TEST_HOSTS_PORT: String(documents.port), TEST_HOSTS_CA: ca })
  service = await startService({}, options)
  stops.push(() => service.stop())
  const made = makeServer()
  const servers = await Promise.all(
    [1, 2].map(() => startMcpServer(service.url, options, { folder: made.folder })),
  )
  stops.push(...servers.map(({ stop }) => stop), made.remove)
  ;[notes = '', other = ''] = servers.map(({ url }) => url)
  const app = await startAppServer(() => `<title>${DONE}</title><h1>${DONE}</h1>`)
  stops.push(() => app.stop())
  callback = `http://127.0.0.1:${app.port}/callback`
  const addApi = (url: string, name: string, scope: string) =>
    clients('add-api', url, '--name', name, '--scope', scope, '--url-clients')
  await addApi(notes, 'Notes', 'notes:read=See your notes')
  await addApi(other, 'Other', 'other:read=See others')
  await addClient('judge', 'Judge', 'notes:read')
})
afterAll(() => Promise.all(stops.map((stop) => stop())))
beforeEach(({ skip }) => skip(!isInstalled, INSTALL))
useBrowser()

/** Clients of the SDK: one whose `client_id` is the URL of its document, and a registered one. */
const judge = () => ({ id: APP_URL, name: HOST, callback })
const registered = () => ({ id: 'judge', name: 'Judge', callback })

test.each([
  ['a client that is not registered', judge, REVISIONS[0]],
  ['an older client that is not registered', judge, REVISIONS[1]],
  ['a registered client', registered, REVISIONS[1]],
])('%s comes from a 401 to a tool, gets another scope, and refreshes', async (_what, judgeOf, revision) => {
  const page = await openBrowser()
  const session = await signInAt(notes, page, judgeOf(), revision)
  const { device, client, token } = session
  expect(await client.call('who-am-i')).toBe('You are user')
  expect(decodeJwt(token())).toMatchObject({ aud: notes, client_id: judgeOf().id, iss: service.url })
  await session.readNotes()

  clock.move(TTL_MS)
  const before = device.stored
  expect(await client.call('who-am-i')).toBe('You are user')
  expect(device.asked).toBeUndefined()
  expect(device.stored?.access_token).not.toBe(before?.access_token)
  expect(device.stored?.refresh_token).not.toBe(before?.refresh_token)
})

test('a client finds the service behind a function URL, which renames the header', async () => {
  const front = await startFunctionUrl()
  const server = await startMcpServer(service.url, [], { resource: front.url })
  front.forwardTo(server.port)
  onTestFinished(() => [front, server].forEach(({ stop }) => void stop()))
  expect((await sendCall(front.url, 'who-am-i')).challenge).toBe(null)
  await clients('add-api', front.url, '--name', 'Function', '--scope', 'function:read=Call it')
  await addClient('other-judge', 'Other judge', 'function:read')
  const { client } = await signInAt(front.url, await openBrowser(), {
    id: 'other-judge',
    name: 'Other judge',
    callback,
  })
  expect(await client.call('who-am-i')).toBe('You are user')
})

const challenge = (error: string, scope: string) =>
  expect.stringMatching(
    new RegExp(
      `^Bearer error="${error}", .*scope="${scope}", resource_metadata="${new URL(notes).origin}/\\.well-known/oauth-protected-resource/mcp"$`,
    ),
  )

test('the header of a 401 and of a 403 says what is missing', async () => {
  const refused = (status: number, value: unknown) => ({ status, challenge: value, copied: value })
  const unknown = refused(401, challenge('invalid_token', 'openid profile'))
  expect(await sendCall(notes, 'who-am-i')).toMatchObject(unknown)
  expect(await sendCall(notes, 'who-am-i', 'a.b.c')).toMatchObject(unknown)
  const { token } = await signInAt(notes, await openBrowser(), judge())
  const insufficient = challenge('insufficient_scope', 'notes:read')
  expect(await sendCall(notes, 'list-notes', token())).toMatchObject(refused(403, insufficient))
  expect((await sendCall(notes, 'who-am-i', token())).text).toContain('You are user')
})

test("the requests in the example's README return what it shows", () => {
  const readme = readFileSync(join(root, 'examples/mcp-server/README.md'), 'utf8')
  const here = readme
    .replaceAll('http://localhost:4002/mcp', notes)
    .replaceAll('http://localhost:3000', service.url)
  const [, shown = ''] =
    /^```console\n(.*?)^```$/ms.exec(here.replaceAll('http://localhost:4002', new URL(notes).origin)) ?? []
  const exchanges = shown.split(/^\$ /m).slice(1)
  expect(exchanges.length).toBe(2)
  for (const exchange of exchanges) {
    const [command = '', output] = exchange.trimEnd().split('\n')
    expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trimEnd()).toBe(output)
  }
})

test('a token for one API opens no other API, and only /userinfo of the service', async () => {
  const page = await openBrowser()
  const here = await signInAt(notes, page, judge())
  const there = await signInAt(other, page, judge())
  const statusOf = async (url: string, token: string) => (await sendCall(url, 'who-am-i', token)).status
  const ofLogin = await fetch(`${service.url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'user', password: 'user' }),
  })
  const { authToken, refreshToken } = Object(await ofLogin.json())
  const tokens = {
    here: here.token(),
    there: there.token(),
    login: authToken,
    refresh: refreshToken,
    id: here.device.stored?.id_token ?? '',
  }
  const opened = Object.entries(tokens).map(async ([name, token]) => [
    name,
    [await statusOf(notes, token), await statusOf(other, token)],
  ])
  expect(Object.fromEntries(await Promise.all(opened))).toEqual({
    here: [200, 401],
    there: [401, 200],
    login: [401, 401],
    refresh: [401, 401],
    id: [401, 401],
  })
  for (const path of ['', 'me', 'sessions', 'apps', 'userinfo']) {
    const headers = { Authorization: `Bearer ${here.token()}` }
    const { status } = await fetch(`${service.url}/${path}`, { headers })
    expect([path, status]).toEqual([path, path === 'userinfo' ? 200 : 401])
  }
})

/** What ends the access of the app. */
const ENDINGS: Record<string, (page: Page, session: Session) => Promise<unknown>> = {
  async 'the user removes the app on /account'(page) {
    await page.goto(`${service.url}/account`)
    const removal = page.getByRole('button', { name: 'Remove access: “Test app”' })
    await removal.click()
    await pressIn(page, 'Remove access')
    await removal.waitFor({ state: 'detached' })
  },
  'the session ends': (page) => signOutAt(service.url, page),
  async 'the app revokes its token'(_page, { device }) {
    const body = new URLSearchParams({ client_id: APP_URL, token: device.stored?.refresh_token ?? '' })
    expect((await fetch(`${service.url}/oauth2/revoke`, { method: 'POST', body })).status).toBe(200)
  },
  'the operator ends its grants': () => clients('end-grants', APP_URL),
}

test.each(Object.keys(ENDINGS))(
  '%s: a tool that asks /userinfo sees it before the token expires',
  async (ending) => {
    const page = await openBrowser()
    const session = await signInAt(notes, page, judge())
    await session.readNotes()
    const { device, client } = session
    await ENDINGS[ending]?.(page, session)
    expect(await client.call('who-am-i')).toBe('Your access has ended. Sign in again.')
    expect(await client.call('list-notes')).toMatch(NOTES)
    const token = session.token()
    const { exp = 0 } = decodeJwt(token)
    clock.move(exp * 1000 - clock.now())
    expect((await sendCall(notes, 'list-notes', token)).status).toBe(401)
    // The client tries to refresh, and gets `invalid_grant`. Then it wants the user to sign in.
    await expect(client.call('list-notes')).rejects.toThrow(UnauthorizedError)
    expect(device.stored).toBeUndefined()
    expect(device.asked?.pathname).toBe('/oauth2/authorize')
  },
)

test('an outage of the service is no 401, at which clients discard their tokens', async () => {
  const { token } = await signInAt(notes, await openBrowser(), judge())
  const alone = await startMcpServer('http://localhost:9')
  onTestFinished(alone.stop)
  expect((await sendCall(alone.url, 'who-am-i', token())).status).toBe(500)
})

async function clients(...args: string[]): Promise<void> {
  const { stdin, outcome } = beginInProcess(clientsCommand, [
    ...args,
    ...['--local', '--endpoint', service.dynamoDbUrl],
  ])
  stdin.end()
  expect(await outcome).toMatchObject({ status: 0 })
}

const addClient = (id: string, name: string, ...scopes: string[]) =>
  clients(
    ...['add', id, '--type', 'native', '--name', name, '--redirect-uri', callback],
    ...['openid', 'profile', ...scopes].flatMap((scope) => ['--scope', scope]),
  )

const openBrowser = () => open(callback, { origins: [service.url] })
