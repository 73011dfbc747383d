import { once } from 'node:events'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { unzip } from '../infrastructure/unzip.ts'
import { asksWho, callerIdentity, describeStacks } from '../operator/describe-stacks.ts'
import { freePort } from '../support/process/service.ts'
import { type Configuration, type Foreign, type Package, shop, withOwnRoutes } from './foreign.ts'
import { expectSame, isDeployment } from './same.ts'

// What the plugin does in a project that has its own functions, resources and settings. It changes none of
// them, and none of them reaches the plugin's functions.

let project: Foreign
let before: Package
let after: Package

beforeAll(async () => {
  project = shop()
  project.write(() => {}, true)
  before = await project.package()
  project.write()
  after = await project.package()
})
afterAll(() => project.remove())

test('every resource, output and condition of the project is the same, as text', () => {
  const { resources, properties, outputs } = expectSame(before, after)
  // docs/OWN-PROJECT.md has this number, of a stack of 500.
  const brought = Object.keys(after.Resources).length - Object.keys(before.Resources).length
  expect(Math.round(brought / 10) * 10).toBe(260)
  console.log(
    `${resources} resources with ${properties} properties, ${outputs} outputs and conditions are the same`,
  )
  expect(resources).toBeGreaterThan(25)
  expect(Object.keys(before.Resources).filter(isDeployment)).toHaveLength(1)
})

test('(1) environment, network, layers, key and runtime of provider do not reach the functions', () => {
  const added = addedFunctions(before, after)
  const own = [
    'Environment',
    'MemorySize',
    'Timeout',
    'Runtime',
    'Architectures',
    'TracingConfig',
    'LoggingConfig',
    'Role',
  ]
  for (const [id, { Properties }] of added) {
    expect(JSON.stringify(Properties), id).not.toMatch(
      /ORDERS|CURRENCY|LOG_LEVEL|sg-1|insights|11111111|nodejs22/,
    )
    const members = Object.keys(Properties).filter((name) => !['ReservedConcurrentExecutions'].includes(name))
    expect(members.sort(), id).toEqual([...own, 'Code', 'FunctionName', 'Handler', 'Tags'].sort())
    expect(Properties, id).toMatchObject({ Runtime: 'nodejs24.x', TracingConfig: { Mode: 'Active' } })
  }
  console.log(`(1) ${added.length} functions with ${added.length * own.length} properties of their own`)
  expect(added.length).toBeGreaterThan(25)
})

/** Returns the path of a plugin that defines `scopes` of functions. */
function pluginWithScopes(): string {
  writeFileSync(
    join(project.folder, 'scopes.cjs'),
    `module.exports = class {
  constructor({ configSchemaHandler }) {
    configSchemaHandler.defineFunctionProperties('aws', { properties: { scopes: { type: 'array' } } })
  }
}`,
  )
  return './scopes.cjs'
}

