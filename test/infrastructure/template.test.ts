import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Statement } from '../../lib/aws/access.ts'
import { ownRoutesOf } from '../../lib/openapi/own-routes.ts'
import type { Feature } from '../../lib/openapi/route.ts'
import { ROWS } from '../../lib/openapi/routes/rows.ts'
import { withoutDevices } from '../../plugins/functions/devices.ts'
import { filesIn } from '../../plugins/functions/functions.ts'
import { LONGEST_PREFIX } from '../../plugins/parameters/name-prefix.ts'
import { LONGEST_STAGE } from '../../plugins/parameters/parameters.ts'
import { SERVICE_FEATURES } from '../http/openapi/document.ts'
import { describeService, root } from '../support/process/service-description.ts'
import { environments } from './environments.ts'
import {
  ACT_ORIGIN,
  HASHING,
  LISTED_ORIGINS,
  type Package,
  packageChangedProd,
  packageDev,
  packageProd,
  referencesIn,
  SENDER,
  type TemplateResource,
} from './packaged.ts'
import { commonLogging, logging, permissions, TRACING } from './permissions.ts'

let prod: Package
let changedProd: Package
let dev: Package

beforeAll(async () => {
  ;[prod, changedProd, dev] = await Promise.all([packageProd(), packageChangedProd(), packageDev()])
})

const NAMES = Object.keys(describeService().functions)

const OF_PROJECT: Record<string, object> = parse(readFileSync(`${root}/serverless.yml`, 'utf8')).functions

/** Functions of `serverless.yml` that name no permissions, settings or statements: they share the framework's role. */
const WITH_COMMON_ROLE = Object.entries(OF_PROJECT)
  .filter(([, one]) => !['may', 'settings', 'iamRoleStatements'].some((name) => name in one))
  .map(([name]) => name)
const COMMON = 'IamRoleLambdaExecution'

/** Functions of the pages, of mails, of users without a password, of OAuth, of providers and of the console. `prod` has none of them. */
const SWITCHED_OFF = [
  'docs',
  'signin',
  'account-pages',
  'mailer',
  'reset',
  'mail-requests',
  'new-account',
  'change-email',
  'confirm-email',
  'login-mail',
  'proof',
  'device',
  'approve',
  'token',
  'authorize',
  'fetch-client',
  'federation',
  'new-identity',
  'identities',
  'admin-read',
  'admin-change',
  'admin-danger',
  'act-as',
  'console',
  'publish-events',
  'publish-event',
]
/** What the framework adds for the stream of the table of events. */
const STREAM = {
  Effect: 'Allow',
  Action: [
    'dynamodb:GetRecords',
    'dynamodb:GetShardIterator',
    'dynamodb:DescribeStream',
    'dynamodb:ListStreams',
  ],
  Resource: [{ 'Fn::GetAtt': ['Events', 'StreamArn'] }],
}
/** What functions have in addition, if operators may act as users. */
const WITH_ACTS: Record<string, object> = {
  authorizer: { ACT_AS_ROUTES: 'GET/=*' },
  'user-content': { AUTH_TAKES_ACTS: 'on' },
}
/** Origins whose pages may read a response, where acts count. */
const WHERE_ACTS_ARE: Record<string, string> = {
  'act-as': ACT_ORIGIN,
  'user-content': [...LISTED_ORIGINS, ACT_ORIGIN].join(','),
}
/** Handlers without the console and acts, and without sign-ins by a mail. */
const HANDLERS_IN_PROD: Record<string, string> = {
  enrolment: 'functions/enrolment/enrolment.handler',
  passkeys: 'functions/passkeys/passkeys.handler',
  openapi: 'functions/service/openapi.handler',
  authorizer: 'functions/authorizer.handler',
}
/** Handlers without devices, by those with them. */
const readsDevices = (handler: string) =>
  withoutDevices(handler) !== handler && !handler.endsWith('openapi.handler')
const NAMES_IN_PROD = NAMES.filter((name) => !SWITCHED_OFF.includes(name))

