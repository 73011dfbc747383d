import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addMachineOf } from '../oauth/own-api.ts'
import { tableAt } from '../support/users/sessions.ts'
import { type Configuration, type Package, shop, withOwnRoutes } from './foreign.ts'
import {
  httpFunctions,
  type Offline,
  openFunctions,
  packageOf,
  packaging,
  type Reply,
  request,
  startOffline,
  tokenOf,
} from './http-api.ts'

// A project with an HTTP API, packaged and run by `sls offline`, with the package and without it.

describe('sls package', () => {
  const project = shop()
  afterAll(() => project.remove())
  let open: Package
  let guarded: Package
  beforeAll(async () => {
    open = await packageOf(project, openFunctions)
    guarded = await packageOf(project, httpFunctions)
  })

  test('a project without http events reads that sign-in has another address', async () => {
    const withHttp = await packaging(project, httpFunctions)
    expect(withHttp.output).not.toContain('no http event')
    const { output } = await packaging(project, openFunctions)
    expect(output).toContain(
      'The project has no http event, so sign-in has an API of its own, at https://accounts.example.',
    )
  })

  test('without protected routes at an HTTP API, a template is what it is without that part', async () => {
    const withoutRoutes = shop()
    const change = (configuration: Configuration) => {
      openFunctions(configuration)
      withOwnRoutes(configuration)
      // The framework adds versions in the order in which it happens to read the archives.
      configuration.provider.versionFunctions = false
    }
    const templateOf = async () => {
      const { service: _, archive: __, ...template } = await packageOf(withoutRoutes, change)
      return template
    }
    const whole = await templateOf()
    const part = join(withoutRoutes.folder, '../node_modules/serverless-jwt-auth/plugins/routes/http-api.js')
    writeFileSync(part, WITHOUT_ROUTES)
    const stubbed = await templateOf()
    withoutRoutes.remove()
    expect(whole).toEqual(stubbed)
    expect(JSON.stringify(whole)).toBe(JSON.stringify(stubbed))
    expect(JSON.stringify(whole)).toContain('AWS::ApiGatewayV2::Route')
    expect(JSON.stringify(whole)).not.toMatch(/HTTP_API_ROUTES|HttpApiAuthorizer|AuthorizerPermissionHttpApi/)
  })

  test('protected routes bring two resources and a setting', async () => {
    const ofRoutes = /^(HttpApi(Route|Integration)|\w+LambdaPermissionHttpApi$)/
    const ofFunctions = /^(Mine|Staff|Exports|Old|Fails|Audit)|LambdaVersion/
    const added = Object.keys(guarded.Resources).filter(
      (id) => !(id in open.Resources) && !ofRoutes.test(id) && !ofFunctions.test(id),
    )
    expect(added.filter((id) => !/^Api[gG]ateway/.test(id)).sort()).toEqual([
      'AuthLambdaAuthorizerPermissionHttpApi',
      'HttpApiAuthorizerAuth',
    ])
    expect(guarded.Resources.HttpApiAuthorizerAuth?.Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization', '$context.routeKey'],
      AuthorizerResultTtlInSeconds: 60,
    })
    expect(guarded.Resources.AuthorizerLambdaFunction?.Properties.Environment).toMatchObject({
      Variables: {
        HTTP_API_ROUTES:
          'GET/mine=any POST/mine=any GET/staff=role:editor ANY/staff/any=role:editor GET/staff/items/{id}=role:editor ANY/staff/files/{proxy+}=role:editor DEFAULT/=role:editor GET/exports=scope:notes:read GET/old=any GET/fails=any',
      },
    })
  })
})