test.each<[string, (configuration: Configuration) => void, string]>([
  [
    'a function',
    ({ functions }) => Object.assign(functions, { login: { handler: 'src/orders.handler' } }),
    'Function login is one of serverless-jwt-auth. Rename yours: its routes stay, and its name on AWS follows.',
  ],
  [
    'a function, but for the size of its first letter,',
    ({ functions }) => Object.assign(functions, { Login: { handler: 'src/orders.handler' } }),
    'Function Login gets the same logical id as login of serverless-jwt-auth. Rename yours: its routes stay, and its name on AWS follows.',
  ],
  [
    'the function of the authorizer',
    ({ functions }) => Object.assign(functions, { Authorizer: { handler: 'src/orders.handler' } }),
    'Function Authorizer gets the same logical id as authorizer of serverless-jwt-auth. Rename yours: its routes stay, and its name on AWS follows.',
  ],
  [
    'the authorizer',
    ({ functions }) => {
      const authorizer = {
        name: 'authorizer',
        arn: 'arn:aws:lambda:eu-central-1:123456789012:function:staff',
      }
      Object.assign(Object(functions.orders), {
        events: [{ http: { method: 'get', path: 'staff', authorizer } }],
      })
    },
    'Function orders has an authorizer with the name "authorizer", which is that of serverless-jwt-auth. Give yours another name, or write "authorizer: auth".',
  ],
  [
    'a route',
    ({ functions }) => Object.assign(Object(functions.orders), { events: [{ http: 'POST /login' }] }),
    'Function orders has the route POST /login, which login of serverless-jwt-auth has. Give yours another path, or make sign-in a project of its own, whose tokens yours verifies.',
  ],
  [
    'the parameter of a route',
    ({ functions }) =>
      Object.assign(Object(functions.orders), { events: [{ http: 'GET /sessions/{session}/log' }] }),
    'Function orders has the route GET /sessions/{session}/log, and sessions of serverless-jwt-auth has DELETE /sessions/{id}. API Gateway takes one name for a parameter at the same place: name yours {id}.',
  ],
  [
    'a route, with a role of its own,',
    ({ functions }) =>
      Object.assign(Object(functions.orders), {
        may: ['readKeys'],
        events: [{ http: 'GET /login' }, { http: 'POST /login' }],
      }),
    'Function orders has the route POST /login, which login of serverless-jwt-auth has. Give yours another path, or make sign-in a project of its own, whose tokens yours verifies.',
  ],
  [
    'the preflight of a path',
    ({ functions }) =>
      Object.assign(Object(functions.orders), {
        events: [{ http: { method: 'get', path: '/login/', cors: true } }],
      }),
    'Function orders has cors at GET /login, and login of serverless-jwt-auth has POST /login. A path has one preflight: give yours another path, or no cors.',
  ],
  [
    'a resource',
    ({ resources }) => Object.assign(resources.Resources, { Table: { Type: 'AWS::SNS::Topic' } }),
    'Resources of serverless.yml has Table, and so has serverless-jwt-auth. Give yours another logical id, or if it is deployed with data, retain it and import it under the new id.',
  ],
  [
    'a resource that is made',
    ({ resources }) =>
      Object.assign(resources.Resources, { LoginLambdaFunction: { Type: 'AWS::SNS::Topic' } }),
    'Resources of serverless.yml has LoginLambdaFunction, and so has serverless-jwt-auth. Give yours another logical id, or if it is deployed with data, retain it and import it under the new id.',
  ],
  [
    'the authorizer that the framework makes',
    ({ resources }) =>
      Object.assign(resources.Resources, {
        AuthorizerApiGatewayAuthorizer: { Type: 'AWS::SNS::Topic' },
      }),
    'Resources of serverless.yml has AuthorizerApiGatewayAuthorizer, and so has serverless-jwt-auth. Give yours another logical id, or if it is deployed with data, retain it and import it under the new id.',
  ],
  [
    'the shared log group',
    ({ resources }) => Object.assign(resources.Resources, { LogGroup: { Type: 'AWS::SNS::Topic' } }),
    'Resources of serverless.yml has LogGroup, and so has serverless-jwt-auth. Give yours another logical id, or if it is deployed with data, retain it and import it under the new id.',
  ],
  [
    'an output',
    ({ resources }) => Object.assign(resources.Outputs, { TableName: { Value: 'x' } }),
    'Outputs of serverless.yml has TableName, and so has serverless-jwt-auth. Give yours another logical id.',
  ],
  [
    'a condition',
    ({ resources }) => Object.assign(resources.Conditions, { PublishesA: { 'Fn::Equals': ['a', 'b'] } }),
    'Conditions of serverless.yml has PublishesA, and so has serverless-jwt-auth. Give yours another logical id.',
  ],
  [
    'a name on AWS',
    ({ functions, resources }) => {
      Object.assign(Object(functions.quiet), { name: 'shop-prod-auth-login' })
      Object.assign(Object(resources.Resources.Orders).Properties, { TableName: 'shop-prod-auth' })
      const Properties = { DashboardName: `\${self:service}-\${sls:stage}-auth`, DashboardBody: '{}' }
      resources.Resources.Board = { Type: 'AWS::CloudWatch::Dashboard', Properties }
    },
    [
      'The resources QuietLambdaFunction and LoginLambdaFunction have the same FunctionName, shop-prod-auth-login. Give yours another name, or serverless-jwt-auth another namePrefix before its first deployment.',
      'The resources Table and Orders have the same TableName, shop-prod-auth. Give yours another name, or serverless-jwt-auth another namePrefix before its first deployment.',
      'The resources Board and Dashboard have the same DashboardName, shop-prod-auth. Give yours another name, or serverless-jwt-auth another namePrefix before its first deployment.',
    ].join('\n'),
  ],
  [
    'a member',
    ({ custom }) => Object.assign(custom, { auth: { tableName: 'x' } }),
    'custom.auth of serverless.yml has tableName, and so has serverless-jwt-auth. Give yours another name.',
  ],
  [
    'a property of functions, in a plugin before',
    ({ plugins }) => plugins.unshift(pluginWithScopes()),
    'Another plugin defines the property scopes of functions, and so does serverless-jwt-auth. Take the other plugin out of serverless.yml.',
  ],
  [
    'a property of functions, in a plugin after it',
    ({ plugins }) => plugins.push(pluginWithScopes()),
    'Another plugin defines the property scopes of functions, and so does serverless-jwt-auth. Take the other plugin out of serverless.yml.',
  ],
  [
    'the local gateway',
    ({ custom }) => Object.assign(custom, { offline: { customAuthenticationProvider: './x' } }),
    'custom.offline.customAuthenticationProvider of serverless.yml must be left to serverless-jwt-auth.',
  ],
])('(2) %s that both have is refused with one sentence that names both', async (_, change, fault) => {
  project.write(change)
  const { status, stderr } = await project.run(['package', '--stage', 'prod'])
  // The framework's own line is before ours.
  expect([
    status,
    stderr
      .trim()
      .split('\n')
      .filter((line) => !line.startsWith('Packaging ')),
  ]).toEqual([1, fault.split('\n')])
})

