import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { open, press, useBrowser } from '../browser/browser.ts'
import { type Configuration, type Foreign, shop, withOwnRoutes } from './foreign.ts'
import { callDynamoDb, startOffline } from './offline.ts'

// What `sls offline` and `sls invoke local` do in a project that has its own functions and authorizers.

/** As those of a developer are. */
const DEVELOPER = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'a session of the developer',
  AWS_PROFILE: 'developer',
  AWS_ENDPOINT_URL: 'https://aws.example',
  AWS_ENDPOINT_URL_DYNAMODB: 'https://dynamodb.example',
  AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://credentials.example',
}

const POOL = 'arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_abc'

/** Functions of the project. `decide` allows those whose token or key is `ok`. */
const GATES = `
const policy = (event, isAllowed) => ({
  principalId: 'someone',
  context: { by: event.type },
  policyDocument: {
    Statement: [{ Action: 'execute-api:Invoke', Effect: isAllowed ? 'Allow' : 'Deny', Resource: event.methodArn }],
  },
})
export const decide = async (event) => {
  console.log('the gate of the shop decides')
  if (event.authorizationToken === 'unknown') throw new Error('Unauthorized')
  return policy(event, [event.authorizationToken, event.queryStringParameters?.key].includes('ok'))
}
export const show = async ({ requestContext }) => ({ statusCode: 200, body: JSON.stringify(requestContext.authorizer ?? null) })
export const echo = async ({ body }) => body
`

let project: Foreign
let service: Awaited<ReturnType<typeof startOffline>>
let url: string

beforeAll(async () => {
  project = shop()
  writeFileSync(join(project.folder, 'src/gates.ts'), `// @ts-nocheck${GATES}`)
  project.write((configuration) => {
    withOwnRoutes(configuration)
    withGates(configuration)
    // The commonest name of a project's own table.
    const { Properties } = Object(configuration.resources.Resources.Orders)
    Properties.TableName = `\${self:service}-\${sls:stage}`
    // The fixture's function in Python would need Python.
    delete configuration.functions.report
    for (const one of Object.values(configuration.functions)) {
      one.events = ((one.events ?? []) as Record<string, unknown>[]).filter(({ http }) => http !== undefined)
    }
  })
  const NODE_OPTIONS = `--import=${new URL('no-internet.ts', import.meta.url)}`
  service = await startOffline(project, { ...DEVELOPER, NODE_OPTIONS })
  url = service.url
})
afterAll(async () => {
  await service.stop()
  project.remove()
})

test('(5) (7) the tables and credentials of the project stay its own', async () => {
  const environmentOf = async (path: string, headers = {}) => {
    const response = await fetch(`${url}/${path}`, { headers })
    if (response.status !== 200)
      throw new Error(`${path}: ${response.status} ${await response.text()} ${service.output()}`)
    return (await response.json()) as Record<string, string>
  }
  const login = await fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username: 'member', password: 'member' }),
  })
  expect(login.status, service.output()).toBe(200)
  const { authToken } = (await login.json()) as { authToken: string }

  const ofProject = await environmentOf('orders')
  expect(ofProject).toMatchObject({ ...DEVELOPER, ORDERS: 'shop-orders', ONE: '1', LOG_LEVEL: 'debug' })
  const ofNotes = await environmentOf('notes', { Authorization: `Bearer ${authToken}` })
  expect(ofNotes).toMatchObject({ ...DEVELOPER, ORDERS: 'shop-orders', AUTH_ROLES: 'member' })
  expect(ofNotes).not.toHaveProperty('TABLE_NAME')

  const ofService = await environmentOf('audit')
  expect(ofService).toMatchObject({
    AWS_ACCESS_KEY_ID: 'local',
    TABLE_NAME: 'shop-dev-auth',
    AWS_REGION: 'eu-west-1',
  })
  for (const name of ['ORDERS', 'CURRENCY', 'LOG_LEVEL']) expect(ofService).not.toHaveProperty(name)
  const leaks = Object.entries(ofService).filter(([, value]) => Object.values(DEVELOPER).includes(value))
  expect(leaks).toEqual([])

  const tables = await callDynamoDb(String(ofService.AWS_ENDPOINT_URL_DYNAMODB), 'ListTables')
  expect(tables).toEqual({ TableNames: ['shop-dev-auth', 'shop-dev-auth-events'] })
  console.log(
    `(5) (7) ${Object.keys(ofService).length} variables of the service, ${Object.keys(ofProject).length} of the project`,
  )
})

const UNCHECKED = { principalId: 'offlineContext_authorizer_principalId' }
const jwt = (claims: object) => `${base64({ alg: 'RS256' })}.${base64(claims)}.c2lnbmF0dXJl`
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const ofGate = (type: string) => ({ by: type, principalId: 'someone' })

test.each<[string, Record<string, string>, number, unknown?]>([
  ['by-token', { Authorization: 'ok' }, 200, ofGate('TOKEN')],
  ['by-token', { Authorization: 'other' }, 403],
  ['by-token', { Authorization: 'unknown' }, 401],
  ['by-token', {}, 401],
  ['by-header', { 'X-Shop': 'ok' }, 200, ofGate('TOKEN')],
  ['by-header', { Authorization: 'ok' }, 401],
  ['by-key?key=ok', {}, 200, ofGate('REQUEST')],
  ['by-key?key=other', {}, 403],
  ['by-key', {}, 401],
  // serverless-offline checks neither signatures of AWS nor tokens of Cognito, and reads the claims of both.
  ['signed', {}, 200, UNCHECKED],
  [
    'pooled',
    { Authorization: `Bearer ${jwt({ sub: 'ada' })}` },
    200,
    { ...UNCHECKED, claims: { sub: 'ada' } },
  ],
  ['open', {}, 200, null],
  ['open-too', {}, 200, null],
  // As API Gateway does where a route has signatures of AWS.
  ['unknown', {}, 403],
])('(3) GET /%s with %o is decided by the authorizer of the project: %d', async (...row) => {
  const [path, headers, status, body] = row
  const response = await fetch(`${url}/${path}`, { headers })
  expect(response.status, service.output()).toBe(status)
  if (body !== undefined) expect(await response.json()).toEqual(body)
})

