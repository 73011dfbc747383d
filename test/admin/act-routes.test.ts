import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import type { Role } from '../../lib/application/roles.ts'
import { gatewayPathOf, ROWS } from '../../lib/openapi/routes/rows.ts'
import { allows } from '../../local/gateway/gateway-rules.ts'
import { functionsOf } from '../../plugins/functions/functions.ts'
import { packageChangedProd, packageDev } from '../infrastructure/packaged.ts'
import { addClient, queryOf } from '../oauth/clients.ts'
import { restorerOf } from '../support/aws/restore.ts'
import { cookieOf, OWN_PAGE, withHeaders } from '../support/http/cookies.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { parsed } from '../support/http/lambda.ts'
import {
  aws,
  begin,
  call,
  context,
  eventOf,
  handlerOf,
  refresh,
  service,
  stored,
  table,
  useRoutes,
} from '../support/http/routes.ts'
import { rowsOf } from '../support/rows.ts'
import { authorize, STAGE, tokenFor } from './acts.ts'
import { add, openConsole } from './requests.ts'
import { routesOfTemplate, type TemplateRoute } from './template-routes.ts'

// What an operator who acts as a user gets at each route of the packaged templates, with each method. The routes are those of the template:
// a new one is in the table by itself, and fails if nothing says who may use it.

const READING = ['GET', 'HEAD']
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

const templates = await Promise.all([packageChangedProd(), packageDev()])
const routes = [
  ...new Map(
    templates.flatMap(routesOfTemplate).map((route) => [`${route.method} ${route.path}`, route] as const),
  ).values(),
]

/** A route, or one of those that share a path of the gateway. */
interface Case extends TemplateRoute {
  /** Its sample event, such as `POST /login`. */
  sample: string
  kind: keyof typeof KINDS
}

/** Who decides about the token. */
const KINDS = {
  actAs: 'the authorizer, which lets it read',
  authorizer: 'the authorizer',
  function: 'the function, which verifies tokens',
  console: 'the function, which demands a session cookie',
  public: 'nobody: strangers get the same',
}

const cases = routes.flatMap((route): Case[] => {
  if (route.function === undefined) return []
  const { method, path, isProtected } = route
  const rows = ROWS.filter((row) => row.method.toUpperCase() === method && `/${gatewayPathOf(row)}` === path)
  if (isProtected) {
    const { AUTH_TAKES_ACTS } = service.functions[route.function]?.environment ?? {}
    const kind = AUTH_TAKES_ACTS ? 'actAs' : 'authorizer'
    // The project's own routes have no row.
    const paths = rows.length > 0 ? rows.map((row) => row.path) : [path]
    return paths.map((one) => ({ ...route, sample: `${method} ${one}`, kind }))
  }
  if (rows.length === 0) throw new Error(`no row says who may use ${method} ${path}`)
  return rows.map((row) => {
    const isOfConsole = row.cookie === 'needs' && row.tag === 'Admin'
    const kind = row.isProtected ? 'function' : isOfConsole ? 'console' : 'public'
    return { ...route, sample: `${method} ${row.path}`, kind }
  })
})

useRoutes()

let token: string
let count = 0
beforeEach(async () => {
  vi.unstubAllEnvs()
  await add('support')
  token = await tokenFor(await openConsole('support'), 'user')
})
afterAll(() => console.log(`Act-as: ${count} requests to ${cases.length} routes`))

test('the table has each route of the service', () => {
  const tried = new Set(cases.map(({ sample }) => sample))
  const described = ROWS.filter(({ needs = [] }) => ![needs].flat().includes('scopes')).map(
    ({ method, path }) => `${method.toUpperCase()} ${path}`,
  )
  expect(described.filter((name) => !tried.has(name))).toEqual([])
  expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(Object.keys(KINDS)))
  // The gateway answers a preflight, which has no token.
  const preflights = routes.filter((route) => route.function === undefined)
  expect(preflights.filter(({ method, isProtected }) => method !== 'OPTIONS' || isProtected)).toEqual([])
})

type Headers = Record<string, string | undefined>

/** Sends the sample event of a route to its function, past the gateway. `undefined` takes a header away. */
async function send({ sample, function: key = '' }: Case, headers: Headers, authorizer?: object) {
  const event = await eventOf(sample)
  const sent = Object.entries({ ...event.headers, ...headers }).filter(([, value]) => value !== undefined)
  const { authorizer: _, ...requestContext } = event.requestContext
  count += 1
  const request = {
    ...event,
    ...withHeaders(Object.fromEntries(sent) as Record<string, string>),
    requestContext: { ...requestContext, ...(authorizer && { authorizer }) },
  }
  return parsed(await (await handlerOf(key))(request as APIGatewayProxyEvent, context))
}

/** What two responses share that differ by random values. */
const shapeOf = ({ statusCode, body }: Awaited<ReturnType<typeof send>>) => ({
  statusCode,
  body:
    typeof body === 'string'
      ? body.length
      : Object.entries(body ?? {}).map(([name, value]) => [name, typeof value]),
})

const REFUSED = [401, 403]