/** Gives the project the names that the package had without its own word, or with it. */
const withNames =
  (word: string) =>
  ({ functions, resources }: Configuration) => {
    Object.assign(Object(functions.quiet), { name: `shop-prod${word}-login` })
    Object.assign(Object(resources.Resources.Orders).Properties, { TableName: `shop-prod${word}` })
    const Properties = { DashboardName: `shop-prod${word}`, DashboardBody: '{}' }
    resources.Resources.Board = { Type: 'AWS::CloudWatch::Dashboard', Properties }
  }

test('(2) a table, a function and a dashboard with the name of service and stage are no clash', async () => {
  project.write(withNames(''))
  const { Resources } = await project.package()
  const namesOf = (type: string) =>
    Object.values(Resources).flatMap(({ Type, Properties: { TableName } }) =>
      Type === type ? [TableName] : [],
    )
  expect(namesOf('AWS::DynamoDB::Table').sort()).toEqual([
    'shop-prod',
    'shop-prod-auth',
    'shop-prod-auth-events',
  ])
})

test('(2) namePrefix ends a clash of names on AWS, because all names of the package begin with it', async () => {
  project.write((configuration) => {
    withNames('-auth')(configuration)
    configuration.params.prod = { ...configuration.params.prod, namePrefix: 'sign-in' }
  })
  const { Resources } = await project.package()
  const ours = Object.entries(Resources).filter(([id]) => !(id in before.Resources) && id !== 'Board')
  const names = ours.flatMap(([, { Properties }]) => namesIn(Properties))
  expect(names.length).toBeGreaterThan(60)
  expect(names.filter((name) => !/^(alias\/|\/aws\/(lambda|api-gateway)\/)?sign-in(-|$)/.test(name))).toEqual(
    [],
  )
})

/** Returns the names on AWS of a resource, without those of its parts. */
const namesIn = (properties: Record<string, unknown>): string[] =>
  [
    'TableName',
    'FunctionName',
    'AliasName',
    'AlarmName',
    'DashboardName',
    'LogGroupName',
    'QueueName',
    'RoleName',
  ]
    .map((name) => properties[name])
    .map((name) => (Array.isArray(Object(name)['Fn::Join']) ? Object(name)['Fn::Join'][1][0] : name))
    .filter((name) => typeof name === 'string')

test('(2) renamed functions keep their routes, also one that was auth and is an authorizer', async () => {
  project.write(({ functions }) => {
    const handler = 'src/orders.handler'
    // The name on AWS that a function auth has.
    functions['own-auth'] = { handler, name: 'shop-prod-auth' }
    functions['own-login'] = {
      handler,
      events: [{ http: { method: 'get', path: 'sign', authorizer: 'own-auth' } }],
    }
  })
  const { Resources } = await project.package()
  expect(Resources.ApiGatewayMethodSignGet?.Properties.AuthorizerId).toEqual({
    Ref: 'OwnDashauthApiGatewayAuthorizer',
  })
})

