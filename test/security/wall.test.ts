import { expect, test } from 'vitest'
import type { Statement } from '../../lib/aws/access.ts'
import { PERMISSIONS, statementsOf } from '../../plugins/functions/permissions.ts'
import { arnsOfPrincipals, rolesUsedIn } from '../../plugins/rights/principals.ts'
import { fits, OF_OPERATORS, type WallStatement, wallOf } from '../../plugins/rights/wall.ts'
import { ACCOUNT, type Asked, arnIn, judge, resolved, roleArn } from './judge.ts'

// What the policies of the tables deny, and to whom. IAM's decisions are those of a program of others.

test('statements that projects have reach the table, and its policy denies each', async () => {
  const verdicts = await Promise.all(
    OF_PROJECTS.map(async ([name, statement, action, resource = TABLE]) => {
      const granted = [{ Effect: 'Allow', ...statement }]
      const asked = { principal: PROJECT, action, resource, context: { 'aws:ResourceTag/service': 'shop' } }
      return [
        name,
        await judge(asked, granted),
        await judge(asked, granted, BY_DEFAULT),
        await judge(asked, granted, WITH_OPERATORS),
      ]
    }),
  )
  console.log(`${verdicts.length} statements of projects are denied`)
  expect(verdicts.length).toBeGreaterThanOrEqual(20)
  expect(verdicts).toEqual(
    OF_PROJECTS.map(([name]) => [name, 'Allowed', 'ExplicitlyDenied', 'ExplicitlyDenied']),
  )
})

test('each function of the service keeps what it needs', async () => {
  const refused: string[] = []
  let calls = 0
  for (const name of Object.keys(PERMISSIONS)) {
    const [statement] = resolved(
      statementsOf([name], { prefix: 'shop-prod-auth', mailFrom: 'a@example.org' }),
      arnOfId,
    ) as Statement[]
    if (statement === undefined || !statement.Action[0]?.startsWith('dynamodb:')) continue
    for (const action of statement.Action) {
      const asked = {
        principal: LOGIN,
        action,
        resource: String(statement.Resource[0]),
        context: contextOf(statement),
      }
      const verdicts = [
        await judge(asked, [statement]),
        await judge(asked, [statement], BY_DEFAULT),
        await judge(asked, [statement], WITH_OPERATORS),
      ]
      if (verdicts.join() !== 'Allowed,Allowed,Allowed') refused.push(`${name} ${action}: ${verdicts}`)
      calls++
    }
  }
  expect(refused).toEqual([])
  expect(calls).toBeGreaterThan(80)
})

const EVERYTHING = [{ Effect: 'Allow', Action: '*', Resource: '*' }]

test.each<[string, string, Asked['context'], string, string]>([
  ['an operator', roleArn('operator'), {}, 'Allowed', 'Allowed'],
  ['an operator of a pattern', roleArn('aws-reserved/sso.amazonaws.com/Admin_1'), {}, 'Allowed', 'Allowed'],
  ['another administrator', roleArn('admin'), {}, 'Allowed', 'ExplicitlyDenied'],
  ['a user', `arn:aws:iam::${ACCOUNT}:user/bob`, {}, 'Allowed', 'ExplicitlyDenied'],
  ['the root user', `arn:aws:iam::${ACCOUNT}:root`, {}, 'Allowed', 'Allowed'],
  [
    'a deployment',
    roleArn('ci'),
    { 'aws:CalledVia': ['cloudformation.amazonaws.com'] },
    'Allowed',
    'Allowed',
  ],
  [
    'a call through another service',
    roleArn('ci'),
    { 'aws:CalledVia': ['athena.amazonaws.com'] },
    'Allowed',
    'ExplicitlyDenied',
  ],
  ['the role that CloudFormation has', roleArn('deployer'), {}, 'Allowed', 'Allowed'],
  ['a role of the project that is an operator', roleArn('shop-support'), {}, 'ExplicitlyDenied', 'Allowed'],
  [
    'a role of the project that only a pattern of operators has',
    roleArn('shop-prod-jobs'),
    {},
    'ExplicitlyDenied',
    'ExplicitlyDenied',
  ],
])('%s may read, by default and with operators', async (_, principal, context, byDefault, withOperators) => {
  const asked = { principal, action: 'dynamodb:GetItem', resource: TABLE, ...(context && { context }) }
  expect([
    await judge(asked, EVERYTHING, BY_DEFAULT),
    await judge(asked, EVERYTHING, WITH_OPERATORS),
  ]).toEqual([byDefault, withOperators])
})

