import {
  APIGatewayClient,
  GetMethodCommand,
  GetResourcesCommand,
  GetRestApisCommand,
  GetStageCommand,
} from '@aws-sdk/client-api-gateway'
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam'
import { describe, expect, test } from 'vitest'
import { withoutDevices } from '../../../plugins/functions/devices.ts'
import { HASHING } from '../../infrastructure/packaged.ts'
import { ACCOUNT, REGION } from '../account.ts'
import { functionNameOf, PREFIX } from '../deployment.ts'
import {
  aliasesOf,
  deploy,
  deployment,
  FUNCTIONS,
  factorKeyOfStage,
  keysOfStage,
  routesOf,
  SENDER,
  service,
  succeeded,
} from '../stage.ts'
import { ACTIONS, ENVIRONMENT, IGNORED } from './expected.ts'

const { aws, options } = deployment

const logGroupOf = (functionKey: string) =>
  `/aws/lambda/${PREFIX}-${functionKey === 'authorizer' ? 'authorizer' : 'functions'}`

describe('npm run deploy', () => {
  test('creates everything in an empty account', async () => {
    succeeded(await deploy())
    expect(await deployment.outputs()).toMatchObject({
      SigningKey: 'a',
      PublishedKeys: 'a,b',
      TokenTtlSeconds: '1800',
      TableName: PREFIX,
      MailFrom: SENDER,
      ServiceEndpoint: expect.stringMatching(
        /^https:\/\/\w+\.execute-api\.eu-central-1\.amazonaws\.com\/prod$/,
      ),
    })
  })

  test('the emulator ignores only the listed types', async () => {
    const types = Object.values(await deployment.template()).map(({ Type }) => Type)
    const known = [
      'AWS::ApiGateway::Deployment',
      'AWS::ApiGateway::Method',
      'AWS::ApiGateway::Resource',
      'AWS::ApiGateway::RestApi',
      'AWS::DynamoDB::Table',
      'AWS::IAM::Role',
      'AWS::KMS::Alias',
      'AWS::KMS::Key',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
    ]
    expect([...new Set(types)].sort()).toEqual([...known, ...IGNORED].sort())
  })

  test.each(FUNCTIONS)('%s has its configuration', async (functionKey) => {
    const { configuration } = await deployment.read(functionKey)
    // A function of the project has no variable without a value.
    const common = functionKey.endsWith('-content') ? {} : { AUTH_ALLOWED_ORIGINS: '' }
    const variables = { ...common, ...ENVIRONMENT[functionKey] }
    expect(configuration).toMatchObject({
      FunctionName: functionNameOf(functionKey),
      Runtime: 'nodejs24.x',
      // The stage has no console, no acts and no devices.
      Handler: withoutDevices(service.functions[functionKey]?.handler ?? '').replace(
        'functions/admin/',
        functionKey === 'openapi' ? 'functions/service/' : 'functions/',
      ),
      MemorySize: HASHING.includes(functionKey) ? 1_769 : 512,
      Timeout: 5,
      ...(Object.keys(variables).length > 0 && { Environment: { Variables: variables } }),
    })
    if (functionKey in ENVIRONMENT) {
      expect(Object.keys(configuration.Environment?.Variables ?? {}).sort()).toEqual(
        Object.keys(variables).sort(),
      )
    }
    // moto's CloudFormation ignores these properties, so they are read from its template.
    const declared = Object.values(await deployment.template()).find(
      ({ Properties }) => Properties.FunctionName === configuration.FunctionName,
    )
    expect(declared?.Properties).toMatchObject({
      Architectures: ['arm64'],
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: { LogFormat: 'JSON', LogGroup: logGroupOf(functionKey) },
    })
  })

  test.each(FUNCTIONS)('the role of %s has its listed permissions and no others', async (functionKey) => {
    const { configuration } = await deployment.read(functionKey)
    const iam = new IAMClient(options)
    const RoleName = String(configuration.Role).replace(/^.*\//, '')
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }))
    const policies = await Promise.all(
      PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
    )
    const statements: { Effect: string; Action: string[]; Resource: string[] }[] = policies.flatMap(
      ({ PolicyDocument }) => JSON.parse(decodeURIComponent(String(PolicyDocument))).Statement,
    )
    const resourcesOf = (service: string) => [
      ...new Set(
        statements
          .filter(({ Action }) => Action.some((action) => action.startsWith(`${service}:`)))
          .flatMap(({ Resource }) => Resource),
      ),
    ]
    expect(statements.every(({ Effect }) => Effect === 'Allow')).toBe(true)
    const actions = statements.flatMap(({ Action }) => Action)
    expect([...new Set(actions)].filter((action) => !/^(logs|xray):/.test(action)).sort()).toEqual(
      ACTIONS[functionKey] ?? [],
    )
    expect(actions.filter((action) => action.startsWith('logs:')).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ])
    expect(resourcesOf('logs')).toEqual([
      `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${logGroupOf(functionKey)}:*:*`,
    ])
    const needs = (service: string) => ACTIONS[functionKey]?.some((action) => action.startsWith(service))
    const table = `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/${PREFIX}`
    const usesEvents = service.functions[functionKey]?.may?.some((name) => /^(read|record)Events$/.test(name))
    expect(resourcesOf('dynamodb')).toEqual([
      ...(needs('dynamodb') ? [table] : []),
      ...(usesEvents ? [`${table}-events`] : []),
    ])
    const uses = (pattern: RegExp) => ACTIONS[functionKey]?.some((action) => pattern.test(action))
    const keys = [
      ...(uses(/^kms:(Sign|GetPublicKey)$/) ? await keysOfStage() : []),
      ...(uses(/^kms:(Encrypt|Decrypt)$/) ? [await factorKeyOfStage()] : []),
    ]
    expect(resourcesOf('kms').sort()).toEqual(keys.sort())
  })

  test('the table is on demand, with two indexes, deletion protection and point-in-time recovery', async () => {
    const { Table } = await aws('dynamodb', 'DescribeTable', { TableName: PREFIX })
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      DeletionProtectionEnabled: true,
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        { IndexName: 'byUsername', IndexStatus: 'ACTIVE' },
        { IndexName: 'byEmail', IndexStatus: 'ACTIVE' },
      ],
    })
    const { Table: declared } = await deployment.template()
    expect(declared).toMatchObject({
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    })
  })

  test('two signing keys exist, each with its alias', async () => {
    expect(await aliasesOf()).toEqual(['a', 'b', 'factors'].map((slot) => `alias/${PREFIX}-${slot}`))
    const keys = await Promise.all(
      ['a', 'b'].map((slot) => aws('kms', 'DescribeKey', { KeyId: `alias/${PREFIX}-${slot}` })),
    )
    expect(keys.map(({ KeyMetadata }) => KeyMetadata)).toMatchObject(
      keys.map(() => ({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY', KeyState: 'Enabled' })),
    )
    expect(new Set(keys.map(({ KeyMetadata }) => Object(KeyMetadata).KeyId)).size).toBe(2)
  })

  test('the key of second factors is symmetric, rotates, and is retained with its alias', async () => {
    const KeyId = await factorKeyOfStage()
    const { KeyMetadata } = await aws('kms', 'DescribeKey', { KeyId })
    expect(KeyMetadata).toMatchObject({
      KeySpec: 'SYMMETRIC_DEFAULT',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
    })
    expect(await aws('kms', 'GetKeyRotationStatus', { KeyId })).toMatchObject({ KeyRotationEnabled: true })
    const { FactorKey, FactorKeyAlias } = await deployment.template()
    for (const resource of [FactorKey, FactorKeyAlias]) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    }
  })

  test('the API is traced, and has exactly the routes and functions of serverless.yml', async () => {
    const gateway = new APIGatewayClient(options)
    const { items: apis = [] } = await gateway.send(new GetRestApisCommand({}))
    expect(apis.map(({ name }) => name)).toEqual([`prod-serverless-jwt-auth`])
    const restApiId = String(apis[0]?.id)
    const { items: resources = [] } = await gateway.send(new GetResourcesCommand({ restApiId }))
    const methods = resources.flatMap(({ id: resourceId = '', path = '', resourceMethods = {} }) =>
      Object.keys(resourceMethods).map(async (httpMethod) => {
        const method = await gateway.send(new GetMethodCommand({ restApiId, resourceId, httpMethod }))
        const [, functionName] =
          /:function:([\w-]+)\/invocations$/.exec(method.methodIntegration?.uri ?? '') ?? []
        return [`${httpMethod} ${path}`, `${method.authorizationType} ${functionName}`]
      }),
    )
    const expected = FUNCTIONS.flatMap((key) =>
      routesOf(key).map(({ http }) => [
        `${http.method.toUpperCase()} /${http.path.replace(/^\//, '')}`,
        `${http.authorizer ? 'CUSTOM' : 'NONE'} ${functionNameOf(key)}`,
      ]),
    )
    expect(Object.fromEntries(await Promise.all(methods))).toEqual(Object.fromEntries(expected))
    // moto ignores the stage of the template. The framework makes a missing one, and sets its tracing.
    const stage = await gateway.send(new GetStageCommand({ restApiId, stageName: 'prod' }))
    expect(stage.tracingEnabled).toBe(true)
  })
})
