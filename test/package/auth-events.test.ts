import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Configuration, type Foreign, foreignProject, type Package } from './foreign.ts'

// What a project's functions with `authEvent` get on AWS: the rule, and the queue of events that were not taken.

const handler = 'src/orders.handler'
const events = [{ authEvent: 'user.created' }]
const OWN = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::shop/*'] }

/** Functions with a role of their own, of the project's, with the role that functions share, and with their own place for failures. */
const FUNCTIONS = {
  welcome: { handler, may: ['readUserInfo'], settings: ['table'], events },
  narrow: { handler, iamRoleStatements: [OWN], events },
  shared: { handler, events: [{ authEvent: ['user.created', 'user.deleted'] }] },
  foreign: { handler, role: 'OwnRole', events },
  elsewhere: { handler, events, destinations: { onFailure: { type: 'sqs', arn: arnOf('Jobs') } } },
}
const KEYS = Object.keys(FUNCTIONS)

let project: Foreign
let packaged: Package

const withFunctions = (functions: object) => (configuration: Configuration) => {
  Object.assign(configuration.functions, functions)
  configuration.params.prod = { ...configuration.params.prod, eventBus: 'changes' }
}

beforeAll(async () => {
  project = foreignProject('foreign/shop')
  project.write(withFunctions(FUNCTIONS))
  packaged = await project.package()
})
afterAll(() => project.remove())

test('each function has a rule of the bus, which leaves imports out, and which only it may be invoked by', () => {
  for (const key of KEYS) {
    const { Properties: rule = {} } = resource(`Shopprod${key}rule1EventBridgeRule`)
    expect(rule).toEqual({
      EventBusName: { 'Fn::GetAtt': ['EventBus', 'Name'] },
      Name: `shop-prod-${key}-rule-1`,
      State: 'ENABLED',
      EventPattern: {
        'detail-type': key === 'shared' ? ['user.created', 'user.deleted'] : ['user.created'],
        detail: { data: { via: [{ 'anything-but': ['users import'] }] } },
      },
      Targets: [
        {
          Arn: arnOf(lambdaOf(key)),
          Id: expect.any(String),
          RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
          DeadLetterConfig: { Arn: arnOf('FailedEvents') },
        },
      ],
    })
    const permissions = Object.values(packaged.Resources).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::Permission' &&
        JSON.stringify(Properties.FunctionName) === JSON.stringify(arnOf(lambdaOf(key))),
    )
    expect(permissions.map(({ Properties }) => Properties)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: arnOf(lambdaOf(key)),
        Principal: 'events.amazonaws.com',
        SourceArn: expect.anything(),
      },
    ])
    expect(resolved(permissions[0]?.Properties.SourceArn)).toBe(ruleArn(`shop-prod-${key}-rule-1`))
  }
})

test('only rules of the bus may put events into the queue', () => {
  const { Queues, PolicyDocument } = Object(resource('FailedEventsPolicy').Properties)
  expect(Queues).toEqual([{ Ref: 'FailedEvents' }])
  const [{ Condition, ...statement }, ...others] = PolicyDocument.Statement
  expect(others).toEqual([])
  expect(statement).toEqual({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arnOf('FailedEvents'),
  })
  const pattern = resolved(Condition.ArnLike['aws:SourceArn'])
  expect(Condition).toEqual({ ArnLike: { 'aws:SourceArn': expect.anything() } })
  expect(pattern).toBe(ruleArn('*'))
  for (const key of KEYS) expect(ruleArn(`shop-prod-${key}-rule-1`)).toMatch(globOf(pattern))
  expect(ruleArn('x').replace('shop-prod-auth', 'other')).not.toMatch(globOf(pattern))
})

test('Lambda puts an event into the queue after the third failure of its function', () => {
  for (const key of KEYS) {
    const { Properties } = resource(`${logical(key)}LambdaEvConf`)
    // No number of attempts: Lambda tries three times.
    expect(Properties).toEqual({
      FunctionName: { Ref: lambdaOf(key) },
      Qualifier: '$LATEST',
      DestinationConfig: {
        OnFailure: { Destination: arnOf(key === 'elsewhere' ? 'Jobs' : 'FailedEvents') },
      },
    })
  }
})

test('each role of these functions may send to that queue, and nothing else may', () => {
  const mayFail = Object.entries(packaged.Resources).flatMap(([id, { Type, Properties }]) =>
    Type === 'AWS::IAM::Role'
      ? statementsIn(Properties)
          .filter(({ Resource }) => JSON.stringify(Resource).includes('FailedEvents'))
          .map(({ Effect, Action, Resource }) => ({ id, Effect, Action, Resource: [Resource].flat() }))
      : [],
  )
  const to = { Effect: 'Allow', Resource: [arnOf('FailedEvents')] }
  expect(mayFail.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
    // The framework adds it to the role that functions share.
    { id: 'IamRoleLambdaExecution', Action: 'sqs:SendMessage', ...to },
    { id: 'NarrowIamRoleLambdaExecution', Action: ['sqs:SendMessage'], ...to },
    { id: 'WelcomeIamRoleLambdaExecution', Action: ['sqs:SendMessage'], ...to },
  ])
  expect(JSON.stringify(resource('NarrowIamRoleLambdaExecution').Properties)).toContain('s3:GetObject')
})

test('a function without authEvent has no place for failures', () => {
  const configs = Object.keys(packaged.Resources).filter((id) => id.endsWith('LambdaEvConf'))
  expect(configs.toSorted()).toEqual(KEYS.map((key) => `${logical(key)}LambdaEvConf`).toSorted())
})

test('an unknown type ends the command with the type that was meant', async () => {
  project.write(withFunctions({ welcome: { handler, events: [{ authEvent: 'user.create' }] } }))
  const { status, stderr } = await project.run(['package', '--stage', 'prod'])
  expect(status).not.toBe(0)
  expect(stderr).toContain(
    'Function welcome has an unknown authEvent "user.create". Did you mean user.created?',
  )
})

function arnOf(id: string) {
  return { 'Fn::GetAtt': [id, 'Arn'] }
}

const logical = (key: string) => key.replace(/^./, (letter) => letter.toUpperCase())
const lambdaOf = (key: string) => `${logical(key)}LambdaFunction`

const ruleArn = (name: string) =>
  `arn:AWS::Partition:events:AWS::Region:AWS::AccountId:rule/shop-prod-auth/${name}`

function resource(id: string) {
  const found = packaged.Resources[id]
  if (found === undefined) throw new Error(`there is no ${id}`)
  return found
}

interface Written {
  Effect: string
  Action: unknown
  Resource: unknown
}

/** Returns the statements of a role. One may have none. */
const statementsIn = (properties: object): Written[] =>
  ((Object(properties).Policies ?? []) as { PolicyDocument: { Statement: Written[] } }[]).flatMap(
    ({ PolicyDocument }) => PolicyDocument.Statement,
  )

/** Returns a text of the template. Pseudo parameters stand for themselves, and the bus has its name. */
function resolved(value: unknown): string {
  if (typeof value === 'string') return value
  const [[name, argument] = []] = Object.entries(Object(value))
  if (name === 'Ref') return String(argument)
  if (name === 'Fn::Sub') return String(argument).replace(/\$\{([^}]+)\}/g, '$1')
  if (name === 'Fn::GetAtt') return String(resource(String(Object(argument)[0])).Properties.Name)
  if (name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]]
    return parts.map(resolved).join(separator)
  }
  throw new Error(`unsupported: ${JSON.stringify(value)}`)
}

const globOf = (pattern: string) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
