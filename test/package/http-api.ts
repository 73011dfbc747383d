import { writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Configuration, type Foreign, type Package, withOwnRoutes } from './foreign.ts'
import { startOffline as start } from './offline.ts'

/** Handlers of the project. */
const HANDLERS = `// @ts-nocheck
import { apiHandler, clientPrincipalOf, isFromClient, json, principalOf } from 'serverless-jwt-auth/handler'
const shown = ({ requestContext, version, routeKey, body, cookies, rawPath, queryStringParameters, pathParameters }) => ({
  authorizer: requestContext.authorizer, version, routeKey, body, cookies, rawPath, queryStringParameters, pathParameters,
})
export const show = async (event) => ({ statusCode: 200, body: JSON.stringify(shown(event)) })
export const mine = apiHandler(async (event, { now }) => {
  const { username } = principalOf(event, now)
  return event.queryStringParameters?.of === 'event' ? json(200, shown(event)) : json(200, { caller: username, ...shown(event) })
})
export const exported = apiHandler(async (event, { now }) =>
  json(200, isFromClient(event) ? { clientId: clientPrincipalOf(event, now, 'notes:read').clientId } : principalOf(event, now)))
export const challenge = async () => ({ statusCode: 401, headers: { 'WWW-Authenticate': 'Own' }, body: '' })
export const fail = async () => { throw new Error('broken') }
export const badGateway = async () => ({ statusCode: 502, body: '{"upstream":"down"}' })
`

const OPEN_HANDLERS = `// @ts-nocheck
const shown = ({ requestContext, version, routeKey, body, cookies, rawPath, queryStringParameters, pathParameters }) => ({
  authorizer: requestContext.authorizer, version, routeKey, body, cookies, rawPath, queryStringParameters, pathParameters,
})
export const show = async (event) => ({ statusCode: 200, body: JSON.stringify(shown(event)) })
export const challenge = async () => ({ statusCode: 401, headers: { 'WWW-Authenticate': 'Own' }, body: '' })
export const fail = async () => { throw new Error('broken') }
export const badGateway = async () => ({ statusCode: 502, body: '{"upstream":"down"}' })
`

const auth = (method: string, path: string) => ({ httpApi: { method, path, authorizer: 'auth' } })
const of = (name: string, events: object[], more: object = {}) => ({
  handler: `src/${name}`,
  events,
  ...more,
})

/** Gives the project an HTTP API with open routes. */
export function openFunctions(configuration: Configuration): void {
  const { provider, resources } = configuration
  for (const name of ['vpc', 'layers', 'kmsKeyArn']) delete provider[name]
  provider.httpApi = {
    cors: {
      allowedOrigins: ['https://shop.example'],
      allowedHeaders: ['Authorization', 'Content-Type'],
      allowedMethods: ['GET', 'POST'],
      allowCredentials: true,
      maxAge: 60,
    },
  }
  delete resources.Resources.TooMany
  configuration.functions = {
    open: of('open.show', [
      { httpApi: 'GET /open' },
      { httpApi: 'POST /open' },
      { httpApi: 'GET /open/{id}' },
    ]),
    openOld: of('open.show', [{ httpApi: 'GET /open-old' }], { httpApi: { payload: '1.0' } }),
    challenge: of('open.challenge', [{ httpApi: 'GET /challenge' }]),
    broken: of('open.fail', [{ httpApi: 'GET /broken' }]),
    badGateway: of('open.badGateway', [{ httpApi: 'GET /bad-gateway' }]),
  }
}

/** Gives the project protected routes too. */
export function httpFunctions(configuration: Configuration): void {
  openFunctions(configuration)
  withOwnRoutes(configuration)
  const { functions } = configuration
  delete functions.notes
  Object.assign(Object(functions.audit), { events: [{ http: 'GET /audit' }] })
  Object.assign(functions, {
    mine: of('http.mine', [
      auth('get', '/mine'),
      { httpApi: { method: 'POST', path: '/mine', authorizer: { name: 'auth' } } },
      { http: { method: 'get', path: 'rest-mine', authorizer: 'auth' } },
    ]),
    staff: of(
      'http.mine',
      [
        auth('get', '/staff'),
        auth('*', '/staff/any'),
        auth('get', '/staff/items/{id}'),
        auth('any', '/staff/files/{proxy+}'),
        auth('*', '*'),
      ],
      { role: 'editor' },
    ),
    exports: of('http.exported', [auth('get', '/exports')], { scopes: ['notes:read'] }),
    old: of('http.mine', [auth('get', '/old')], { httpApi: { payload: '1.0' } }),
    fails: of('http.fail', [auth('get', '/fails')]),
  })
}

type Change = (configuration: Configuration) => void

const ISSUER = ['--param', 'issuer=https://accounts.example']

function write(project: Foreign, change: Change, isWithout = false): void {
  writeFileSync(join(project.folder, 'src/http.ts'), HANDLERS)
  writeFileSync(join(project.folder, 'src/open.ts'), OPEN_HANDLERS)
  writeFileSync(
    join(project.folder, 'auth.config.ts'),
    `import { defineAuth } from 'serverless-jwt-auth'
export default defineAuth({ roles: ['member', 'editor'], administrators: [], pages: 'on', oauth: 'on', cookieSessions: 'on' })
`,
  )
  project.write(change, isWithout)
}

export async function packageOf(project: Foreign, change: Change): Promise<Package> {
  write(project, change)
  return project.package(ISSUER)
}

/** Packages a project, and returns what it prints. */
export async function packaging(project: Foreign, change: Change) {
  write(project, change)
  const { status, stdout, stderr } = await project.run(['package', '--stage', 'prod', ...ISSUER])
  return { status, output: `${stdout}${stderr}` }
}

export type Offline = Awaited<ReturnType<typeof startOffline>>

/** Runs `sls offline` until it serves the project. */
export async function startOffline(project: Foreign, change: Change, isWithout = false) {
  write(project, change, isWithout)
  return await start(project, {}, isWithout ? /Server ready/ : /is running at/)
}

export interface Reply {
  status: number
  headers: Record<string, unknown>
  body: string
}

/** Sends a request as it is written: no client normalises its path. */
export async function request(
  url: string,
  line: string,
  headers: Record<string, string | string[]> = {},
  body?: string,
): Promise<Reply> {
  const { hostname, port } = new URL(url)
  const [method, ...path] = line.split(' ')
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      { hostname, port, method: method === 'ANY' ? 'GET' : method, path: path.join(' '), headers },
      async (response) => {
        const { date, connection, 'keep-alive': _, ...others } = response.headers
        resolve({ status: Number(response.statusCode), headers: others, body: await text(response) })
      },
    )
    sent.on('error', reject).end(body)
  })
}

/** Signs a demo user in. */
export async function tokenOf(url: string, name: string): Promise<string> {
  const credentials = JSON.stringify({ username: name, password: name })
  const { body } = await request(url, 'POST /login', { 'Content-Type': 'application/json' }, credentials)
  return JSON.parse(body).authToken
}
