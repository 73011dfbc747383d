import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { LONGEST_STAGE } from '../../plugins/parameters.ts'
import { root } from '../support/service-description.ts'
import { type Package, packageService, referencesIn, type TemplateResource } from './packaged.ts'
import { logging, permissions, type Statement, TRACING } from './permissions.ts'

let prod: Package
let prodWithA: Package
let devWithB: Package

beforeAll(() => {
  prod = packageService('prod')
  const alarmTopicArn = 'arn:aws:sns:eu-central-1:123456789012:alarms'
  const own = { memoryMb: '2048', loginConcurrency: '7', authorizerCacheSeconds: '0', alarmTopicArn }
  prodWithA = packageService('prod', { ...own, publishedKeys: 'a' })
  devWithB = packageService('dev', { publishedKeys: 'b', signingKey: 'b' })
}, 120_000)

const NAMES = Object.keys(permissions([]))
const logicalId = (name: string) =>
  name.replaceAll('-', 'Dash').replace(/^./, (letter) => letter.toUpperCase())
const resource = ({ resources }: Package, id: string): TemplateResource => {
  const found = resources[id]
  if (found === undefined) throw new Error(`there is no resource ${id}`)
  return found
}
const propertiesOf = (of: Package, id: string) => resource(of, id).Properties
const ofType = ({ resources }: Package, type: string) =>
  Object.keys(resources).filter((id) => resources[id]?.Type === type)

/** Every statement that allows something, wherever it is, with the resource that it is of. */
function allowed(node: unknown): Statement[] {
  if (typeof node !== 'object' || node === null) return []
  const inside = Object.values(node).flatMap(allowed)
  return 'Effect' in node && node.Effect === 'Allow' ? [node as Statement, ...inside] : inside
}

describe('a function may do what it needs and nothing else', () => {
  test.each(NAMES)('%s', (name) => {
    for (const [of, stage, keys] of [
      [prod, 'prod', ['KeyA', 'KeyB']],
      [prodWithA, 'prod', ['KeyA']],
      [devWithB, 'dev', ['KeyB']],
    ] as const) {
      const role = `${logicalId(name)}IamRoleLambdaExecution`
      expect(propertiesOf(of, `${logicalId(name)}LambdaFunction`).Role).toEqual({
        'Fn::GetAtt': [role, 'Arn'],
      })
      const { Policies, ManagedPolicyArns } = propertiesOf(of, role)
      const expected = permissions([...keys])[name] ?? []
      expect(Policies).toMatchObject([{ PolicyDocument: { Version: '2012-10-17' } }])
      expect(allowed(Policies)).toEqual([
        logging(`serverless-jwt-auth-${stage}-${name}`),
        TRACING,
        ...expected,
      ])
      expect(ManagedPolicyArns).toEqual([])
    }
  })

  test('there is no function and no role besides', () => {
    const ids = (suffix: string) => NAMES.map((name) => `${logicalId(name)}${suffix}`).sort()
    expect(ofType(prod, 'AWS::Lambda::Function').sort()).toEqual(ids('LambdaFunction'))
    expect(ofType(prod, 'AWS::IAM::Role').sort()).toEqual(ids('IamRoleLambdaExecution'))
    expect(Object.keys(prod.resources).filter((id) => /Policy$/.test(id))).toEqual([
      'ServerlessDeploymentBucketPolicy',
    ])
  })

  test('only Lambda may take such a role, and only our own API calls a function', () => {
    for (const id of ofType(prod, 'AWS::IAM::Role')) {
      expect(propertiesOf(prod, id).AssumeRolePolicyDocument).toEqual({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] },
        ],
      })
    }
    for (const id of ofType(prod, 'AWS::Lambda::Permission')) {
      const { Action, Principal, SourceArn } = propertiesOf(prod, id)
      expect({ Action, Principal }).toEqual({
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
      })
      expect(referencesIn(SourceArn)).toContain('ApiGatewayRestApi')
    }
  })
})

test('wildcards are in what allows logging and tracing, and in the policies of the keys, which leave all to the account', () => {
  const wild = ({ Action, Resource }: Statement) => `${JSON.stringify([Action, Resource])}`.includes('*')
  for (const [id, { Type, Properties }] of Object.entries(prod.resources)) {
    const expected =
      Type === 'AWS::IAM::Role' ? allowed(Properties).slice(1, 3) : Type === 'AWS::KMS::Key' ? [KEYS_OWN] : []
    expect([id, allowed(Properties).filter(wild)]).toEqual([id, expected])
  }
})