test.each([
  'DescribeTable',
  'DescribeContinuousBackups',
  'DescribeTimeToLive',
  'GetResourcePolicy',
  'ListTagsOfResource',
])('any administrator may use %s', async (name) => {
  const asked = { principal: roleArn('admin'), action: `dynamodb:${name}`, resource: TABLE }
  expect(await judge(asked, EVERYTHING, WITH_OPERATORS)).toBe('Allowed')
})

test('a role of the project that deploys is not locked out', async () => {
  const asked = { principal: PROJECT, action: 'dynamodb:UpdateTable', resource: TABLE }
  const through = { ...asked, context: { 'aws:CalledVia': ['cloudformation.amazonaws.com'] } }
  const wall = policyOf(wallOf({ ...principals, operators: [], deployers: [PROJECT] }))
  expect([
    await judge(asked, EVERYTHING, BY_DEFAULT),
    await judge(through, EVERYTHING, BY_DEFAULT),
    await judge(asked, EVERYTHING, wall),
  ]).toEqual(['ExplicitlyDenied', 'Allowed', 'Allowed'])
})

test('DynamoDB takes each action in the policy of a table', () => {
  expect(OF_OPERATORS.filter((action) => !TAKEN.includes(action.replace('dynamodb:', '')))).toEqual([])
  // What it takes beyond them reads or changes no item.
  expect(
    TAKEN.filter((name) => !OF_OPERATORS.includes(`dynamodb:${name}`) && !/^(Describe|List|Get)/.test(name)),
  ).toEqual([
    'TagResource',
    'UntagResource',
    'DisableKinesisStreamingDestination',
    'UpdateTableReplicaAutoScaling',
  ])
})

test('a policy without roles of a project and without operators has no statement', () => {
  expect(wallOf({ service: [LOGIN], project: [], operators: [], deployers: [] })).toEqual([])
})

test('a policy of more than 20 KB does not fit', () => {
  const roles = (count: number) =>
    Array.from({ length: count }, (_, index) => roleArn(`${'x'.repeat(50)}${index}`))
  const wall = (count: number) =>
    wallOf({ service: roles(45), project: roles(count + 45), operators: [], deployers: [] })
  expect([fits(wall(100)), fits(wall(300))]).toEqual([true, false])
})

test('roles and users of a template are known by name, by pattern where CloudFormation names them, and else not', () => {
  const role = (Properties: Record<string, unknown>) => ({ Type: 'AWS::IAM::Role', Properties })
  const resources = {
    Jobs: role({ RoleName: 'shop-prod-jobs', Path: '/app/' }),
    Reports: role({}),
    Robot: { Type: 'AWS::IAM::User', Properties: {} },
    Regional: role({ RoleName: { 'Fn::Sub': `jobs-\${AWS::Region}` } }),
    OfTable: role({ RoleName: { 'Fn::Sub': `\${Orders}-role` } }),
    Orders: { Type: 'AWS::DynamoDB::Table', Properties: {} },
    AVeryLongLogicalIdOfARole: role({}),
  }
  expect(
    Object.fromEntries([...arnsOfPrincipals(resources, 'shop-prod')].map(([id, arn]) => [id, resolved(arn)])),
  ).toEqual({
    Jobs: roleArn('app/shop-prod-jobs'),
    Reports: roleArn('shop-prod-Reports-*'),
    Robot: `arn:aws:iam::${ACCOUNT}:user/shop-prod-Robot-*`,
    Regional: roleArn('jobs-eu-central-1'),
    AVeryLongLogicalIdOfARole: roleArn('shop-prod-AVeryLongLogicalIdOf*-*'),
  })
})