describe('permissions', () => {
  test.each(NAMES)('%s has the listed permissions, logging and tracing, and no others', (name) => {
    for (const { of, stage, slots } of packagesWith(name)) {
      const hasCommonRole = WITH_COMMON_ROLE.includes(name)
      const role = hasCommonRole ? COMMON : `${logicalId(name)}${COMMON}`
      expect(propertiesOf(of, `${logicalId(name)}LambdaFunction`).Role).toEqual({
        'Fn::GetAtt': [role, 'Arn'],
      })
      const { Policies, ManagedPolicyArns = [] } = propertiesOf(of, role)
      const keys = slots.map((slot) => `Key${slot.toUpperCase()}`)
      const switches =
        of === prod ? ({ hasApps: false, mailSignIn: 'off', bindsDevices: false } as const) : {}
      expect(Policies).toMatchObject([{ PolicyDocument: { Version: '2012-10-17' } }])
      expect(allowed(Policies)).toEqual([
        ...(hasCommonRole
          ? commonLogging(`/aws/lambda/serverless-jwt-auth-${stage}`)
          : [logging(logGroupName(stage, name))]),
        ...(name === 'publish-event' ? [STREAM] : []),
        TRACING,
        ...(permissions({ keys, name: stage, sender: of.sender, ...switches })[name] ?? []),
      ])
      expect(ManagedPolicyArns).toEqual([])
    }
  })

  test('the template has one function for each entry, and one role for each of the service', () => {
    for (const [of, names] of [
      [prod, NAMES_IN_PROD],
      [changedProd, NAMES],
      [dev, NAMES],
    ] as const) {
      const ids = (suffix: string) => names.map((name) => `${logicalId(name)}${suffix}`).sort()
      expect(ofType(of, 'AWS::Lambda::Function').sort()).toEqual(ids('LambdaFunction'))
      const own = ids(COMMON).filter(
        (id) => !WITH_COMMON_ROLE.some((name) => id === `${logicalId(name)}${COMMON}`),
      )
      const common = WITH_COMMON_ROLE.length > 0 ? [COMMON] : []
      expect(ofType(of, 'AWS::IAM::Role').sort()).toEqual([...own, ...common].sort())
      expect(Object.keys(of.resources).filter((id) => /Policy$/.test(id))).toEqual([
        'ServerlessDeploymentBucketPolicy',
        ...(of === prod ? [] : ['FailedEventsPolicy']),
      ])
    }
  })

  test('each role has under 9,000 characters beside logging and tracing, and less than IAM takes with them', () => {
    const roles = [changedProd, dev].flatMap((of) =>
      ofType(of, 'AWS::IAM::Role').map((id) => {
        const [logs, trace, ...own] = allowed(propertiesOf(of, id))
        return { id, own: charactersOf(own), all: charactersOf([logs, trace, ...own]) }
      }),
    )
    expect(roles.length).toBeGreaterThan(60)
    expect(roles.filter(({ own, all }) => own >= 9_000 || all >= 10_240)).toEqual([])
  })

  test('the mailer alone may send mails, from one address only', () => {
    for (const of of [changedProd, dev]) {
      const maySend = ofType(of, 'AWS::IAM::Role').filter((id) =>
        allowed(propertiesOf(of, id)).some(({ Action }) => [Action].flat().includes('ses:SendEmail')),
      )
      expect(maySend).toEqual(['MailerIamRoleLambdaExecution'])
      const sending = allowed(propertiesOf(of, 'MailerIamRoleLambdaExecution')).filter(isSending)
      const sender = Object(propertiesOf(of, 'MailerLambdaFunction').Environment).Variables.MAIL_FROM
      expect(sender).toMatch(/^[^@*?]+@[^@*?]+$/)
      expect(sending.map(({ Condition }) => Condition)).toEqual([
        { StringEquals: { 'ses:FromAddress': sender } },
      ])
    }
  })

  test('only Lambda may assume a role, and only the stack’s API may invoke a function', () => {
    for (const id of ofType(dev, 'AWS::IAM::Role')) {
      expect(propertiesOf(dev, id).AssumeRolePolicyDocument).toEqual({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: ['lambda.amazonaws.com'] }, Action: ['sts:AssumeRole'] },
        ],
      })
    }
    for (const id of ofType(dev, 'AWS::Lambda::Permission')) {
      const { Action, Principal, SourceArn } = propertiesOf(dev, id)
      expect({ Action, Principal }).toEqual({
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
      })
      expect(referencesIn(SourceArn)).toContain('ApiGatewayRestApi')
    }
  })
})

/** Returns how many characters statements have. Each reference stands for an ARN of a long name. */
const charactersOf = (written: unknown): number =>
  JSON.stringify(written, (_, value) =>
    Object.keys(Object(value)).some((name) => /^(Fn::|Ref$)/.test(name)) ? 'x'.repeat(120) : value,
  ).length

/** Whether a statement is about SES. Its condition limits the sender instead of its resources. */
const isSending = ({ Action }: Statement) => [Action].flat().some((action) => action.startsWith('ses:'))

test('only logging, tracing, the mailer for SES and the key policies contain a wildcard', () => {
  const wild = ({ Action, Resource }: Statement) => `${JSON.stringify([Action, Resource])}`.includes('*')
  for (const [id, { Type, Properties }] of Object.entries(dev.resources)) {
    const expected =
      Type === 'AWS::IAM::Role'
        ? allowed(Properties).filter(
            (one) => isSending(one) || /"(logs|xray):/.test(JSON.stringify(one.Action)),
          )
        : Type === 'AWS::KMS::Key'
          ? [KEY_POLICY]
          : []
    expect([id, allowed(Properties).filter(wild)]).toEqual([id, expected])
  }
})