describe('sls package refuses', () => {
  const project = shop()
  afterAll(() => project.remove())

  test.each<[string, (configuration: Configuration) => void, string]>([
    [
      'a role with one open route',
      ({ functions }) => eventsIn(functions.staff).push({ httpApi: 'GET /staff/open' }),
      'Function staff names a role, so each of its routes needs "authorizer: auth".',
    ],
    [
      'scopes with one open route',
      ({ functions }) => eventsIn(functions.exports).push({ httpApi: 'GET /exports/open' }),
      'Function exports names scopes, so each of its routes needs "authorizer: auth".',
    ],
    [
      'another API',
      ({ provider }) => Object.assign(provider, { httpApi: { id: 'abc' } }),
      'provider.httpApi.id of serverless.yml names another API. "authorizer: auth" at httpApi events needs one that the framework makes.',
    ],
    [
      'an authorizer of the name',
      ({ provider }) => {
        const authorizers = { auth: { type: 'jwt', identitySource: '$request.header.Authorization' } }
        Object.assign(Object(provider.httpApi), { authorizers })
      },
      'provider.httpApi.authorizers of serverless.yml has auth, and "authorizer: auth" is that of serverless-jwt-auth. Give yours another name.',
    ],
    [
      'a route that extensions open',
      extended('HttpApiRouteGetMine', { AuthorizationType: 'NONE' }),
      'Route GET /mine of function mine has lost "authorizer: auth", because a plugin or resources change it.',
    ],
    [
      'a route with a role that extensions open',
      extended('HttpApiRouteGetStaff', { AuthorizationType: 'NONE' }),
      'Function staff names a role, so each of its routes needs "authorizer: auth".',
    ],
    [
      'an authorizer that extensions exchange',
      extended('HttpApiAuthorizerAuth', { AuthorizerResultTtlInSeconds: 3_600 }),
      'The authorizer HttpApiAuthorizerAuth is not that of serverless-jwt-auth, because a plugin or resources change it. Leave it as it is.',
    ],
    [
      'a route that a plugin opens',
      pluginThat(project.folder, 'delete serverless.service.functions.mine.events[0].httpApi.authorizer'),
      'Route GET /mine of function mine has lost "authorizer: auth", because a plugin or resources change it.',
    ],
    [
      'a route that the authorizer does not know',
      pluginThat(project.folder, "serverless.service.functions.mine.events[0].httpApi.path = '/moved'"),
      'The authorizer does not know GET/moved=any, because a plugin or resources add or change these routes. Write them as events of a function.',
    ],
    [
      'a logical id of the authorizer',
      ({ resources }) => {
        const Properties = { QueueName: 'auth' }
        resources.Resources.HttpApiAuthorizerAuth = { Type: 'AWS::SQS::Queue', Properties }
      },
      'Resources of serverless.yml has HttpApiAuthorizerAuth, and so has serverless-jwt-auth. Give yours another logical id, or if it is deployed with data, retain it and import it under the new id.',
    ],
  ])('%s', async (_, change, sentence) => {
    const { status, output } = await packaging(project, (configuration) => {
      httpFunctions(configuration)
      change(configuration)
    })
    expect([status, output.split('\n').filter((line) => line === sentence)], output).toEqual([1, [sentence]])
  })
})

