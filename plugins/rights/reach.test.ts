import { expect, test } from 'vitest'
import type { CompiledResource } from '../framework.d.ts'
import { grantedIn } from './granted.ts'
import { MANAGED } from './managed.ts'
import { linesOfReach, type WrittenStatement } from './reach.ts'
import { targetsOf } from './targets.ts'

const READ = 'read all accounts and password hashes'
const CHANGE = 'change passwords and roles'
const SIGN = 'sign tokens for any user'
const ALIAS = 'put other keys in place of its keys'
const DECRYPT = 'decrypt secrets of authenticator apps'
const SEARCH = 'search all names and e-mail addresses'

test.each<[string, WrittenStatement, string]>([
  ['one object in place of lists', { Action: 'dynamodb:GetItem', Resource: table('*-auth') }, READ],
  ['actions in other letters', { Action: ['DYNAMODB:getITEM'], Resource: [table('*-auth')] }, READ],
  [
    '* in an action',
    { Action: 'dynamodb:*Item', Resource: table('*-auth') },
    `${READ}, ${CHANGE} and delete accounts`,
  ],
  ['? in an action', { Action: 'dynamodb:?canTable', Resource: '*' }, ''],
  ['? in a name', { Action: 'dynamodb:Sca?', Resource: table('shop-prod?auth') }, READ],
  [
    'a name that begins so',
    { Action: 'dynamodb:Scan', Resource: table('shop-prod*') },
    `${READ} and read who did what`,
  ],
  ['a name of another table', { Action: 'dynamodb:*', Resource: table('shop-prod-orders') }, ''],
  ['a dot, which is no wildcard', { Action: 'dynamodb:Scan', Resource: table('shop.prod.auth') }, ''],
  ['another region', { Action: 'dynamodb:*', Resource: 'arn:aws:dynamodb:us-east-1:*:table/*' }, ''],
  [
    'an account',
    { Action: 'dynamodb:Scan', Resource: 'arn:aws:dynamodb:*:123456789012:table/shop-prod-auth' },
    READ,
  ],
  [
    'another partition',
    { Action: 'dynamodb:Scan', Resource: 'arn:aws-cn:dynamodb:*:*:table/shop-prod-auth' },
    READ,
  ],
  ['one wildcard for most of an ARN', { Action: 'dynamodb:Scan', Resource: 'arn:aws:dynamodb:*auth' }, READ],
  ['indexes alone', { Action: 'dynamodb:Query', Resource: table('*/index/*') }, SEARCH],
  [
    'backups',
    { Action: 'dynamodb:RestoreTableFromBackup', Resource: table('*/backup/*') },
    'restore all accounts from a backup',
  ],
  [
    'NotAction',
    { NotAction: ['dynamodb:*', 'iam:*', 'lambda:*', 'logs:*', 'sqs:*'], Resource: '*' },
    `${SIGN}, ${ALIAS}, disable its keys and ${DECRYPT}`,
  ],
  [
    'NotResource',
    { Action: 'dynamodb:Scan', NotResource: table('shop-prod-orders') },
    `${READ} and read who did what`,
  ],
  ['NotResource of all', { Action: 'dynamodb:*', NotResource: table('shop-*') }, ''],
  ['no resource', { Action: 'dynamodb:*' }, ''],
  [
    'pseudo parameters',
    {
      Action: 'dynamodb:Scan',
      Resource: sub(`arn:\${AWS::Partition}:dynamodb:\${AWS::Region}:\${AWS::AccountId}:table/shop-prod-a*h`),
    },
    READ,
  ],
  [
    'Join',
    {
      Action: 'dynamodb:Scan',
      Resource: {
        'Fn::Join': [
          ':',
          ['arn:aws:dynamodb', { Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }, 'table/*-auth'],
        ],
      },
    },
    READ,
  ],
  [
    'a table of the project',
    {
      Action: 'dynamodb:*',
      Resource: [
        { 'Fn::GetAtt': ['Orders', 'Arn'] },
        { 'Fn::Join': ['/', [{ 'Fn::GetAtt': ['Orders', 'Arn'] }, 'index/*']] },
      ],
    },
    '',
  ],
  [
    'a name of a table of the project',
    { Action: 'dynamodb:*', Resource: sub(`arn:aws:dynamodb:\${AWS::Region}:*:table/\${Orders}`) },
    '',
  ],
  [
    'all that begins with the name of a table of the project',
    { Action: 'dynamodb:Scan', Resource: sub(`arn:aws:dynamodb:\${AWS::Region}:*:table/\${Notes}*`) },
    `${READ} and read who did what`,
  ],
  [
    'all that begins with the ARN of a table of the project',
    { Action: 'dynamodb:Query', Resource: sub(`\${Notes.Arn}*`) },
    `${READ} and read who did what`,
  ],
  ['a table of the project with indexes', { Action: 'dynamodb:*', Resource: sub(`\${Notes.Arn}/*`) }, ''],
  ['a stream of the project', { Action: 'dynamodb:*', Resource: sub(`\${Notes.StreamArn}*`) }, ''],
  [
    'a table whose name CloudFormation makes',
    { Action: 'dynamodb:*', Resource: [sub(`\${Orders.Arn}*`), sub(`\${Stack.Arn}`)] },
    '',
  ],
  ['our table by reference', { Action: 'dynamodb:Scan', Resource: { 'Fn::GetAtt': ['Table', 'Arn'] } }, READ],
  ['our table in a text', { Action: 'dynamodb:Query', Resource: sub(`\${Table.Arn}/index/*`) }, SEARCH],
  [
    'one of two',
    { Action: 'dynamodb:Scan', Resource: { 'Fn::If': ['IsOpen', '*', { 'Fn::GetAtt': ['Orders', 'Arn'] }] } },
    `${READ} and read who did what`,
  ],
  ['an import', { Action: 'dynamodb:*', Resource: { 'Fn::ImportValue': 'orders' } }, ''],
  [
    'a policy variable',
    { Action: 'dynamodb:Scan', Resource: table(`shop-prod-\${aws:username}`) },
    `${READ} and read who did what`,
  ],
  ['signatures', { Action: 'kms:Sign', Resource: '*' }, SIGN],
  ['all keys', { Action: 'kms:Decrypt', Resource: 'arn:aws:kms:*:*:key/*' }, DECRYPT],
  [
    'a key of the project',
    { Action: 'kms:*', Resource: 'arn:aws:kms:eu-central-1:123456789012:key/1b2c' },
    '',
  ],
  ['aliases', { Action: 'kms:UpdateAlias', Resource: 'arn:aws:kms:*:*:alias/*' }, ALIAS],
  ['a queue', { Action: 'sqs:*', Resource: 'arn:aws:sqs:*:*:shop-*' }, 'take mails that failed'],
  [
    'log groups',
    { Action: 'logs:FilterLogEvents', Resource: 'arn:aws:logs:*:*:log-group:/aws/lambda/shop*:*' },
    'read its logs',
  ],
  ['writing logs', { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }, ''],
  ['functions', { Action: 'lambda:InvokeFunction', Resource: '*' }, 'call its functions as any client'],
  ['roles', { Action: 'iam:*', Resource: '*' }, 'take the rights of its functions'],
  ['other services', { Action: ['s3:*', 'ses:*', 'sns:*'], Resource: '*' }, ''],
])('a statement with %s reaches what IAM allows', (_, statement, words) => {
  expect(wordsOf([{ Effect: 'Allow', ...statement }])).toBe(words)
})