test('(2) more resources than a stack may have are refused', async () => {
  project.write(({ resources }) => {
    for (let index = 0; index < 230; index++)
      resources.Resources[`Topic${index}`] = { Type: 'AWS::SNS::Topic' }
  })
  const { status, stderr } = await project.run(['package', '--stage', 'prod'])
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(
      /The stack has [5-6]\d\d resources, and CloudFormation takes 500\. Move functions to .*off\.\n$/,
    ),
  ])
})

test.each([{ noPrependStageInUrl: false }, { prefix: 'api' }])(
  '(2) no path is before those of a local service: %j',
  async (settings) => {
    project.write(({ custom }) => Object.assign(Object(custom['serverless-offline']), settings))
    const { status, stderr } = await project.run(['offline', 'start', '--httpPort', String(await freePort())])
    expect([status, stderr.trim().split('\n').at(-1)]).toEqual([
      1,
      'serverless-jwt-auth has its paths at the root of this machine. Take noPrependStageInUrl and prefix out of custom.serverless-offline.',
    ])
  },
)

test('(3) statements, roles, CORS and log groups are as the project wrote them, and ours are our own', async () => {
  for (const id of [
    'IamRoleLambdaExecution',
    'OrdersLogGroup',
    'ReportLogGroup',
    'ApiGatewayMethodOrdersOptions',
  ]) {
    expect(JSON.stringify(after.Resources[id]), id).toBe(JSON.stringify(before.Resources[id]))
    expect(before.Resources[id], id).toBeDefined()
  }
  const filters = Object.values(after.Resources).filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
  expect(JSON.stringify(filters)).not.toMatch(/OrdersLogGroup|ReportLogGroup/)

  const arn = 'arn:aws:iam::123456789012:role/of-all'
  const nameRole = ({ provider }: Configuration) => {
    provider.iam = { role: arn }
  }
  project.write(nameRole, true)
  const one = await project.package()
  project.write((configuration) => {
    nameRole(configuration)
    withOwnRoutes(configuration)
  })
  const other = await project.package()
  const { resources } = expectSame(one, other)
  expect(other.Resources.NotesLambdaFunction?.Properties.Role).toBe(arn)
  expect(other.Resources.IamRoleLambdaExecution).toBeUndefined()
  const roles = addedFunctions(one, other)
    .filter(([id]) => id !== 'NotesLambdaFunction')
    .map(([id, { Properties }]) => [id, Object(Properties.Role)['Fn::GetAtt']?.[0]] as const)
  for (const [id, role] of roles) {
    expect(role, id).toBe(id.replace('LambdaFunction', 'IamRoleLambdaExecution'))
    expect(other.Resources[role], id).toMatchObject({ Type: 'AWS::IAM::Role' })
  }
  // What the framework adds for a queue, and what `may` names.
  const policy = JSON.stringify(other.Resources.AuditIamRoleLambdaExecution?.Properties.Policies)
  expect(policy).toContain('"sqs:ReceiveMessage"')
  expect(policy).toContain('"kms:GetPublicKey"')
  expect(policy).not.toContain('dynamodb:')
  expect(JSON.stringify(other.Resources.NotesLambdaFunction?.Properties.Environment)).toContain(
    '"AUTH_ROLES":"member"',
  )
  console.log(
    `(3) ${resources} resources are the same with a role of the project, and ${roles.length} roles are our own`,
  )
})

test('(3) the common role has no statement for a queue of the service alone', async () => {
  project.write(withOwnRoutes)
  const { Resources } = await project.package()
  expect(JSON.stringify(Resources.IamRoleLambdaExecution)).toBe(
    JSON.stringify(before.Resources.IamRoleLambdaExecution),
  )
})