const KEY_POLICY = {
  Effect: 'Allow',
  Principal: { AWS: { 'Fn::Sub': `arn:\${AWS::Partition}:iam::\${AWS::AccountId}:root` } },
  Action: 'kms:*',
  Resource: '*',
}

describe('mail', () => {
  const failedMails = { 'Fn::GetAtt': ['FailedMails', 'Arn'] }

  test('the mailer is tried three times within ten minutes, then its event is put into the queue', () => {
    for (const of of [changedProd, dev]) {
      const configs = ofType(of, 'AWS::Lambda::EventInvokeConfig').map((id) => propertiesOf(of, id))
      expect(configs).toEqual([
        {
          FunctionName: { Ref: 'MailerLambdaFunction' },
          Qualifier: '$LATEST',
          MaximumEventAgeInSeconds: 600,
          MaximumRetryAttempts: 2,
          DestinationConfig: { OnFailure: { Destination: failedMails } },
        },
      ])
    }
  })

  test('the queue is encrypted, and keeps an event for 14 days', () => {
    expect(propertiesOf(changedProd, 'FailedMails')).toEqual({
      QueueName: 'serverless-jwt-auth-prod-auth-failed-mails',
      MessageRetentionPeriod: 14 * 86_400,
      SqsManagedSseEnabled: true,
    })
  })

  test('no route leads to the mailer', () => {
    expect(describeService().functions.mailer?.events ?? []).toEqual([])
    const invoked = ofType(dev, 'AWS::Lambda::Permission').flatMap((id) =>
      referencesIn(propertiesOf(dev, id)),
    )
    expect(invoked).toContain('MailDashrequestsLambdaFunction')
    expect(invoked).not.toContain('MailerLambdaFunction')
  })

  test('without a sender there is no queue, no alarm on mail and no output MailFrom', () => {
    const ofMail = (of: Package) => Object.keys(of.resources).filter((id) => /mail/i.test(id))
    expect(ofMail(prod)).toEqual([])
    expect(ofMail(changedProd)).toEqual(
      expect.arrayContaining(['FailedMails', 'FailedMailsAlarm', 'MailBouncesAlarm', 'MailsUnknownAlarm']),
    )
    expect([prod, changedProd, dev].map(({ outputs }) => outputs.MailFrom?.Value)).toEqual([
      undefined,
      SENDER,
      SENDER,
    ])
  })
})

/** An index of profiles. It has what a search filters by, and nothing that a sign-in writes. */
const index = (name: string, key: string, other: string) => ({
  IndexName: name,
  KeySchema: [
    { AttributeName: 'role', KeyType: 'HASH' },
    { AttributeName: key, KeyType: 'RANGE' },
  ],
  Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [other, 'disabled'] },
})

test('only the searches of the console have a permission on an index', () => {
  const others = [prod, dev].map(({ resources }) => ({
    ...resources,
    AdminDashreadIamRoleLambdaExecution: {},
  }))
  expect(JSON.stringify(others)).not.toContain('/index')
})

test('outside dev the table is retained, protected from deletion, and recoverable', () => {
  const table = (stage: string, isRetained: boolean) => ({
    Type: 'AWS::DynamoDB::Table',
    DeletionPolicy: isRetained ? 'Retain' : 'Delete',
    UpdateReplacePolicy: isRetained ? 'Retain' : 'Delete',
    Properties: {
      TableName: `serverless-jwt-auth-${stage}-auth`,
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: isRetained,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: isRetained },
      AttributeDefinitions: ['pk', 'sk', 'role', 'username', 'email'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        index('byUsername', 'username', 'email'),
        index('byEmail', 'email', 'username'),
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      ResourcePolicy: expect.anything(),
    },
  })
  expect(prod.resources.Table).toEqual(table('prod', true))
  expect(dev.resources.Table).toEqual(table('dev', false))
})