const KEYS_OWN = {
  Effect: 'Allow',
  Principal: { AWS: { 'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root` } },
  Action: 'kms:*',
  Resource: '*',
}

test('outside dev the table outlives its stack, cannot be deleted by mistake and can be taken back to any second', () => {
  const table = (stage: string, keep: boolean) => ({
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: keep ? 'Retain' : 'Delete',
    UpdateReplacePolicy: keep ? 'Retain' : 'Delete',
    Properties: {
      TableName: `serverless-jwt-auth-${stage}`,
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: keep,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: keep },
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    },
  })
  expect(prod.resources.Table).toEqual(table('prod', true))
  expect(devWithB.resources.Table).toEqual(table('dev', false))
})

describe('keys', () => {
  test('are those that are published, each with its alias, and can be brought back for a week', () => {
    const key = (stage: string) => ({
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
      Properties: {
        Description: `Signs the access tokens of serverless-jwt-auth-${stage}`,
        KeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        PendingWindowInDays: 7,
        KeyPolicy: { Version: '2012-10-17', Statement: [KEYS_OWN] },
      },
    })
    const alias = (stage: string, slot: 'a' | 'b') => ({
      Type: 'AWS::KMS::Alias',
      Properties: {
        AliasName: `alias/serverless-jwt-auth-${stage}-${slot}`,
        TargetKeyId: { Ref: `Key${slot.toUpperCase()}` },
      },
    })
    const keysOf = ({ resources }: Package) =>
      Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => Type.startsWith('AWS::KMS::')))
    const a = { KeyA: key('prod'), KeyAliasA: alias('prod', 'a') }
    const b = (stage: string, After: unknown) => ({
      KeyB: { ...key(stage), Metadata: { After } },
      KeyAliasB: alias(stage, 'b'),
    })
    expect(keysOf(prod)).toEqual({ ...a, ...b('prod', { Ref: 'KeyA' }) })
    expect(keysOf(prodWithA)).toEqual(a)
    expect(keysOf(devWithB)).toEqual(b('dev', 'nothing'))
  })

  test('are told by the stack, with the other things that commands ask of it', () => {
    const outputs = ({ outputs: { SigningKey, PublishedKeys, TokenTtlSeconds, TableName } }: Package) =>
      [SigningKey, PublishedKeys, TokenTtlSeconds, TableName].map((output) => output?.Value)
    expect(outputs(prod)).toEqual(['a', 'a,b', '1800', 'serverless-jwt-auth-prod'])
    expect(outputs(prodWithA)).toEqual(['a', 'a', '1800', 'serverless-jwt-auth-prod'])
    expect(outputs(devWithB)).toEqual(['b', 'b', '1800', 'serverless-jwt-auth-dev'])
  })
})

test('whichever keys there are, nothing refers to what is not there', () => {
  for (const of of [prod, prodWithA, devWithB]) {
    const known = new Set(Object.keys(of.resources))
    const used = [...referencesIn(of.resources), ...referencesIn(of.outputs)]
    expect(used.filter((id) => !id.startsWith('AWS::') && !known.has(id))).toEqual([])
    expect(used).toEqual(expect.arrayContaining(['Table', 'LoginLambdaFunction', 'ApiGatewayRestApi']))
  }
})

describe('a function', () => {
  const tokens = (stage: string) => ({
    TOKEN_ISSUER: `serverless-jwt-auth-${stage}`,
    TOKEN_AUDIENCE: `serverless-jwt-auth-${stage}-api`,
  })
  const sessions = { SESSION_TTL_SECONDS: '2592000', SESSION_IDLE_TTL_SECONDS: '604800' }
  const limits = { LIMIT_USER_AND_SOURCE: '5/900', LIMIT_SOURCE: '50/900', LIMIT_USER: '100/86400' }

  function environments(stage: string, signs: string, publishes: string[]): Record<string, object> {
    const alias = (slot: string) => `alias/serverless-jwt-auth-${stage}-${slot}`
    const published = { PUBLISHED_KEYS: publishes.map(alias).join(',') }
    const signing = { SIGNING_KEY: alias(signs), TOKEN_TTL_SECONDS: '1800' }
    const table = { TABLE_NAME: `serverless-jwt-auth-${stage}` }
    return {
      authorizer: { ...tokens(stage), ...published, ...table },
      login: { ...tokens(stage), ...signing, ...sessions, ...limits, ...table },
      refresh: { ...tokens(stage), ...signing, ...sessions, ...table },
      logout: table,
      sessions: table,
      'end-session': table,
      password: { ...limits, ...table },
      'user-content': {},
      'admin-content': {},
      jwks: published,
      openapi: { PAGES: stage === 'dev' ? 'on' : 'off' },
    }
  }

  test.each(NAMES)(
    '%s runs on Node 24 on arm64, is told what it needs and no more, and is traced',
    (name) => {
      const id = `${logicalId(name)}LambdaFunction`
      const hashes = name === 'login' || name === 'password'
      const expected = (stage: string, environment: object, memoryMb: number) => ({
        Code: {
          S3Bucket: { Ref: 'ServerlessDeploymentBucket' },
          S3Key: expect.stringMatching(`/${name}.zip$`),
        },
        Handler: `functions/${name}.handler`,
        FunctionName: `serverless-jwt-auth-${stage}-${name}`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: hashes ? memoryMb : 512,
        Timeout: 5,
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
        Environment: { Variables: environment },
        Role: expect.anything(),
      })
      const told = (of: Record<string, object>, ALLOWED_ORIGINS: string) => ({ ALLOWED_ORIGINS, ...of[name] })
      expect(propertiesOf(prod, id)).toEqual(
        expected('prod', told(environments('prod', 'a', ['a', 'b']), ''), 1769),
      )
      expect(propertiesOf(prodWithA, id)).toEqual({
        ...expected('prod', told(environments('prod', 'a', ['a']), ''), 2048),
        ...(name === 'login' && { ReservedConcurrentExecutions: 7 }),
      })
      expect(propertiesOf(devWithB, id)).toEqual(
        expected('dev', told(environments('dev', 'b', ['b']), '*'), 1769),
      )
    },
  )

  test.each(NAMES)('%s has its logs kept for 30 days', (name) => {
    expect(propertiesOf(prod, `${logicalId(name)}LogGroup`)).toEqual({
      LogGroupName: `/aws/lambda/serverless-jwt-auth-prod-${name}`,
      RetentionInDays: 30,
    })
  })
})