test.each<[string, WrittenStatement, boolean]>([
  ['denies it', { Action: 'dynamodb:*', Resource: table('shop-prod-auth*') }, false],
  ['denies it in part', { Action: 'dynamodb:Scan', Resource: '*' }, true],
  [
    'denies it on a condition',
    { Action: 'dynamodb:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    true,
  ],
])('a statement beside one that %s', (_, statement, isReached) => {
  const statements = [
    { Effect: 'Allow', Action: 'dynamodb:*', Resource: table('*') },
    { Effect: 'Deny', ...statement },
  ]
  expect(wordsOf(statements).includes(READ)).toBe(isReached)
})

test.each(Object.keys(MANAGED))('the policy %s of AWS gets one line', (name) => {
  const ManagedPolicyArns = [
    { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:iam::aws:policy/${name}`]] },
  ]
  const lines = linesIn({ Reports: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns } } })
  expect(lines).toEqual([
    expect.stringMatching(
      new RegExp(
        `^${name} of Reports reaches serverless-jwt-auth\\. .*Grant statements in its place that name your own `,
      ),
    ),
  ])
})

test('a line names the statement, what the tables deny, and how to narrow it', () => {
  const statements = [
    { Effect: 'Allow', Action: ['dynamodb:Query', 'kms:Sign'], Resource: '*' },
    { Effect: 'Allow', Action: 's3:*', Resource: '*' },
  ]
  const document = { PolicyDocument: { Statement: statements } }
  expect(linesIn({ Reports: { Type: 'AWS::IAM::Role', Properties: { Policies: document } } })).toEqual([
    'Statement 1 of Reports reaches serverless-jwt-auth. It could sign tokens for any user. Only the policies of the tables forbid it to read all accounts and password hashes and read who did what. Name your own tables and keys in its Resource.',
  ])
  expect(linesIn({ Analysts: { Type: 'AWS::IAM::ManagedPolicy', Properties: document } })).toEqual([
    'Statement 1 of Analysts reaches serverless-jwt-auth. It could read all accounts and password hashes, read who did what and sign tokens for any user. Name your own tables and keys in its Resource.',
  ])
})

test('a policy of the template belongs to its role: one line, and what denies narrows', () => {
  const all = { Effect: 'Allow', Action: 'dynamodb:*', Resource: '*' }
  const role = {
    Type: 'AWS::IAM::Role',
    Properties: { Policies: [{ PolicyDocument: { Statement: { ...all, Effect: 'Deny' } } }] },
  }
  const policy = (Roles: unknown[]) => ({
    Type: 'AWS::IAM::Policy',
    Properties: { Roles, PolicyDocument: { Statement: all } },
  })
  expect(linesIn({ Reports: role, OfReports: policy([{ Ref: 'Reports' }]) })).toEqual([])
  expect(linesIn({ Reports: role, OfOthers: policy(['other']) })).toHaveLength(1)
})

/** The service's resources, as its template has them. */
const OWN: Record<string, CompiledResource> = {
  Table: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'shop-prod-auth' } },
  Events: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'shop-prod-auth-events' } },
  KeyA: { Type: 'AWS::KMS::Key', Properties: {} },
  FactorKey: { Type: 'AWS::KMS::Key', Properties: {} },
  KeyAliasA: { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/shop-prod-auth-a' } },
  FailedMails: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'shop-prod-auth-failed-mails' } },
  LogGroup: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/aws/lambda/shop-prod-auth' } },
  LoginLambdaFunction: {
    Type: 'AWS::Lambda::Function',
    Properties: { FunctionName: 'shop-prod-auth-login' },
  },
}

/** Resources of the project. The first has a name that begins those of the service. */
const PROJECT: Record<string, CompiledResource> = {
  Notes: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'shop-prod' } },
  Orders: { Type: 'AWS::DynamoDB::Table', Properties: {} },
  Stack: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: { Ref: 'AWS::StackName' } } },
  // CloudFormation takes it without properties.
  Jobs: { Type: 'AWS::SQS::Queue' } as CompiledResource,
}

const ROLE = {
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':iam::',
      { Ref: 'AWS::AccountId' },
      ':role',
      '/',
      'shop-prod-auth-login',
    ],
  ],
}

function linesIn(project: Record<string, CompiledResource>): string[] {
  const { targets, resolve } = targetsOf(OWN, [ROLE], 'eu-central-1', { ...PROJECT, ...project })
  return linesOfReach(grantedIn(project, []), targets, resolve)
}

/** Returns what the statements of a policy could do, in the words of its lines. */
function wordsOf(Statement: WrittenStatement[]): string {
  const [line = ''] = linesIn({
    Own: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: { Statement } } },
  })
  return /It could (.*?)\. /.exec(line)?.[1] ?? ''
}

function table(name: string) {
  return `arn:aws:dynamodb:eu-central-1:*:table/${name}`
}

function sub(text: string) {
  return { 'Fn::Sub': text }
}