test('roles of other stacks that resources use are found', () => {
  const machine = { Properties: { RoleArn: roleArn('machine'), Targets: [{ Role: roleArn('app/target') }] } }
  expect(rolesUsedIn([machine, { Resource: roleArn('passed'), Role: 'name' }])).toEqual([
    roleArn('machine'),
    roleArn('app/target'),
  ])
})

const TABLE = arnIn('dynamodb', 'table/shop-prod-auth')
const LOGIN = roleArn('shop-prod-auth-login-eu-central-1-lambdaRole')
const PROJECT = roleArn('shop-prod-eu-central-1-lambdaRole')
const arnOfId = (id: string) => arnIn('dynamodb', `table/shop-prod-auth${id === 'Events' ? '-events' : ''}`)

const principals = {
  service: [LOGIN],
  project: [
    PROJECT,
    LOGIN,
    roleArn('shop-prod-Reports-*'),
    roleArn('shop-prod-jobs'),
    roleArn('shop-support'),
  ],
  deployers: [roleArn('deployer')],
}
const policyOf = (statements: WallStatement[]) => resolved(statements) as unknown[]
const BY_DEFAULT = policyOf(wallOf({ ...principals, operators: [] }))
const WITH_OPERATORS = policyOf(
  wallOf({
    ...principals,
    operators: [
      roleArn('operator'),
      roleArn('aws-reserved/sso.amazonaws.com/Admin_*'),
      roleArn('shop-*'),
      roleArn('shop-support'),
    ],
  }),
)