describe('keys', () => {
  test('exactly the published keys exist, each with its alias and a week to recover it', () => {
    const key = (stage: string) => ({
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'Delete',
      UpdateReplacePolicy: 'Delete',
      Properties: {
        Description: `Signs the access tokens of serverless-jwt-auth-${stage}-auth`,
        KeySpec: 'RSA_2048',
        KeyUsage: 'SIGN_VERIFY',
        PendingWindowInDays: 7,
        KeyPolicy: { Version: '2012-10-17', Statement: [KEY_POLICY] },
      },
    })
    const alias = (stage: string, slot: 'a' | 'b') => ({
      Type: 'AWS::KMS::Alias',
      Properties: {
        AliasName: `alias/serverless-jwt-auth-${stage}-auth-${slot}`,
        TargetKeyId: { Ref: `Key${slot.toUpperCase()}` },
      },
    })
    const keysOf = ({ resources }: Package) =>
      Object.fromEntries(
        Object.entries(resources).filter(
          ([id, { Type }]) => Type.startsWith('AWS::KMS::') && /^Key/.test(id),
        ),
      )
    const a = { KeyA: key('prod'), KeyAliasA: alias('prod', 'a') }
    const b = (stage: string, After: unknown) => ({
      KeyB: { ...key(stage), Metadata: { After } },
      KeyAliasB: alias(stage, 'b'),
    })
    expect(keysOf(prod)).toEqual({ ...a, ...b('prod', { Ref: 'KeyA' }) })
    expect(keysOf(changedProd)).toEqual(a)
    expect(keysOf(dev)).toEqual(b('dev', 'nothing'))
  })

  test('outside dev the key of second factors is retained with its alias, and it rotates', () => {
    const factorKey = (stage: string, policy: string) => {
      const retention = { DeletionPolicy: policy, UpdateReplacePolicy: policy }
      return {
        FactorKey: {
          Type: 'AWS::KMS::Key',
          ...retention,
          Properties: {
            Description: `Encrypts secrets of second factors of serverless-jwt-auth-${stage}-auth`,
            KeySpec: 'SYMMETRIC_DEFAULT',
            KeyUsage: 'ENCRYPT_DECRYPT',
            EnableKeyRotation: true,
            PendingWindowInDays: 30,
            KeyPolicy: { Version: '2012-10-17', Statement: [KEY_POLICY] },
          },
        },
        FactorKeyAlias: {
          Type: 'AWS::KMS::Alias',
          ...retention,
          Properties: {
            AliasName: `alias/serverless-jwt-auth-${stage}-auth-factors`,
            TargetKeyId: { Ref: 'FactorKey' },
          },
        },
      }
    }
    expect(prod.resources).toMatchObject(factorKey('prod', 'Retain'))
    expect(changedProd.resources).toMatchObject(factorKey('prod', 'Retain'))
    expect(dev.resources).toMatchObject(factorKey('dev', 'Delete'))
  })

  test('the stack outputs its keys, the token lifetime, the table and the policy', () => {
    const NAMES = ['SigningKey', 'PublishedKeys', 'TokenTtlSeconds', 'TableName', 'RequireSecondFactor']
    const outputs = ({ outputs }: Package) => NAMES.map((name) => outputs[name]?.Value)
    expect(outputs(prod)).toEqual(['a', 'a,b', '1800', 'serverless-jwt-auth-prod-auth', 'none'])
    expect(outputs(changedProd)).toEqual([
      'a',
      'a',
      '1800',
      'serverless-jwt-auth-prod-auth',
      'administrators',
    ])
    expect(outputs(dev)).toEqual(['b', 'b', '1800', 'serverless-jwt-auth-dev-auth', 'all'])
  })
})

test('every reference points to an existing resource, with any set of published keys', () => {
  for (const of of [prod, changedProd, dev]) {
    const known = new Set(Object.keys(of.resources))
    const used = [...referencesIn(of.resources), ...referencesIn(of.outputs)]
    expect(used.filter((id) => !id.startsWith('AWS::') && !known.has(id))).toEqual([])
    expect(used).toEqual(expect.arrayContaining(['Table', 'LoginLambdaFunction', 'ApiGatewayRestApi']))
  }
})

/** The API's own address. */
const ownAddress = (stage: string) => ({
  'Fn::Join': [
    '',
    [
      'https://',
      { Ref: 'ApiGatewayRestApi' },
      '.execute-api.',
      { Ref: 'AWS::Region' },
      '.',
      { Ref: 'AWS::URLSuffix' },
      `/${stage}`,
    ],
  ],
})

