import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { eventsOfUser } from '../../lib/events/store.ts'
import { API_ROUTES } from '../../lib/openapi/routes/rows.ts'
import { changeUser } from '../../lib/users/store.ts'
import { tableIn } from '../docs/table.ts'
import { cookieOf, OWN_PAGE, refreshTokenIn, withHeaders } from '../support/http/cookies.ts'
import {
  begin,
  call,
  eventOf,
  later,
  records,
  sessionOf,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { root } from '../support/process/service-description.ts'
import { rowsOf } from '../support/rows.ts'
import { testAct } from '../support/users/users.ts'
import { addClient, CALLBACK, type Changes, queryOf, SECRET } from './clients.ts'
import { APP_URL, type DocumentHost } from './document-host.ts'
import { useDocumentHost } from './network.ts'
import { addNotesApi, notesScopes } from './own-api.ts'
import { approve, clickOf, exchange, refreshGrant } from './requests.ts'

// The table of SECURITY.md: what a copy of the session cookie gains at each route that takes it, and what the next refresh of the owner does.

const network = vi.hoisted(() => ({ host: undefined as DocumentHost | undefined }))
vi.mock('../../lib/oauth/documents/edge.ts', async () => (await import('./document-host.ts')).edgeOf(network))

useRoutes()

await useDocumentHost(network)

/** The cookie of the owner, of which a thief has a copy. */
let cookie: string
beforeEach(async () => {
  cookie = await begin()
  await addNotesApi(table)
  const scopes = ['openid', 'email', ...notesScopes('notes:read')]
  const offline = [...scopes, 'offline_access']
  await addClient(table, { id: 'shop', scopes: offline })
  await addClient(table, { id: 'page', type: 'browser', silent: true, scopes })
  await addClient(table, { id: 'phone', type: 'native', scopes: offline })
})

const CLIENTS = {
  'with a secret': { client_id: 'shop', redirect_uri: CALLBACK, client_secret: SECRET },
  'in a browser': { client_id: 'page', redirect_uri: CALLBACK },
  'on a device': { client_id: 'phone', redirect_uri: CALLBACK },
  'that is a URL': { client_id: APP_URL, redirect_uri: 'https://app.test/callback' },
}
const SCOPES = ['openid', 'openid email', 'openid offline_access', 'openid notes:read']

/** Each kind of client with each scope that it may have. */
const APPS = Object.entries(CLIENTS).flatMap(([kind, client]) =>
  SCOPES.filter((scope) => kind !== 'in a browser' || !scope.includes('offline')).map((scope) => ({
    kind,
    scope,
    ...client,
  })),
)
type App = (typeof APPS)[number]

const parametersOf = ({ client_id, redirect_uri, scope }: App): Changes => ({
  client_id,
  redirect_uri,
  scope,
  ...(scope.includes('notes') && { resource: 'https://issuer.example' }),
})
const credentialsOf = (app: App) => ({
  client_id: app.client_id,
  ...('client_secret' in app && { client_secret: app.client_secret }),
})

/** Sends a request of a page of the service, with a cookie and nothing else that knows the session. */
const send = (functionKey: string, sample: string, token: string, body: object, more = {}) =>
  call(functionKey, sample, {
    ...withHeaders({ ...OWN_PAGE, ...cookieOf(token), ...more }),
    body: JSON.stringify(body),
  })

const refreshBy = (token: string) => send('refresh', 'refresh', token, {})
const signOutBy = (token: string, sub?: string) =>
  send('logout', 'POST /oauth2/signout', token, { query: '?client_id=shop', sub })
/** Opens the console. */
const openBy = async (token: string) =>
  call('admin-read', 'GET /admin-api/me', {
    ...withHeaders({ ...OWN_PAGE, ...cookieOf(token), Operator: (await stored()).id }),
    pathParameters: { proxy: 'me' },
  })
/** Signs another user in, in a browser with the cookie. */
const signInBy = (token: string) =>
  send('login', 'login', token, { username: 'admin', password: 'user', session: 'cookie' })

/** Clicks on the screen of an app. */
const approveBy = async (token: string, app: App, more: Record<string, string> = {}, isClicked = true) => {
  const body = { query: queryOf(parametersOf(app)), ...(isClicked && (await clickOf(app.scope))) }
  return (await send('approve', 'approve', token, body, more)).body
}

/** Lets an app in with a copy: refreshes first, for the access token. Returns what the app got. */
async function steal(copy: string, app: App) {
  const { statusCode, headers, body } = await refreshBy(copy)
  expect(statusCode).toBe(200)
  const Authorization = `Bearer ${body.authToken}`
  const { location } = await approveBy(refreshTokenIn(headers), app, { Authorization })
  const code = String(new URL(location).searchParams.get('code'))
  const response = await exchange(code, credentialsOf(app))
  expect(response.statusCode, JSON.stringify(response.body)).toBe(200)
  return response.body as { refresh_token: string }
}

const alarms = () => records.filter((record) => Object(record).event === 'session.reuse')
const endings = async () => {
  const { events } = await eventsOfUser(table, (await stored()).id, { limit: 100 })
  return events.filter(({ type }) => type === 'session.reused')
}

async function expectTheftFound(app?: App, stolen?: { refresh_token: string }): Promise<void> {
  expect(await sessionOf(cookie)).toBeUndefined()
  expect([alarms().length, (await endings()).length]).toEqual([1, 1])
  if (!app || !stolen) return
  const response = await refreshGrant(stolen.refresh_token, credentialsOf(app))
  expect(response).toMatchObject({ statusCode: 400, body: { error: 'invalid_grant' } })
  const { apps = [] } = (await call('sessions', 'GET /apps')).body
  expect(apps.filter((one: object) => 'lastUsedAt' in one)).toEqual([])
}

/** Lets the owner allow an app whose grant outlives the session, unless reuse is found. */
async function allowAsOwner() {
  const app = APPS.find(({ kind, scope }) => kind === 'on a device' && scope.includes('offline')) as App
  const { body } = await approve(cookie, parametersOf(app), await clickOf(app.scope))
  const code = String(new URL(body.location).searchParams.get('code'))
  return { app, tokens: (await exchange(code, credentialsOf(app))).body as { refresh_token: string } }
}

/** What a copy is used for at each kind of route. Each use expects what it gains, or that it gains nothing. */
interface Use {
  gains: string
  use: (copy: string) => Promise<unknown>
  /** Uses a copy that the owner's refresh has replaced. */
  useReplaced: (copy: string) => Promise<unknown>
}

const USES: Record<string, Use> = {
  'POST /refresh': {
    gains: 'access tokens, and with one a code for each app at `POST /oauth2/approve`',
    use: (copy) => steal(copy, APPS[0] as App),
    useReplaced: async (copy) => expect((await refreshBy(copy)).statusCode).toBe(401),
  },
  'POST /oauth2/approve': {
    gains: 'the username, and which apps the user has allowed, but no code',
    async use(copy) {
      const shown = await approveBy(copy, APPS[0] as App, {}, false)
      expect(shown).toMatchObject({ next: 'screen', user: { username: 'user' } })
      for (const app of APPS) expect(await approveBy(copy, app), app.kind).toEqual({ next: 'refresh' })
      await approve(cookie, parametersOf(APPS[0] as App), await clickOf('openid'))
      expect(await approveBy(copy, APPS[0] as App, {}, false)).toEqual({ next: 'refresh' })
    },
    useReplaced: async (copy) =>
      expect(await approveBy(copy, APPS[0] as App, {}, false)).toEqual({ next: 'refresh' }),
  },
  'GET /admin-api/{proxy+}': {
    gains: 'what its user may see and do in the console',
    async use(copy) {
      const changes = { role: 'admin', generation: 1 } as const
      await changeUser(table, await stored(), { changes, changeId: 'a change' }, testAct())
      expect((await openBy(copy)).statusCode).toBe(200)
    },
    useReplaced: async (copy) => expect((await openBy(copy)).statusCode).toBe(401),
  },
  'POST /oauth2/signout': {
    gains: 'the username, and the end of the session',
    async use(copy) {
      const { next, user } = (await signOutBy(copy)).body
      expect([next, user.username, await sessionOf(copy)]).toEqual(['question', 'user', expect.any(Object)])
      expect((await signOutBy(copy, user.sub)).body).toEqual({ next: 'done' })
      expect(await sessionOf(copy)).toBeUndefined()
    },
    useReplaced: async (copy) => expect((await signOutBy(copy)).body).toEqual({ next: 'done' }),
  },
  'POST /logout': {
    gains: 'the end of the session, or of all sessions',
    async use(copy) {
      const other = await begin()
      expect((await send('logout', 'logout', copy, { everywhere: true })).statusCode).toBe(204)
      expect([(await refreshBy(copy)).statusCode, (await refreshBy(other)).statusCode]).toEqual([401, 401])
    },
    useReplaced: async (copy) => expect((await send('logout', 'logout', copy, {})).statusCode).toBe(204),
  },
  'POST /login': {
    gains: 'the end of the session, if another user signs in',
    async use(copy) {
      const { statusCode, headers } = await signInBy(copy)
      expect(statusCode).toBe(200)
      expect((await sessionOf(refreshTokenIn(headers)))?.userId).toBe((await stored('admin')).id)
      expect(await sessionOf(copy)).toBeUndefined()
    },
    useReplaced: async (copy) => expect((await signInBy(copy)).statusCode).toBe(200),
  },
}

/** How long a copy gains something: whether it does after the owner's next refresh. */
const PERIODS: Record<string, boolean> = {
  "until the owner's next refresh": false,
  'as long as the session lasts': true,
}

/** What the owner's next refresh does after one use of a copy. */
const REFRESHES: Record<string, () => Promise<unknown>> = {
  'ends the session and its grants, with an alarm': async () => {
    expect((await refreshBy(cookie)).statusCode).toBe(401)
    await expectTheftFound()
  },
  'returns tokens': async () => {
    expect((await refreshBy(cookie)).statusCode).toBe(200)
    expect(alarms()).toEqual([])
  },
  'gets 401': async () => {
    expect((await refreshBy(cookie)).statusCode).toBe(401)
    expect(alarms()).toEqual([])
  },
}

type Owned = Awaited<ReturnType<typeof allowAsOwner>>

/** What becomes of the session after the use of a copy that was replaced earlier. */
const AFTER_REPLACED: Record<string, (current: string, owned: Owned) => Promise<unknown>> = {
  'ends the session and its grants, with an alarm': (_current, { app, tokens }) =>
    expectTheftFound(app, tokens),
  'gains nothing': async (current) => expect((await refreshBy(current)).statusCode).toBe(200),
}

const page = readFileSync(`${root}/docs/SECURITY.md`, 'utf8')
const rows = tableIn(page, 'Route').map(([routes = '', gains, period = '', next = '', replaced = '']) => ({
  routes: routes.replaceAll('`', '').split(', '),
  gains,
  period,
  next,
  replaced,
}))

test('the table has each route that takes the cookie, and words that are proved', () => {
  const taking = API_ROUTES.filter((route) => route.cookie).map(
    ({ method, path, tag, gatewayPath = path }) =>
      `${method.toUpperCase()} ${tag === 'Admin' ? gatewayPath : path}`,
  )
  const each = [...new Set(taking)].toSorted()
  expect(rows.flatMap(({ routes }) => routes).toSorted()).toEqual(each)
  for (const {
    routes: [route = ''],
    gains,
    period,
    next,
    replaced,
  } of rows) {
    expect(gains).toBe(USES[route]?.gains)
    expect([period in PERIODS, next in REFRESHES, replaced in AFTER_REPLACED]).toEqual([true, true, true])
  }
})

describe('a copy of the cookie', () => {
  test.each(rows)(
    'used once at $routes.0 gains what the table says',
    async ({ routes: [route = ''], next }) => {
      await USES[route]?.use(cookie)
      vi.setSystemTime(later(60))
      await REFRESHES[next]?.()
    },
  )

  test.each(rows)('that was replaced does at $routes.0 what the table says', async (row) => {
    const {
      routes: [route = ''],
      period,
      replaced,
    } = row
    const owned = await allowAsOwner()
    const { headers } = await refreshBy(cookie)
    const current = refreshTokenIn(headers)
    vi.setSystemTime(later(60))
    await USES[route]?.useReplaced(cookie)
    await AFTER_REPLACED[replaced]?.(current, owned)
    if (PERIODS[period]) expect(await sessionOf(current)).toBeUndefined()
  })

  test.each([
    ['ends the session without an alarm within the grace', 5, []],
    ['ends the session with an alarm after the grace', 60, ['session.reused']],
  ])('that was replaced, at a registration, %s', async (_what, seconds, types) => {
    await refreshBy(cookie)
    vi.setSystemTime(later(seconds))
    const { body } = await eventOf('new-account')
    const confirmation = { ...JSON.parse(String(body)), session: 'cookie' }
    expect((await send('new-account', 'new-account', cookie, confirmation)).statusCode).toBe(200)
    expect(await sessionOf(cookie)).toBeUndefined()
    expect([alarms().length, (await endings()).map(({ type }) => type)]).toEqual([types.length, types])
  })

  test.each(rowsOf(APPS, ({ kind }) => kind))(
    'gives an app $kind with the scope $scope no code without an access token',
    async (app) => {
      expect(await approveBy(cookie, app)).toEqual({ next: 'refresh' })
      const other = { Authorization: `Bearer ${(await refreshBy(await begin())).body.authToken}` }
      expect(await approveBy(cookie, app, other)).toEqual({ next: 'refresh' })
      expect((await refreshBy(cookie)).statusCode).toBe(200)
      expect(alarms()).toEqual([])
    },
  )

  test.each(rowsOf(APPS, ({ kind }) => kind))(
    'leaves an app $kind with the scope $scope nothing after the next refresh of the owner',
    async (app) => {
      const stolen = await steal(cookie, app)
      expect((await refreshGrant(stolen.refresh_token, credentialsOf(app))).statusCode).toBe(200)
      vi.setSystemTime(later(60))
      expect((await refreshBy(cookie)).statusCode).toBe(401)
      await expectTheftFound(app, stolen)
    },
  )
})