test('the gateway asks the authorizer for what looks like a token, and keeps its answers for a minute', () => {
  const { AuthorizerUri, ...settings } = propertiesOf(prod, 'AuthorizerApiGatewayAuthorizer')
  expect(settings).toEqual({
    Name: 'authorizer',
    Type: 'TOKEN',
    RestApiId: { Ref: 'ApiGatewayRestApi' },
    IdentitySource: 'method.request.header.Authorization',
    IdentityValidationExpression:
      '^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+$',
    AuthorizerResultTtlInSeconds: 60,
  })
  expect(referencesIn(AuthorizerUri)).toContain('AuthorizerLambdaFunction')
  expect(propertiesOf(prodWithA, 'AuthorizerApiGatewayAuthorizer')).toMatchObject({
    AuthorizerResultTtlInSeconds: 0,
  })
})

test('routes are open or protected as they are meant to be', () => {
  const methods = ofType(prod, 'AWS::ApiGateway::Method').map((id) => {
    const { AuthorizationType, AuthorizerId } = propertiesOf(prod, id)
    return [id, AuthorizationType, ...referencesIn(AuthorizerId)].join(' ')
  })
  const isProtected = 'CUSTOM AuthorizerApiGatewayAuthorizer'
  expect(methods.sort()).toEqual([
    `ApiGatewayMethodAdminGet ${isProtected}`,
    `ApiGatewayMethodGet ${isProtected}`,
    'ApiGatewayMethodLoginPost NONE',
    'ApiGatewayMethodLogoutPost NONE',
    'ApiGatewayMethodOpenapijsonGet NONE',
    `ApiGatewayMethodPasswordPut ${isProtected}`,
    'ApiGatewayMethodRefreshPost NONE',
    `ApiGatewayMethodSessionsGet ${isProtected}`,
    `ApiGatewayMethodSessionsIdVarDelete ${isProtected}`,
    'ApiGatewayMethodWellDashknownJwksjsonGet NONE',
  ])
})

test('everything that takes tags says which service and stage it is of', () => {
  expect(prod.stackTags).toEqual({ service: 'serverless-jwt-auth', stage: 'prod' })
})

test('with the longest stage in the region with the longest name, IAM takes the name of every role', () => {
  const tooLong = ofType(prod, 'AWS::IAM::Role').filter((id) => {
    const [, parts] = (propertiesOf(prod, id).RoleName as { 'Fn::Join': [string, unknown[]] })['Fn::Join']
    const words = parts.map((part) => (part === 'prod' ? 'x'.repeat(LONGEST_STAGE) : part))
    // Where it is too long the plugin leaves the last word out.
    const name = words.map((word) => (typeof word === 'string' ? word : 'ap-southeast-1'))
    return name.filter((word) => word !== 'lambdaRole').join('-').length > 64
  })
  expect(tooLong).toEqual([])
})

test('docs/ARCHITECTURE.md lists every resource of a stage, and no other', () => {
  const [, section = ''] = readFileSync(`${root}/docs/ARCHITECTURE.md`, 'utf8').split(
    '\n## What is deployed\n',
  )
  const rows = section.split('\n## ')[0]?.match(/^\| `AWS::.*/gm) ?? []
  const listed = rows.flatMap((row) => {
    const [, type = '', ids = ''] = row.split('|').map((cell) => cell.trim())
    const all = [...ids.matchAll(/`([^`]+)`/g)].flatMap(([, id = '']) =>
      id.includes('<Function>') ? NAMES.map((name) => id.replace('<Function>', logicalId(name))) : [id],
    )
    return all.map((id) => `${type.replaceAll('`', '')} ${id}`)
  })
  const there = Object.entries(prod.resources).map(
    ([id, { Type }]) => `${Type} ${id.replace(/^(ApiGatewayDeployment)\d+$/, '$1<time>')}`,
  )
  expect(listed.sort()).toEqual(there.sort())
})