describe('sls offline', () => {
  const project = shop()
  let service: Offline
  const tokens: Record<string, string> = {}
  beforeAll(async () => {
    service = await startOffline(project, httpFunctions)
    tokens.member = await tokenOf(service.url, 'member')
    tokens.editor = await tokenOf(service.url, 'editor')
    const { body } = await request(service.url, 'GET /audit')
    const { TABLE_NAME: name, AWS_ENDPOINT_URL_DYNAMODB: endpoint } = JSON.parse(body)
    const ofMachine = await addMachineOf(service.url, { ...tableAt(endpoint), name }, 'robot', [
      'notes:read',
      'notes:other',
    ])
    tokens.client = await ofMachine('notes:read')
    tokens.other = await ofMachine('notes:other')
  })
  afterAll(async () => {
    await service?.stop()
    project.remove()
  })
  const as = (name: string, line: string, headers = {}) =>
    request(service.url, line, { Authorization: `Bearer ${tokens[name]}`, ...headers })

  test('a handler gets its caller at both APIs', async () => {
    for (const line of ['GET /mine', 'POST /mine', 'GET /rest-mine', 'GET /old?of=mine']) {
      expect(await as('member', line)).toMatchObject({
        status: 200,
        body: expect.stringContaining('"member"'),
      })
    }
    expect(JSON.parse((await as('client', 'GET /exports')).body)).toEqual({ clientId: 'robot' })
    expect(JSON.parse((await as('member', 'GET /exports')).body)).toMatchObject({ username: 'member' })
  })

  test('a role opens its routes, and other roles get 403 with a warm cache of another route', async () => {
    for (const line of STAFF) expect((await as('editor', line)).status, line).toBe(200)
    expect((await as('member', 'GET /mine')).status).toBe(200)
    for (const line of STAFF) expect(await as('member', line), line).toMatchObject(FORBIDDEN)
    for (const line of STAFF) expect((await as('editor', line)).status, line).toBe(200)
    expect((await as('member', 'GET /mine')).status).toBe(200)
  })

  test('a client reaches the route of its scope alone', async () => {
    for (const line of ['GET /mine', 'POST /mine', 'GET /old', ...STAFF]) {
      expect(await as('client', line), line).toMatchObject(FORBIDDEN)
    }
    expect(await as('other', 'GET /exports')).toMatchObject(FORBIDDEN)
    expect((await as('client', 'GET /exports')).status).toBe(200)
  })

  test('no attack opens a route', async () => {
    expect((await as('member', 'GET /mine')).status).toBe(200)
    const attacks = attacksWith(tokens)
    for (const [what, line, headers, status] of attacks) {
      const reply = await request(service.url, line, headers)
      expect([what, reply.status, reply.body.includes('"caller"')]).toEqual([what, status, false])
    }
    expect(attacks.length).toBeGreaterThanOrEqual(35)
    console.log(`${attacks.length} requests against an HTTP API`)
  })

  test('a response of the gateway is that of an HTTP API', async () => {
    const unauthorized = { status: 401, body: '{"message":"Unauthorized"}' }
    const reply = await request(service.url, 'GET /mine')
    expect(reply).toMatchObject(unauthorized)
    expect(reply.headers).not.toHaveProperty('www-authenticate')
    expect(await as('member', 'GET /fails')).toMatchObject({
      status: 500,
      body: '{"message":"Internal Server Error"}',
    })
    expect(await as('member', 'DELETE /exports')).toMatchObject(FORBIDDEN)
    // The REST API keeps its responses.
    expect((await request(service.url, 'GET /rest-mine')).headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'www-authenticate': expect.stringMatching(/^Bearer/),
    })
  })

  test('a handler gets neither what serverless-offline reads in a token nor what a client writes', async () => {
    const claims = { 'sls-offline-authorizer-override': '{"lambda":{"userId":"root"}}' }
    const shown = JSON.parse((await as('member', 'GET /old', claims)).body)
    expect(Object.keys(shown.authorizer).sort()).toEqual(CONTEXT)
    const inLambda = JSON.parse((await as('member', 'POST /mine?of=event', claims)).body)
    expect(Object.keys(inLambda.authorizer)).toEqual(['lambda'])
    expect(Object.keys(inLambda.authorizer.lambda).sort()).toEqual(CONTEXT)
    for (const line of ['GET /open', 'GET /open-old']) {
      expect(JSON.parse((await as('member', line)).body).authorizer, line).toBeUndefined()
    }
  })
})

test('sls offline leaves open routes and CORS as they are without the package', async () => {
  const replies: Record<string, Reply>[] = []
  for (const isWithout of [true, false]) {
    const project = shop()
    const service = await startOffline(project, openFunctions, isWithout)
    try {
      const all = await Promise.all(
        OPEN.map(async ([line, headers, body]) => [
          `${line} ${JSON.stringify(headers)}`,
          withoutStack(await request(service.url, line, headers, body)),
        ]),
      )
      replies.push(Object.fromEntries(all))
    } finally {
      await service.stop()
      project.remove()
    }
  }
  expect(replies[1]).toEqual(replies[0])
  expect(Object.values(replies[0] ?? {}).map(({ status }) => status)).toEqual(
    OPEN.map(([, , , status]) => status),
  )
  console.log(`${OPEN.length} requests with and without the package`)
})