describe('a function', () => {
  /** Functions that answer pages of the service only. */
  const OF_OWN_PAGES = ['federation', 'new-identity', 'admin-read', 'admin-change', 'admin-danger', 'act-as']

  /** The values of variables that are not the defaults. */
  function changesOf(of: Package, stage: string): Record<string, unknown> {
    const address = ownAddress(stage)
    if (of === prod) return { TOKEN_ISSUER: address, PUBLIC_URL: address, MAILER: '' }
    const withMails = {
      TOKEN_ISSUER: address,
      MAIL_FROM: SENDER,
      COOKIE_SESSIONS: 'on',
      PAGES: 'on',
      OAUTH: 'on',
      FEDERATION: 'on',
      MAIL_SIGN_IN: 'on',
      LIMIT_MAIL_SIGN_INS: '300/3600',
      // Only the function that describes the routes of the console has it.
      ACT_AS: 'on',
    }
    if (of === dev) {
      const host = `\${ApiGatewayRestApi}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}`
      const passkeys = { RP_ID: { 'Fn::Sub': host }, RP_ORIGINS: { 'Fn::Sub': `https://${host}` } }
      const own = { REQUIRE_SECOND_FACTOR: 'all', DEMO: 'on', REGISTRATION: 'open', EVENT_TYPES: 'all' }
      const open = { ...own, CLIENT_METADATA_HOSTS: '*' }
      return { ...withMails, ...open, ...passkeys, PUBLIC_URL: address }
    }
    return {
      ...withMails,
      CLIENT_METADATA_HOSTS: 'claude.ai,vscode.dev',
      SESSION_TTL_SECONDS: '300',
      SESSION_IDLE_TTL_SECONDS: '120',
      REQUIRE_SECOND_FACTOR: 'administrators',
      BREACHED_PASSWORDS: 'off',
      NOTIFY_NEW_SOURCE: 'off',
      LIMIT_MAIL_SOURCE: '10/600',
      ALLOWED_EMAIL_DOMAINS: 'example.org,example.com',
      LIMIT_MAIL_RECIPIENT: '2/600',
      FACTOR_RESET_DELAY_SECONDS: '3600',
      SERVICE_NAME: 'Example',
      TOKEN_ISSUER: 'https://app.example.com/auth',
      PUBLIC_URL: 'https://app.example.com',
      REGISTRATION: 'invite',
      RP_ID: 'example.com',
      RP_ORIGINS: LISTED_ORIGINS.join(','),
    }
  }

  test.each(NAMES)('%s runs on Node 24 on arm64 with its own environment, and is traced', (name) => {
    const { handler = '' } = describeService().functions[name] ?? {}
    const hashes = HASHING.includes(name)
    for (const { of, stage, slots, memoryMb, loginConcurrency } of packagesWith(name)) {
      const listed = of === changedProd ? LISTED_ORIGINS.join(',') : ''
      const isOfAll = stage === 'dev' || name === 'token' || (name === 'userinfo' && of === changedProd)
      const origins = OF_OWN_PAGES.includes(name) ? '' : isOfAll ? '*' : listed
      const withActs = of === changedProd ? WHERE_ACTS_ARE[name] : undefined
      // A function of the project has no variable without a value, and the framework's name.
      const isOfProject = name in OF_PROJECT
      const common = {
        ...(!(isOfProject && origins === '') && { AUTH_ALLOWED_ORIGINS: withActs ?? origins }),
        ...(of !== prod && WITH_ACTS[name]),
        ...(of !== prod && readsDevices(handler) && { DEVICE_BOUND_SESSIONS: 'on' }),
      }
      const own = environments(stage, slots, changesOf(of, stage))[name]
      const { Environment, ...properties } = propertiesOf(of, `${logicalId(name)}LambdaFunction`)
      expect(Object(Environment).Variables ?? {}).toEqual(
        own ? { ...common, ...own } : expect.objectContaining(common),
      )
      expect(properties).toEqual({
        Code: {
          S3Bucket: { Ref: 'ServerlessDeploymentBucket' },
          S3Key: expect.stringMatching(`/${name}.zip$`),
        },
        Handler: (of === prod && (HANDLERS_IN_PROD[name] ?? withoutDevices(handler))) || handler,
        FunctionName: `serverless-jwt-auth-${stage}${isOfProject ? '' : '-auth'}-${name}`,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: hashes ? memoryMb : 512,
        // Another service responds while the request waits, or ten calls follow each other.
        Timeout: { approve: 8, federation: 12, 'publish-event': 35 }[name] ?? 5,
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON', LogGroup: logGroupName(stage, name) },
        Role: expect.anything(),
        ...(name === 'login' && loginConcurrency && { ReservedConcurrentExecutions: loginConcurrency }),
      })
    }
  })

  test('its logs are retained for 30 days, in a log group of the authorizer or in that of all others', () => {
    const groups = Object.values(dev.resources).filter(({ Type }) => Type === 'AWS::Logs::LogGroup')
    const properties = (LogGroupName: string) => ({ LogGroupName, RetentionInDays: 30 })
    expect(groups.map(({ Properties }) => Properties)).toEqual(
      expect.arrayContaining(['login', 'authorizer'].map((name) => properties(logGroupName('dev', name)))),
    )
    expect(groups).toHaveLength(2)
  })

  test('with another namePrefix, functions of the project still share the log group of the others', () => {
    const { provider, custom } = describeService({ namePrefix: 'mine' })
    expect([provider.logs.lambda.logGroup, custom.auth.logGroup]).toEqual(
      Array(2).fill('/aws/lambda/mine-functions'),
    )
  })
})

const MONITORING = ['AWS::CloudWatch::Alarm', 'AWS::CloudWatch::Dashboard', 'AWS::Logs::MetricFilter']
const monitoringIn = (of: Package) => MONITORING.flatMap((type) => ofType(of, type))

test('without monitoring there are no alarms, filters and dashboard', () => {
  expect(monitoringIn(dev)).toEqual([])
  expect(monitoringIn(changedProd).length).toBeGreaterThan(20)
})