test('(4) parameters of the project are taken, and a mistyped one is refused', async () => {
  project.write()
  const { Resources } = await project.package(['--param', 'currency=GBP', '--param', 'shard=2'])
  expect(Resources.OrdersLambdaFunction?.Properties.Environment).toMatchObject({
    Variables: { CURRENCY: 'GBP', SHARD: '2' },
  })
  const typed = await project.run(['package', '--param', 'curency=GBP', '--param', 'pagse=on'])
  expect([typed.status, typed.stderr.trim().split('\n')]).toEqual([
    1,
    ['Unknown parameter curency. Did you mean currency?', 'Unknown parameter pagse. Did you mean pages?'],
  ])
  expect(before.Resources.OrdersLambdaFunction?.Properties.Environment).toMatchObject({
    Variables: { CURRENCY: 'USD', SHARD: '1' },
  })
})

test('(4) a parameter of the project that is like one of the plugin is taken, with a line that names both', async () => {
  project.write(({ params, provider }) => {
    Object.assign(params.default ?? {}, { pageSize: 10, currencies: 'EUR', pages: 'on' })
    provider.environment.SIZE = `\${file(settings.\${sls:stage}.yml):size}`
  })
  writeFileSync(join(project.folder, 'settings.prod.yml'), `size: \${param:pageSize}\n`)
  const { status, stderr } = await project.run(['package', '--stage', 'prod'])
  expect([status, stderr.match(/^.*serverless-jwt-auth.*/gm)]).toEqual([
    0,
    ['The parameter pageSize of serverless.yml is not one of serverless-jwt-auth. Did you mean pages?'],
  ])
})

test('a project without a region is not deployed', async () => {
  project.write(({ provider }) => delete provider.region)
  const { status, stderr } = await project.run(['deploy', '--stage', 'prod'], { AWS_REGION: 'eu-west-1' })
  expect([status, stderr.trim()]).toEqual([
    1,
    'No region. Give --region, or write provider.region in your configuration.',
  ])
})

test('the first deployment of a stack of another name asks for no other', async () => {
  const { names, env } = await startAccount()
  project.write(({ provider }) => {
    provider.stackName = `orders-\${sls:stage}`
  })
  const { status, stderr } = await project.run(['deploy', '--stage', 'prod'], env)
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining('There is no stack, but the table shop-prod-auth remains'),
  ])
  // The output of the deployed stack, its API and its stage, and the stack itself.
  expect(names.length).toBeGreaterThan(3)
  expect([...new Set(names)]).toEqual(['orders-prod'])
})

test('sls invoke hands an event to a function without a route as it is', async () => {
  writeFileSync(
    join(project.folder, 'src/echo.ts'),
    'export const handler = async (event: object) => event\n',
  )
  const event = { route: 'GET /home', text: 'Hello {{name}}' }
  writeFileSync(join(project.folder, 'event.json'), JSON.stringify(event))
  project.write(({ custom, functions }) => {
    functions.echo = { handler: 'src/echo.handler', events: [{ schedule: 'rate(1 day)' }] }
    Object.assign(Object(custom.esbuild), { format: 'cjs', outputFileExtension: '.cjs' })
  })
  const local = await project.run(['invoke', 'local', '-f', 'echo', '-p', 'event.json'])
  expect(local.status, local.stderr).toBe(0)
  expect(JSON.parse(local.stdout)).toEqual(event)
  const { bodies, env } = await startAccount()
  await project.run(['invoke', '-f', 'echo', '-p', 'event.json'], env)
  expect(bodies).toContain(JSON.stringify(event))
  rmSync(join(project.folder, 'event.json'))
})