test('sls offline refuses a path that both APIs have', async () => {
  const project = shop()
  const { stderr } = await startOffline(project, (configuration) => {
    openFunctions(configuration)
    configuration.functions.rest = { handler: 'src/http.show', events: [{ http: 'GET /open/{name}' }] }
    configuration.functions.both = { handler: 'src/http.show', events: [{ httpApi: 'POST /open/{id}' }] }
  }).then(
    async ({ stop }) => {
      await stop()
      return { stderr: 'started' }
    },
    ({ message }: Error) => ({ stderr: message }),
  )
  project.remove()
  expect(stderr).toContain(
    'The path /open/{name} has an http event and an httpApi event, and sls offline has one port for both. Give one of them another path.',
  )
})

/** Returns the events of a function. */
const eventsIn = (definition: unknown): object[] => Object(definition).events

/** Changes a resource of the framework. */
function extended(id: string, Properties: object) {
  return ({ resources }: Configuration) => Object.assign(resources, { extensions: { [id]: { Properties } } })
}

/** Adds a plugin that changes the service after all others. */
function pluginThat(folder: string, act: string) {
  return (configuration: Configuration) => {
    writeFileSync(
      join(folder, 'other.cjs'),
      `module.exports = class { constructor(serverless) { this.hooks = { 'before:package:createDeploymentArtifacts': () => { ${act} } } } }`,
    )
    configuration.plugins.push('./other.cjs')
  }
}

/** In place of the module of the package that finds routes of an HTTP API. It finds no route. */
const WITHOUT_ROUTES = `
export const httpRoutesOf = () => []
export const usesHttpApi = () => false
export const httpApiRoutes = () => ''
export const faultsOfSharedPaths = () => []
export const faultsOfSameRoutes = () => []
`

const FORBIDDEN = { status: 403, body: '{"message":"Forbidden"}' }
const STAFF = [
  ...['GET /staff', 'GET /staff/any', 'PATCH /staff/any', 'GET /staff/items/7', 'GET /staff/files/a'],
  ...['DELETE /staff/files/a/b/c', 'GET /something', 'POST /something/else'],
]
const CONTEXT = [...['acr', 'authTime', 'expiresAt', 'generation', 'role', 'sessionId', 'userId', 'username']]
const SHOP = { Origin: 'https://shop.example' }
const PREFLIGHT = {
  'Access-Control-Request-Method': 'GET',
  'Access-Control-Request-Headers': 'authorization',
}

/** Requests to open routes: line, headers, body and status. */
const OPEN: [string, Record<string, string>, string | undefined, number][] = [
  ['GET /open', {}, undefined, 200],
  ['GET /open', SHOP, undefined, 200],
  ['GET /open', { Origin: 'https://other.example' }, undefined, 200],
  ['GET /open', { Authorization: `Bearer ${unsigned({ sub: 'root', role: 'admin' })}` }, undefined, 200],
  ['GET /open', { Cookie: 'a=b; c=d' }, undefined, 200],
  ['GET /open?x=1&x=2&y=%2F', {}, undefined, 200],
  ['OPTIONS /open', { ...SHOP, ...PREFLIGHT }, undefined, 204],
  ['OPTIONS /open', { Origin: 'https://other.example', ...PREFLIGHT }, undefined, 204],
  ['GET /open-old', {}, undefined, 200],
  ['GET /open-old', { ...SHOP, Authorization: `Bearer ${unsigned({ sub: 'root' })}` }, undefined, 200],
  ['POST /open', { 'Content-Type': 'application/json' }, '{"a":1}', 200],
  ['POST /open', { 'Content-Type': 'text/plain' }, 'a', 200],
  ['GET /open/7/', {}, undefined, 200],
  ['GET /open/a%2Fb', {}, undefined, 200],
  ['GET /challenge', {}, undefined, 401],
  ['GET /challenge', SHOP, undefined, 401],
  // serverless-offline responds so. An HTTP API responds with 500.
  ['GET /broken', {}, undefined, 200],
  ['GET /bad-gateway', {}, undefined, 502],
]

/** Returns a token without a valid signature. */
function unsigned(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', typ: 'at+jwt', kid: 'a' })}.${part(claims)}.c2lnbmF0dXJl`
}