test.each(rowsOf(cases, ({ kind }) => kind))('$sample: $kind', async (one) => {
  const { isProtected, method: own, kind } = one
  const { path } = await eventOf(one.sample)
  const { context: said, statements = [] } = (await authorize(token, `${own}${path}`)) ?? {}
  // The gateway also refuses methods that a path has not. The policy does not depend on that.
  const opened = METHODS.flatMap((method) =>
    [path, path.replace(/\/?$/, '/')]
      .filter((end) => {
        count += 1
        return allows(statements, `${STAGE}/${method}${end}`)
      })
      .map(() => method),
  )
  expect([...new Set(opened)]).toEqual(kind === 'actAs' ? READING.filter((method) => method === own) : [])
  const Authorization = `Bearer ${token}`
  if (isProtected) {
    // A function without `actAs` knows no such caller, also if a policy allows it.
    const { statusCode } = await send(one, { Authorization }, said)
    expect(statusCode).toBe(kind === 'actAs' ? 200 : 401)
    return
  }
  if (kind !== 'public') {
    expect(REFUSED).toContain((await send(one, { Authorization, Cookie: undefined })).statusCode)
  }
  if (kind === 'function') return
  // The token adds nothing to a cookie, and nothing to what a stranger gets.
  const restore = await restorerOf(table)
  for (const Cookie of [{}, { Cookie: undefined }]) {
    const without = await send(one, { ...Cookie, Authorization: undefined })
    await restore()
    expect(shapeOf(await send(one, { ...Cookie, Authorization }))).toEqual(shapeOf(without))
    await restore()
  }
})

test('beside the cookie of its user, it gives no app a code', async () => {
  await addClient(table)
  const { id: sub } = await stored('user')
  const cookie = await begin()
  const body = JSON.stringify({ query: queryOf({ scope: 'openid' }), click: { sub, scope: 'openid' } })
  const approve = (authToken: string) => {
    const headers = { ...OWN_PAGE, ...cookieOf(cookie), Authorization: `Bearer ${authToken}` }
    return call('approve', 'POST /oauth2/approve', { ...withHeaders(headers), body })
  }
  expect(await approve(token)).toMatchObject({ statusCode: 200, body: { next: 'refresh' } })
  const { body: refreshed } = await refresh(cookie)
  expect((await approve(refreshed.authToken)).body.location).toMatch(/[?&]code=/)
})

/** Routes of a project at the REST API, each function with the handler of `GET /`. */
const PROJECT: Record<string, { actAs?: true; role?: Role; events: [method: string, path: string][] }> = {
  notes: {
    actAs: true,
    events: [
      ['any', 'notes/{id}'],
      ['post', 'notes'],
      ['head', 'count'],
    ],
  },
  reports: { actAs: true, role: 'admin', events: [['get', 'reports']] },
  news: { actAs: true, role: 'user', events: [['get', 'news']] },
  drafts: {
    events: [
      ['any', 'drafts/{id}'],
      ['get', 'drafts'],
    ],
  },
}

/** What such a project opens, for a user of the role `user`. */
const OPENED = ['GET/notes/1', 'HEAD/notes/1', 'HEAD/count', 'GET/news']

const PATHS = ['notes/1', 'notes', 'count', 'reports', 'news', 'drafts/1', 'drafts', 'others']

/** Returns the service with the functions of a project, with `actAs` or without. */
function projectOf(isOn: boolean) {
  const written = Object.entries(PROJECT).map(([key, { actAs, events, ...rest }]) => [
    key,
    {
      ...rest,
      ...(actAs && isOn && { actAs }),
      handler: 'functions/content/user-content.handler',
      events: events.map(([method, path]) => ({ http: { method, path, authorizer: 'auth' } })),
    },
  ])
  const { functions, faults } = functionsOf({ actAs: 'on' }, [
    ['serverless.yml', Object.fromEntries(written)],
    ['functions/functions.yml', { authorizer: { handler: 'functions/admin/authorizer.handler' } }],
  ])
  expect(faults).toEqual([])
  const { authorizer = { handler: '' }, ...own } = functions
  return withAuthorizer({ ...authorizer.environment }, own)
}

/** Returns the service with other settings of the authorizer, and with other functions. */
function withAuthorizer(settings: object, own: object = {}) {
  const { authorizer } = service.functions
  const environment = { ...authorizer?.environment, ...settings }
  const functions = { ...service.functions, ...own, authorizer: { ...authorizer, environment } }
  return { ...service, functions } as typeof service
}

test.each([
  ['with `actAs`', true, OPENED],
  ['without `actAs`', false, []],
])('a project %s opens to it only what it names, and only to read', async (_what, isOn, opened) => {
  const project = projectOf(isOn)
  const authorizer = await loadHandler(project, 'authorizer', aws)
  const { context: said, statements = [] } = (await authorize(token, 'GET/', authorizer)) ?? {}
  const asked = PATHS.flatMap((path) => METHODS.map((method) => `${method}/${path}`))
  expect(asked.filter((one) => allows(statements, `${STAGE}/${one}`)).toSorted()).toEqual(opened.toSorted())
  const event = await eventOf('user-content')
  for (const [key, { actAs }] of Object.entries(PROJECT)) {
    const handler = await loadHandler(project, key, aws)
    for (const httpMethod of METHODS) {
      const requestContext = { ...event.requestContext, authorizer: said }
      const { statusCode } = await handler({ ...event, httpMethod, requestContext }, context)
      const isTaken = isOn && actAs && READING.includes(httpMethod)
      expect([key, httpMethod, statusCode]).toEqual([
        key,
        httpMethod,
        isTaken ? (key === 'reports' ? 403 : 200) : 401,
      ])
      count += 1
    }
  }
})

test('an HTTP API refuses it, with `actAs` too', async () => {
  const project = withAuthorizer({ HTTP_API_ROUTES: 'GET/notes=any' })
  const event = {
    type: 'REQUEST',
    version: '2.0',
    routeKey: 'GET /notes',
    headers: { authorization: `Bearer ${token}` },
    identitySource: [`Bearer ${token}`, 'GET /notes'],
    requestContext: {},
  }
  expect(await (await loadHandler(project, 'authorizer', aws))(event, context)).toEqual({
    isAuthorized: false,
  })
})