test('the stack has at most 405 resources with everything on, of the 500 that CloudFormation takes', () => {
  // Except for the content functions, those of serverless.yml are its user's.
  const described = [
    { 'user-content': {}, 'admin-content': {} },
    ...filesIn(root).map((file) => parse(readFileSync(file, 'utf8'))),
  ]
  const keys = described.flatMap(Object.keys)
  const ownFunctions = NAMES.filter((name) => !keys.includes(name)).length
  // In dev, all functions and all preflights exist.
  const everything = Object.keys(dev.resources).length + monitoringIn(changedProd).length
  console.log(`With everything on, the stack has ${everything} resources`)
  expect(everything).toBeLessThanOrEqual(405 + 10 * ownFunctions)
})

test('the gateway calls the authorizer for bearer tokens, and caches a minute', () => {
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
  expect(propertiesOf(changedProd, 'AuthorizerApiGatewayAuthorizer')).toMatchObject({
    AuthorizerResultTtlInSeconds: 0,
  })
})

test('a deployment of the API is named after what it deploys, so equal packages are equal', () => {
  const names = [prod, changedProd].flatMap((of) => ofType(of, 'AWS::ApiGateway::Deployment'))
  expect(names).toEqual([
    expect.stringMatching(/^ApiGatewayDeployment[0-9a-f]{16}$/),
    expect.stringMatching(/^ApiGatewayDeployment[0-9a-f]{16}$/),
  ])
  expect(new Set(names).size).toBe(2)
})

test('the stage throttles sign-ins and refreshes below KMS’s quota of RSA signatures', () => {
  const throttle = (
    path: string,
    ThrottlingRateLimit: number,
    ThrottlingBurstLimit: number,
    HttpMethod = 'POST',
  ) => ({ HttpMethod, ResourcePath: `/~1${path}`, ThrottlingRateLimit, ThrottlingBurstLimit })
  const stageOf = (of: Package) => {
    const [deployment = '', ...others] = ofType(of, 'AWS::ApiGateway::Deployment')
    // A deployment that names the stage would create it a second time.
    expect({ others, ...propertiesOf(of, deployment) }).toEqual({
      others: [],
      RestApiId: { Ref: 'ApiGatewayRestApi' },
    })
    const { DeploymentId, MethodSettings, AccessLogSetting, ...rest } = propertiesOf(of, 'ApiGatewayStage')
    expect(DeploymentId).toEqual({ Ref: deployment })
    expect(rest).toEqual({ RestApiId: { Ref: 'ApiGatewayRestApi' }, StageName: 'prod', TracingEnabled: true })
    return MethodSettings as ReturnType<typeof throttle>[]
  }
  // It costs no signature.
  const userinfo = [throttle('userinfo', 400, 200, 'GET'), throttle('userinfo', 400, 200)]
  const signing = [throttle('login', 200, 100), throttle('refresh', 400, 200)]
  const settings = stageOf(prod)
  expect(settings).toEqual([...signing, ...userinfo])
  const token = throttle('oauth2~1token', 30, 15)
  const revoke = throttle('oauth2~1revoke', 30, 15)
  // Sign-ins with other providers have a fifth of the number of sign-ins, so the sum is what it was.
  const shared = [throttle('login', 400, 40), throttle('login~1provider', 100, 10)]
  expect(stageOf(changedProd)).toEqual([...shared, throttle('refresh', 400, 200), token, revoke, ...userinfo])

  // What these routes together pass on within one second, when their buckets are full. A code costs two signatures.
  const all = [...signing, token, token]
  const most = all.map((one) => one.ThrottlingRateLimit + one.ThrottlingBurstLimit)
  expect(most.reduce((sum, one) => sum + one)).toBeLessThan(1_000)
  const paths = ofType(prod, 'AWS::ApiGateway::Method').map((id) => {
    const { HttpMethod, ResourceId } = propertiesOf(prod, id)
    return `${HttpMethod} ${pathOf(prod, ResourceId).replaceAll('/', '~1')}`
  })
  const throttled = settings.map(({ HttpMethod, ResourcePath }) => `${HttpMethod} ${ResourcePath.slice(1)}`)
  expect(paths).toEqual(expect.arrayContaining(throttled))
})