const ITEMS = ['Query', 'Scan', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map(
  (name) => `dynamodb:${name}`,
)

/** Statements as they stand in projects, a request that each allows, and its resource. */
const OF_PROJECTS: [name: string, statement: object, action: string, resource?: string][] = [
  ['AdministratorAccess', { Action: '*', Resource: '*' }, 'dynamodb:GetItem'],
  ['PowerUserAccess', { NotAction: ['iam:*', 'organizations:*'], Resource: '*' }, 'dynamodb:Scan'],
  ['AmazonDynamoDBFullAccess', { Action: 'dynamodb:*', Resource: '*' }, 'dynamodb:UpdateItem'],
  [
    'ReadOnlyAccess',
    { Action: ['dynamodb:BatchGet*', 'dynamodb:Get*', 'dynamodb:Query'], Resource: '*' },
    'dynamodb:BatchGetItem',
  ],
  [
    'the framework’s example',
    { Action: ITEMS, Resource: 'arn:aws:dynamodb:eu-central-1:*:table/*' },
    'dynamodb:PutItem',
  ],
  [
    'service and stage',
    { Action: ['dynamodb:*'], Resource: [arnIn('dynamodb', 'table/shop-prod*')] },
    'dynamodb:DeleteItem',
  ],
  ['service', { Action: ITEMS, Resource: arnIn('dynamodb', 'table/shop-*') }, 'dynamodb:Query'],
  ['any region and account', { Action: ITEMS, Resource: 'arn:aws:dynamodb:*:*:table/*' }, 'dynamodb:Scan'],
  [
    'one character',
    { Action: 'dynamodb:GetItem', Resource: arnIn('dynamodb', 'table/shop-prod?auth') },
    'dynamodb:GetItem',
  ],
  [
    'all indexes',
    { Action: 'dynamodb:Query', Resource: arnIn('dynamodb', 'table/*/index/*') },
    'dynamodb:Query',
    `${TABLE}/index/byEmail`,
  ],
  [
    'all but one table',
    { Action: 'dynamodb:*', NotResource: arnIn('dynamodb', 'table/shop-prod-orders') },
    'dynamodb:PutItem',
  ],
  ['capital letters', { Action: 'DynamoDB:getitem', Resource: '*' }, 'dynamodb:GetItem'],
  ['all items', { Action: 'dynamodb:*Item', Resource: '*' }, 'dynamodb:BatchWriteItem'],
  ['PartiQL', { Action: 'dynamodb:PartiQL*', Resource: '*' }, 'dynamodb:PartiQLSelect'],
  [
    'tags of the stack',
    {
      Action: 'dynamodb:*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:ResourceTag/service': 'shop' } },
    },
    'dynamodb:GetItem',
  ],
  [
    'streams for analytics',
    { Action: ['dynamodb:EnableKinesisStreamingDestination'], Resource: '*' },
    'dynamodb:EnableKinesisStreamingDestination',
  ],
  [
    'exports',
    { Action: ['dynamodb:ExportTableToPointInTime', 's3:PutObject'], Resource: '*' },
    'dynamodb:ExportTableToPointInTime',
  ],
  [
    'backups',
    { Action: ['dynamodb:CreateBackup', 'dynamodb:ListBackups'], Resource: '*' },
    'dynamodb:CreateBackup',
  ],
  ['restores', { Action: 'dynamodb:Restore*', Resource: '*' }, 'dynamodb:RestoreTableToPointInTime'],
  [
    'migrations',
    { Action: ['dynamodb:CreateTable', 'dynamodb:DescribeTable', 'dynamodb:UpdateTable'], Resource: '*' },
    'dynamodb:UpdateTable',
  ],
  [
    'clean-up',
    { Action: 'dynamodb:Delete*', Resource: arnIn('dynamodb', 'table/*') },
    'dynamodb:DeleteTable',
  ],
  ['a new policy', { Action: 'dynamodb:*ResourcePolicy', Resource: '*' }, 'dynamodb:PutResourcePolicy'],
  ['no policy', { Action: 'dynamodb:*ResourcePolicy', Resource: '*' }, 'dynamodb:DeleteResourcePolicy'],
]

/**
 * Actions that DynamoDB takes in the policy of a table: rows of the page with "Yes", and `ConditionCheckItem`, which no API has.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
 */
const TAKEN = [
  ...[
    'BatchGetItem',
    'BatchWriteItem',
    'ConditionCheckItem',
    'DeleteItem',
    'GetItem',
    'PutItem',
    'Query',
    'Scan',
    'UpdateItem',
  ],
  ...[
    'PartiQLSelect',
    'PartiQLInsert',
    'PartiQLUpdate',
    'PartiQLDelete',
    'DeleteTable',
    'DescribeTable',
    'UpdateTable',
  ],
  ...['ListTagsOfResource', 'TagResource', 'UntagResource', 'CreateBackup', 'DescribeContinuousBackups'],
  ...[
    'RestoreTableToPointInTime',
    'UpdateContinuousBackups',
    'DescribeContributorInsights',
    'UpdateContributorInsights',
  ],
  ...[
    'ExportTableToPointInTime',
    'DescribeKinesisStreamingDestination',
    'DisableKinesisStreamingDestination',
  ],
  ...[
    'EnableKinesisStreamingDestination',
    'UpdateKinesisStreamingDestination',
    'GetResourcePolicy',
    'PutResourcePolicy',
  ],
  ...['DeleteResourcePolicy', 'DescribeTimeToLive', 'UpdateTimeToLive', 'UpdateTableReplicaAutoScaling'],
]

/** Returns the context of a request that fulfils a statement's conditions. */
const contextOf = ({ Condition = {} }: Statement) =>
  Object.fromEntries(
    Object.values(Condition)
      .flatMap(Object.entries)
      .filter(([, value]) => value !== 'false')
      .map(([key, value]) => [key, [value].flat().map((one: string) => one.replace('*', 'x'))]),
  ) as Record<string, string[]>