/** Starts an AWS account without a stack until the test ends, in which every table and key exists. */
async function startAccount() {
  const names: string[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    bodies.push(body)
    const stack = new URLSearchParams(body).get('StackName')
    if (stack) names.push(stack)
    const [status, text] = asksWho(body)
      ? callerIdentity()
      : stack
        ? describeStacks(stack, undefined)
        : [200, '{}']
    response.writeHead(Number(status)).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const env = {
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${Object(server.address()).port}`,
  }
  return { names, bodies, env }
}

test('(6) the bundles of the project are the same, and its options of esbuild', () => {
  const [one, other] = [before, after].map(({ archive }) => unzip(archive('shop.zip')))
  const names = [...(one?.keys() ?? [])].filter((name) => name.startsWith('src/'))
  expect(names).toContain('src/orders.mjs')
  expect([...(other?.keys() ?? [])].sort()).toEqual([...(one?.keys() ?? [])].sort())
  for (const name of names) expect(String(other?.get(name)), name).toBe(String(one?.get(name)))
  for (const [name, value] of Object.entries(before.service.custom)) {
    // The plugin adds to the options of the local service what the project leaves open.
    expect([name, after.service.custom[name]]).toEqual([
      name,
      name === 'serverless-offline' ? { ...Object(value), noPrependStageInUrl: true } : value,
    ])
  }
  console.log(
    `(6) ${names.length} files, and ${Object.keys(before.service.custom).length} members of custom are the same`,
  )
})

test('(8) responses and settings of the API are those of the project, and ours are beside them', async () => {
  expect(JSON.stringify(after.Resources.TooMany)).toBe(JSON.stringify(before.Resources.TooMany))
  const types = Object.values(after.Resources).flatMap(({ Type, Properties }) =>
    Type === 'AWS::ApiGateway::GatewayResponse' ? [Properties.ResponseType] : [],
  )
  expect(types.filter((type) => type === 'THROTTLED')).toHaveLength(1)
  expect(new Set(types).size).toBe(types.length)
  expect(after.Resources.ApiGatewayRestApi?.Properties).toMatchObject({ MinimumCompressionSize: 10 })
  expect(after.Resources.ApiGatewayStage?.Properties).toMatchObject({ TracingEnabled: false })
  for (const name of Object.keys(before.service.provider).filter(
    (one) => !/^(compiled|core|stage$|apiGateway$)/.test(one),
  )) {
    expect([name, after.service.provider[name]]).toEqual([name, before.service.provider[name]])
  }

  const all = { HttpMethod: '*', ResourcePath: '/*', MetricsEnabled: true }
  const login = { HttpMethod: 'POST', ResourcePath: '/~1login', ThrottlingRateLimit: 1 }
  project.write(({ resources }) => {
    resources.Resources.Stage = {
      Type: 'AWS::ApiGateway::Stage',
      Properties: { Variables: { colour: 'red' }, TracingEnabled: true, MethodSettings: [all, login] },
    }
  })
  const { Resources } = await project.package()
  const { Properties } = Resources.Stage ?? {}
  const others: { ResourcePath: string }[] = Object(after.Resources.ApiGatewayStage).Properties.MethodSettings
  expect(Resources.ApiGatewayStage).toBeUndefined()
  expect(Properties).toMatchObject({ StageName: 'prod', Variables: { colour: 'red' }, TracingEnabled: true })
  expect(Properties?.MethodSettings).toEqual([
    all,
    { ...login, ThrottlingBurstLimit: 100 },
    ...others.filter(({ ResourcePath }) => ResourcePath !== '/~1login'),
  ])
})

test('(10) serverless-iam-roles-per-function makes roles for the functions of the project alone', async () => {
  const permitted = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::shop/*'] }
  const name = 'serverless-iam-roles-per-function'
  const change = (configuration: Configuration) => {
    Object.assign(Object(configuration.functions.orders), { iamRoleStatements: [permitted] })
    // The other plugin takes no name.
    delete Object(configuration.provider.iam.role).name
  }
  const packageWith = async (place: 'first' | 'last' | 'alone') => {
    project.write((configuration) => {
      change(configuration)
      if (place === 'first') configuration.plugins.unshift(name)
      else configuration.plugins.push(name)
    }, place === 'alone')
    return await project.package()
  }
  const one = await packageWith('alone')
  expect(JSON.stringify(one.Resources.OrdersIamRoleLambdaExecution)).toContain('s3:GetObject')
  for (const place of ['first', 'last'] as const) {
    const other = await packageWith(place)
    const { resources } = expectSame(one, other)
    expect(other.Resources.LoginIamRoleLambdaExecution).toEqual(after.Resources.LoginIamRoleLambdaExecution)
    console.log(`(10) ${resources} resources are the same with the other plugin ${place}`)
  }
  // Without it, the plugin reads the property.
  project.write(change)
  const { Resources } = await project.package()
  expect(JSON.stringify(Resources.OrdersIamRoleLambdaExecution)).toContain('s3:GetObject')
})

/** Does with the functions what serverless-webpack does, and is found as it is. */
const WEBPACK = `module.exports = class Webpack {
  constructor(serverless) {
    this.commands = { webpack: { usage: 'bundles', lifecycleEvents: ['webpack'] } }
    const bundle = () => console.error('Bundles ' + serverless.service.getAllFunctions())
    this.hooks = { 'before:package:createDeploymentArtifacts': bundle, 'before:invoke:local:invoke': bundle }
  }
}
`

test.each(['first', 'last'])(
  '(6) serverless-webpack, listed %s, bundles the functions of the project alone',
  async (place) => {
    writeFileSync(join(project.folder, 'webpack.cjs'), WEBPACK)
    project.write(({ plugins }) =>
      place === 'first' ? plugins.unshift('./webpack.cjs') : plugins.push('./webpack.cjs'),
    )
    const { status, stderr } = await project.run(['package', '--stage', 'prod'])
    expect([status, stderr.match(/^Bundles.*/gm)]).toEqual([0, ['Bundles orders,report,quiet']])
    expect(existsSync(join(project.folder, '.serverless/shop-prod-auth-login.zip'))).toBe(true)
    const invoked = await project.run(['invoke', 'local', '-f', 'login', '--data', '{}'])
    expect([invoked.status, invoked.stderr.match(/^Bundles.*/gm)], invoked.stderr).toEqual([0, null])
  },
  60_000,
)

/** Functions of which everything that the authorizer depends on is a variable. */
const withVariables = (configuration: Configuration) => {
  const { functions, params } = configuration
  const route = (path: string) => ({
    http: { method: `\${param:verb}`, path, authorizer: `\${param:gate}` },
  })
  params.default = { ...params.default, boss: 'member', scope: 'notes:read', base: '/staff', verb: 'get' }
  Object.assign(params.default, { gate: 'auth', part: 'functions', item: 'items/{id}', bill: 'bills/{id}' })
  const handler = 'src/orders.handler'
  functions.staff = {
    handler,
    role: `\${param:boss}`,
    events: [route(`\${self:custom.base}`), route(`\${param:item}`)],
  }
  functions.notes = { handler, scopes: [`\${param:scope}`], events: [route(`\${param:base}/notes`)] }
  functions.worker = { handler, role: 'WorkerRole', events: [route('worker')] }
  // The framework takes these two.
  functions.quiet = { handler, events: null }
  Object.assign(functions, { none: null })
  configuration.custom.base = `\${param:base}`
  configuration.resources.Resources.WorkerRole = {
    Type: 'AWS::IAM::Role',
    Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [] } },
  }
}

test('(11) roles, scopes, routes and functions may be variables', async () => {
  project.write((configuration) => {
    withVariables(configuration)
    writeFileSync(join(project.folder, 'functions.json'), JSON.stringify(configuration.functions))
    Object.assign(configuration, { functions: `\${file(\${param:part}.json)}` })
  })
  const { Resources } = await project.package()
  rmSync(join(project.folder, 'functions.json'))
  expect(Resources.AuthorizerLambdaFunction?.Properties.Environment).toMatchObject({
    Variables: {
      GUARDED_ROUTES: 'GET/staff=member GET/staff/=member GET/items/*=member',
      SCOPED_ROUTES: 'GET/staff/notes=notes:read GET/staff/notes/=notes:read',
    },
  })
  const { StaffLambdaFunction, NotesLambdaFunction, WorkerLambdaFunction, QuietLambdaFunction } = Resources
  expect(JSON.stringify(StaffLambdaFunction?.Properties.Environment)).toContain('"AUTH_ROLES":"member"')
  expect(NotesLambdaFunction?.Properties).not.toHaveProperty('Scopes')
  expect(WorkerLambdaFunction?.Properties.Role).toEqual({ 'Fn::GetAtt': ['WorkerRole', 'Arn'] })
  expect(QuietLambdaFunction).toBeDefined()
  for (const id of ['ApiGatewayMethodStaffGet', 'ApiGatewayMethodItemsIdVarGet']) {
    expect(Resources[id]?.Properties.AuthorizerId, id).toEqual({ Ref: 'AuthorizerApiGatewayAuthorizer' })
  }
})

const MOVED =
  'The authorizer does not know GET/moved=member, GET/moved/=member, because a plugin or resources add or change these routes. Write them as events of a function.'

const inFunctions = "serverless.service.functions.staff.events[0].http.path = 'moved'"
const inTemplate =
  "serverless.service.provider.compiledCloudFormationTemplate.Resources.ApiGatewayResourceStaff.Properties.PathPart = 'moved'"

/** Adds a plugin that gives a route another path. */
const movedAt =
  (event: string, act = inFunctions) =>
  (configuration: Configuration) => {
    writeFileSync(
      join(project.folder, 'mover.cjs'),
      `module.exports = class { constructor(serverless) { this.hooks = { '${event}': () => { ${act} } } } }`,
    )
    configuration.plugins.push('./mover.cjs')
  }

test.each<[string, string[], (configuration: Configuration) => void, string]>([
  [
    'scopes would open another route',
    ['package'],
    ({ functions }) => {
      const http = { method: 'get', path: 'bills/{id}', authorizer: 'auth' }
      Object.assign(Object(functions.notes), { events: [{ http }] })
      const other = { ...http, path: `\${param:bill}/secret` }
      Object.assign(Object(functions.quiet), { events: [{ http: other }] })
    },
    'Clients with a scope of function notes would reach GET /bills/{id}/secret of function quiet, because GET /bills/{id} has a parameter. Give quiet the same scopes, or another path.',
  ],
  [
    'an authEvent is unknown',
    ['package'],
    ({ functions }) => Object.assign(Object(functions.orders), { events: [{ authEvent: 'user.create' }] }),
    'Function orders has an unknown authEvent "user.create". Did you mean user.created?',
  ],
  ['a plugin moves a route', ['package'], movedAt('before:package:compileEvents'), MOVED],
  [
    'a plugin moves a route in the complete template',
    ['package'],
    movedAt('after:aws:package:finalize:mergeCustomProviderResources', inTemplate),
    'The authorizer does not know GET/moved=member, GET/moved/=member, GET/moved/notes=notes:read, GET/moved/notes/=notes:read, because a plugin or resources add or change these routes. Write them as events of a function.',
  ],
  ['a plugin moves a route locally', ['offline', 'start'], movedAt('initialize'), MOVED],
  [
    'an extension moves a route of a project with a nested stack',
    ['package'],
    ({ resources }) => {
      resources.Resources.Network = {
        Type: 'AWS::CloudFormation::Stack',
        Properties: { TemplateURL: 'https://s3.amazonaws.com/shop/network.json' },
      }
      resources.extensions = {
        ...resources.extensions,
        ApiGatewayResourceStaff: { Properties: { PathPart: 'moved' } },
      }
      Object.assign(resources.extensions, {
        ApiGatewayResourceStaffNotes: {
          Properties: { ParentId: { 'Fn::GetAtt': ['ApiGatewayRestApi', 'X'] } },
        },
      })
    },
    'The authorizer does not know GET/moved=member, GET/moved/=member, GET/notes=notes:read, GET/notes/=notes:read, because a plugin or resources add or change these routes. Write them as events of a function.',
  ],
])('(11) it is refused in one line if %s', async (_, args, change, fault) => {
  project.write((configuration) => {
    withVariables(configuration)
    change(configuration)
  })
  const { status, stderr } = await project.run(args)
  const lines = stderr.trim().split('\n')
  expect([status, lines.filter((line) => !/^Packaging |^$/.test(line))]).toEqual([1, [fault]])
})

test('(10) what another plugin adds to the resources of the project is there, wherever that plugin stands', async () => {
  const add = `this.serverless.extendConfiguration(['resources', 'Resources', name], { Type: 'AWS::SNS::Topic' })`
  writeFileSync(
    join(project.folder, 'topics.cjs'),
    `module.exports = class {
      constructor(serverless) { this.serverless = serverless; this.add('First') }
      async asyncInit() { this.add('Second'); await null; this.add('Third') }
      add(name) { ${add} }
    }`,
  )
  for (const place of ['first', 'last']) {
    project.write(({ plugins }) => {
      if (place === 'first') plugins.unshift('./topics.cjs')
      else plugins.push('./topics.cjs')
    })
    const { Resources } = await project.package()
    for (const id of ['First', 'Second', 'Third', 'Orders', 'Table'])
      expect(Resources, place).toHaveProperty(id)
  }
})

/** The Lambda functions that are there with the plugin only. */
const addedFunctions = (one: Package, other: Package) =>
  Object.entries(other.Resources).filter(
    ([id, { Type }]) => Type === 'AWS::Lambda::Function' && one.Resources[id] === undefined,
  )