test('exactly the routes that the API description protects have the authorizer', () => {
  const isProtected = 'CUSTOM AuthorizerApiGatewayAuthorizer'
  const methodsOf = (of: Package) =>
    ofType(of, 'AWS::ApiGateway::Method').flatMap((id) => {
      const { HttpMethod, ResourceId, AuthorizationType, AuthorizerId } = propertiesOf(of, id)
      const authorization = [AuthorizationType, ...referencesIn(AuthorizerId)].join(' ')
      // A preflight.
      if (HttpMethod === 'OPTIONS') return []
      return [`${HttpMethod} ${pathOf(of, ResourceId)} ${authorization}`]
    })
  const own = describeService().functions.openapi?.environment?.OWN_ROUTES?.split(',') ?? []
  const described = (...switched: Feature[]) => {
    const rows = ROWS
    const lines = [...rows, ...ownRoutesOf(own, rows)]
      .filter(({ needs = [] }) => [needs].flat().every((one) => switched.includes(one)))
      .map(
        ({ method, path, gatewayPath = path, isProtected: hasAuthorizer }) =>
          `${method.toUpperCase()} ${gatewayPath} ${hasAuthorizer === true ? isProtected : 'NONE'}`,
      )
    return [...new Set(lines)]
  }
  expect(methodsOf(prod).sort()).toEqual(described().sort())
  expect(methodsOf(changedProd).sort()).toEqual(
    described(
      'pages',
      'mail',
      'invitations',
      'oauth',
      'mailSignIn',
      'federation',
      'console',
      'actAs',
      'devices',
    ).sort(),
  )
  expect(methodsOf(dev).sort()).toEqual(described(...SERVICE_FEATURES).sort())
  // Written out, so that a route without the authorizer takes an edit here as well.
  const open = [
    'DELETE /admin-api/{proxy+}',
    'GET /.well-known/change-password',
    'GET /.well-known/{document}',
    'GET /account',
    'GET /admin-api/{proxy+}',
    'GET /admin-console',
    'GET /admin-console/{file}',
    'GET /client.js',
    'GET /confirm',
    'GET /confirm/{file}',
    'GET /docs',
    'GET /docs/{file}',
    'GET /forgot',
    'GET /oauth2/{page}',
    'GET /oauth2/{page}/{file}',
    'GET /openapi.json',
    'GET /passkeys.js',
    'GET /providers',
    'GET /register',
    'GET /signin',
    'GET /signin/{file}',
    'GET /userinfo',
    'PATCH /admin-api/{proxy+}',
    'POST /act-as',
    'POST /act-as/token',
    'POST /admin-api/{proxy+}',
    'POST /enrolment/passkey',
    'POST /enrolment/passkey/options',
    'POST /enrolment/{step}',
    'POST /enrolment/{step}/confirm',
    'POST /factors/cancel-reset',
    'POST /login',
    'POST /login/mail',
    'POST /login/mail/confirm',
    'POST /login/passkey',
    'POST /login/passkey/options',
    'POST /login/provider',
    'POST /login/provider/options',
    'POST /login/{factor}',
    'POST /logout',
    'POST /oauth2/approve',
    'POST /oauth2/revoke',
    'POST /oauth2/signout',
    'POST /oauth2/token',
    'POST /oauth2/{page}',
    'POST /password/forgot',
    'POST /password/reset',
    'POST /refresh',
    'POST /register',
    'POST /register/confirm',
    'POST /register/passkey',
    'POST /register/provider',
    'POST /sessions/{id}',
    'POST /signin/{file}',
    'POST /userinfo',
    'PUT /admin-api/{proxy+}',
  ]
  const unprotected = methodsOf(dev).flatMap((method) =>
    method.endsWith(' NONE') ? [method.slice(0, -5)] : [],
  )
  expect(unprotected.sort()).toEqual(open)
})

/** Returns the path of a gateway resource, from a reference to it. */
function pathOf(of: Package, reference: unknown): string {
  const id = (reference as { Ref?: string }).Ref
  if (id === undefined) return '/'
  const { PathPart, ParentId } = propertiesOf(of, id)
  return `${pathOf(of, ParentId).replace(/\/$/, '')}/${PathPart}`
}

test('every resource that takes tags is tagged with service and stage', () => {
  expect(prod.stackTags).toEqual({ service: 'serverless-jwt-auth', stage: 'prod' })
})

test('names of functions fit Lambda’s limit with the longest prefix, and names of roles IAM’s', () => {
  const prefix = 'serverless-jwt-auth-dev-auth'
  const functions = ofType(dev, 'AWS::Lambda::Function').map((id) =>
    String(propertiesOf(dev, id).FunctionName),
  )
  const keys = functions.flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []))
  expect(LONGEST_PREFIX + Math.max(...keys.map(({ length }) => length))).toBe(64)
  const roles = ofType(dev, 'AWS::IAM::Role').map((id) => {
    const [, parts] = (propertiesOf(dev, id).RoleName as { 'Fn::Join': [string, unknown[]] })['Fn::Join']
    return parts.map((part) => (typeof part === 'string' ? part : 'ap-southeast-1'))
  })
  const ofProject = roles
    .filter(([first]) => first !== prefix)
    .map((parts) => parts.map((part) => (part === 'dev' ? 'x'.repeat(LONGEST_STAGE) : part)))
  // The plugin drops the last word of a name that is too long.
  const names = [...roles, ...ofProject].map((parts) =>
    parts.filter((part) => part !== 'lambdaRole').join('-'),
  )
  expect(names.filter(({ length }) => length > 64)).toEqual([])
})