test('what an authorizer of the project logs is printed, and what serverless-offline does not check', async () => {
  await fetch(`${url}/by-token`, { headers: { Authorization: 'ok' } })
  expect(service.output()).toContain('the gate of the shop decides\n')
  expect(service.output()).toContain('does not support the AWS_IAM authorization type\n')
  expect(service.output()).toContain(`does not support non local authorizers (arn): ${POOL}\n`)
})

test.each([
  ['by-token', 'https://shop.example', '*', 'OPTIONS,GET'],
  ['any/x/y', 'https://a.shop.example', 'https://a.shop.example', 'OPTIONS,DELETE,GET,HEAD,PATCH,POST,PUT'],
])('(3) a preflight of /%s has what cors of the project says', async (path, origin, allowed, methods) => {
  const headers = { Origin: origin, 'Access-Control-Request-Method': 'GET' }
  const response = await fetch(`${url}/${path}`, { method: 'OPTIONS', headers })
  expect(response.status).toBe(200)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': allowed,
    'access-control-allow-methods': methods,
  })
})

test('a route with ANY has HEAD, and one with GET has not', async () => {
  expect((await fetch(`${url}/any/x`, { method: 'HEAD' })).status).toBe(200)
  expect((await fetch(`${url}/open`, { method: 'HEAD' })).status).toBe(403)
})

test('a function without a proxy gets the body that was sent', async () => {
  const response = await fetch(`${url}/template`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"order":7}',
  })
  expect(await response.json()).toEqual({ order: 7 })
})

describe('without the internet', () => {
  useBrowser()

  test('"Continue with Demo" signs in by a click', async () => {
    const page = await open(`${url}/signin`, { known: /^request to http:\/\/127\.0\.0\.1:\d+$/ })
    await press(page, 'Continue with Demo', 'Sign in at Demo')
    await page.getByLabel('Name').fill('ada')
    await press(page, 'Continue', 'Do you have an account?')
    await page.getByLabel('Username or e-mail address').filter({ visible: true }).fill('ada')
    await press(page, 'Create an account for ada@demo.example', 'Signed in as ada')
  })
})

test('(5) (7) sls invoke local gives each function its own credentials', async () => {
  // `sls invoke local` finds no module of ECMAScript, with or without the plugin.
  project.write((configuration) => {
    withOwnRoutes(configuration)
    Object.assign(Object(configuration.custom.esbuild), { format: 'cjs', outputFileExtension: '.cjs' })
  })
  writeFileSync(join(project.folder, 'event.json'), '{}')
  // The framework itself needs the profile.
  const { AWS_PROFILE: _, ...credentials } = DEVELOPER
  for (const [key, credential] of [
    ['orders', DEVELOPER.AWS_ACCESS_KEY_ID],
    ['audit', 'local'],
  ] as const) {
    const args = ['invoke', 'local', '-f', key, '-p', 'event.json']
    const { status, stdout, stderr } = await project.run(args, credentials)
    expect(status, stderr).toBe(0)
    const environment = JSON.parse(JSON.parse(stdout).body)
    expect(environment.AWS_ACCESS_KEY_ID, key).toBe(credential)
    expect(Object.values(environment).includes(DEVELOPER.AWS_SESSION_TOKEN), key).toBe(key === 'orders')
    expect('ORDERS' in environment, key).toBe(key === 'orders')
  }
  rmSync(join(project.folder, 'event.json'))
})

const shownAt = (path: string, more: object) => ({
  handler: 'src/gates.show',
  events: [{ http: { method: 'get', path, ...more } }],
})

/** Adds authorizers of the project, and routes with each kind of them. */
function withGates({ functions }: Configuration) {
  const byKey = { name: 'gate', type: 'request', identitySource: 'method.request.querystring.key' }
  Object.assign(functions, {
    gate: { handler: 'src/gates.decide' },
    byToken: shownAt('by-token', { authorizer: 'gate', cors: true }),
    byHeader: shownAt('by-header', {
      authorizer: { name: 'gate', identitySource: 'method.request.header.X-Shop', resultTtlInSeconds: 0 },
    }),
    byKey: shownAt('by-key', { authorizer: { ...byKey, resultTtlInSeconds: 0 } }),
    signed: shownAt('signed', { authorizer: 'aws_iam' }),
    pooled: shownAt('pooled', { authorizer: { name: 'pool', arn: POOL } }),
    open: shownAt('open', {}),
    openToo: shownAt('open-too', { authorizer: null }),
    any: {
      handler: 'src/gates.show',
      events: [
        { http: { method: 'any', path: 'any/{proxy+}', cors: { origins: ['https://*.shop.example'] } } },
      ],
    },
    template: {
      handler: 'src/gates.echo',
      events: [{ http: { method: 'post', path: 'template', integration: 'lambda' } }],
    },
  })
}