/** Returns a reply without the stack of an error, in which the folder of the project is. */
function withoutStack({ headers, body, ...reply }: Reply): Reply {
  if (!body.includes('"stackTrace"')) return { ...reply, headers, body }
  const { stackTrace: _, ...others } = JSON.parse(body)
  const { 'content-length': __, ...more } = headers
  return { ...reply, headers: more, body: JSON.stringify(others) }
}

type Attack = [what: string, line: string, headers: Record<string, string | string[]>, status: number]

/** Requests that open no route: of no one, with a broken token, and of a user or client without the role or scope. */
function attacksWith(tokens: Record<string, string>): Attack[] {
  const { member = '', client = '' } = tokens
  const bearer = { Authorization: `Bearer ${member}` }
  const [head, claims, signature] = member.split('.')
  const forged = unsigned({ ...JSON.parse(String(Buffer.from(String(claims), 'base64url'))), role: 'editor' })
  const headers: [string, Record<string, string | string[]>, number][] = [
    ['no header', {}, 401],
    ['an empty header', { Authorization: '' }, 401],
    ['a token without a scheme', { Authorization: member }, 403],
    ['another scheme', { Authorization: `Basic ${member}` }, 403],
    ['two tokens', { Authorization: `Bearer ${member} ${member}` }, 403],
    ['joined by a comma', { Authorization: `Bearer ${member},Bearer ${member}` }, 403],
    ['joined by a comma and a space', { Authorization: `Bearer ${member}, Bearer ${member}` }, 403],
    ['two headers, the first invalid', { Authorization: ['Bearer x', `Bearer ${member}`] }, 403],
    ['a forged signature', { Authorization: `Bearer ${forged}` }, 403],
    ['no signature', { Authorization: `Bearer ${head}.${claims}.` }, 403],
    ['other claims', { Authorization: `Bearer ${head}.${forged.split('.')[1]}.${signature}` }, 403],
    ['a route in the header', { Authorization: 'Bearer x", "GET /mine' }, 403],
    ['a token in the query', {}, 401],
    ['a token in a cookie', { Cookie: `Authorization=Bearer ${member}` }, 401],
    [
      'a token in another header',
      { 'X-Authorization': `Bearer ${member}`, 'X-Amzn-Remapped-Authorization': member },
      401,
    ],
    ['the context in a header', { 'sls-offline-authorizer-override': '{"lambda":{"userId":"root"}}' }, 401],
  ]
  const ofMember = [
    ...['GET /staff', 'POST /staff', 'HEAD /staff', 'GET /staff/', 'GET /staff?x=/mine', 'GET /staff#/mine'],
    ...['GET //staff', 'GET /staff//any', 'GET /mine/../staff', 'GET /./staff', 'GET /mine/%2e%2e/staff'],
    ...[
      'GET /%73taff',
      'GET /staff%2Fany',
      'GET /staff/items/..%2F..%2Fmine',
      'GET /staff/files/../../mine/x',
    ],
    ...[
      'GET /$default/mine',
      'GET /dev/mine',
      'GET /Mine',
      'GET /mine/x',
      'GET /mine%00',
      'DELETE /mine',
      'GET /',
    ],
    ...[
      'ANY /staff/any',
      'PUT /staff/any',
      'GET /staff/files/mine',
      'GET /staff/items/mine',
      'GET /mine;x=/staff',
    ],
  ]
  return [
    ...headers.map(
      ([what, given, status]): Attack => [
        what,
        what === 'a token in the query' ? `GET /mine?Authorization=Bearer%20${member}` : 'GET /mine',
        given,
        status,
      ],
    ),
    ...ofMember.map((line): Attack => ['another role', line, bearer, 403]),
    ['the method of another header', 'GET /staff', { ...bearer, 'X-HTTP-Method-Override': 'POST' }, 403],
    [
      'the path of another header',
      'GET /staff',
      { ...bearer, 'X-Original-URL': '/mine', 'X-Forwarded-Path': '/mine' },
      403,
    ],
    ['a client', 'GET /mine', { Authorization: `Bearer ${client}` }, 403],
    ['a client at $default', 'GET /exports/x', { Authorization: `Bearer ${client}` }, 403],
  ]
}