test('the policies of both tables deny the roles of the project, and exempt that of each function of the service', () => {
  const ofService = NAMES.filter((name) => !['user-content', 'admin-content'].includes(name))
  for (const of of [prod, changedProd, dev]) {
    const nameOf = (id: string) => propertiesOf(of, id).RoleName
    const roles = ofType(of, 'AWS::IAM::Role')
    for (const id of ['Table', 'Events']) {
      const { PolicyDocument } = Object(propertiesOf(of, id).ResourcePolicy)
      const [{ Action, Condition }, ofOperators] = PolicyDocument.Statement
      // Only one package has the parameter.
      expect(ofOperators !== undefined).toBe(of === changedProd)
      expect(Action).toBe('dynamodb:*')
      const namesIn = (operator: string) =>
        Condition[operator]['aws:PrincipalArn']
          // The operator of the parameter is a text.
          .filter((arn: unknown) => typeof arn === 'object')
          .map((arn: object) => Object(arn)['Fn::Join'][1].at(-1))
      const isOfService = (role: string) => ofService.some((name) => role === `${logicalId(name)}${COMMON}`)
      expect(new Set(namesIn('ArnNotLike'))).toEqual(new Set(roles.filter(isOfService).map(nameOf)))
      // A role that both lists have would be exempt.
      expect(namesIn('ArnLike')).toEqual(roles.filter((role) => !isOfService(role)).map(nameOf))
      expect(roles.filter(isOfService).length).toBeGreaterThan(15)
    }
  }
})

test('plugins/README.md lists every resource of a stage, and no others', () => {
  const page = readFileSync(`${root}/plugins/README.md`, 'utf8')
  const rows = page.match(/^\| `AWS::.*/gm) ?? []
  // A name in angle brackets stands for a part that differs: of a function, a path, a route or a deployment.
  const patterns = rows.flatMap((row) => {
    const [, type = '', ids = ''] = row.split('|').map((cell) => cell.trim())
    return [...ids.matchAll(/`([^`]+)`/g)].map(
      ([, id = '']) => `${type.replaceAll('`', '')} ${id.replace(/<\w+>/g, '\\w+')}`,
    )
  })
  const resources = [prod, changedProd].flatMap((of) =>
    Object.entries(of.resources).map(([id, { Type }]) => `${Type} ${id}`),
  )
  const matches = (pattern: string, text: string) => new RegExp(`^${pattern}$`).test(text)
  expect(resources.filter((text) => !patterns.some((pattern) => matches(pattern, text)))).toEqual([])
  // A function of the project with a role of the framework brings that role.
  const unused = WITH_COMMON_ROLE.length > 0 ? [] : [`AWS::IAM::Role ${COMMON}`]
  expect(patterns.filter((pattern) => !resources.some((text) => matches(pattern, text)))).toEqual(unused)
})

test('the default endpoint needs TLS 1.2, and the gateway says in its own responses that browsers use HTTPS', () => {
  for (const { resources } of [prod, changedProd, dev]) {
    expect(resources.ApiGatewayRestApi?.Properties).toMatchObject({
      EndpointConfiguration: { Types: ['EDGE'] },
      SecurityPolicy: 'SecurityPolicy_TLS12_PFS_2025_EDGE',
      EndpointAccessMode: 'BASIC',
    })
    const own = Object.values(resources).filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
    expect(own.length).toBeGreaterThan(10)
    for (const { Properties } of own) {
      expect(Properties.ResponseParameters).toMatchObject({
        'gatewayresponse.header.Strict-Transport-Security': "'max-age=31536000'",
      })
    }
  }
})

/** The packages that contain a function. */
const packagesWith = (name: string) => [
  ...(NAMES_IN_PROD.includes(name) ? [{ of: prod, stage: 'prod', slots: ['a', 'b'], memoryMb: 1769 }] : []),
  { of: changedProd, stage: 'prod', slots: ['a'], memoryMb: 2048, loginConcurrency: 7 },
  { of: dev, stage: 'dev', slots: ['b'], memoryMb: 1769 },
]

const logicalId = (name: string) =>
  name.replaceAll('-', 'Dash').replace(/^./, (letter) => letter.toUpperCase())

const resource = ({ resources }: Package, id: string): TemplateResource => {
  const found = resources[id]
  if (found === undefined) throw new Error(`the template has no resource ${id}`)
  return found
}

const propertiesOf = (of: Package, id: string) => resource(of, id).Properties

const ofType = ({ resources }: Package, type: string) =>
  Object.keys(resources).filter((id) => resources[id]?.Type === type)

/** Returns every statement with the effect Allow, at any depth. */
function allowed(node: unknown): Statement[] {
  if (typeof node !== 'object' || node === null) return []
  const inside = Object.values(node).flatMap(allowed)
  return 'Effect' in node && node.Effect === 'Allow' ? [node as Statement, ...inside] : inside
}

/** Returns the name of the log group of a function. */
function logGroupName(stage: string, name: string): string {
  return `/aws/lambda/serverless-jwt-auth-${stage}-auth-${name === 'authorizer' ? 'authorizer' : 'functions'}`
}
